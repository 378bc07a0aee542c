//! Imports the entries of a file into the directory. The whole file is checked first.

use crate::commands::{accounts::OneAccount, failure::Failure};
use clap::Args;
use providers::find_kind;
use serde_json::{Map, Value};
use shared::model::{Entry, EntryKey, Provider};
use std::{
    collections::HashMap,
    fs::File,
    io::{self, BufRead, BufReader},
    path::{Path, PathBuf},
};

#[derive(Args)]
pub(super) struct Import {
    #[command(flatten)]
    pub(super) account: OneAccount,
    /// The file: .csv, or .jsonl with one JSON object a line
    file: PathBuf,
    /// Check it, and write nothing
    #[arg(long)]
    pub(super) check: bool,
}

/// Some programs write it before UTF-8 text.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// A row of a file and its line number.
type Row = (u64, Map<String, Value>);

impl Import {
    /// Reads and checks every row. An error names its line.
    pub(super) fn read(&self) -> Result<Vec<(EntryKey, Entry)>, Failure> {
        let path = &self.file;
        let file = File::open(path);
        let file =
            file.map_err(|e| Failure::Input(format!("{} cannot be read: {e}", path.display())))?;
        let rows = match path.extension().and_then(|extension| extension.to_str()) {
            Some("csv") => read_csv(file),
            Some("jsonl" | "ndjson") => read_json_lines(file),
            _ => Err((0, "its name must end in .csv or .jsonl".to_owned())),
        };
        let provider = self.account.account().provider;
        let mut entries: Vec<(EntryKey, Entry)> = Vec::new();
        let mut seen = HashMap::new();
        for (line, row) in rows.map_err(|problem| in_line(path, problem))? {
            let wrong = |problem| in_line(path, (line, problem));
            for (key, entry) in read_row(provider, row).map_err(wrong)? {
                if let Some(first) = seen.insert(key.clone(), line) {
                    let (kind, id) = (key.kind, key.id);
                    return Err(wrong(format!("the {kind} {id} is already in line {first}")));
                }
                entries.push((key, entry));
            }
        }
        if entries.is_empty() {
            return Err(Failure::Input(format!("{} has no entries", path.display())));
        }
        Ok(entries)
    }
}

fn in_line(path: &Path, (line, problem): (u64, String)) -> Failure {
    match line {
        0 => Failure::Input(format!("{}: {problem}", path.display())),
        line => Failure::Input(format!("{}, line {line}: {problem}", path.display())),
    }
}

fn read_row(
    provider: Provider,
    mut row: Map<String, Value>,
) -> Result<Vec<(EntryKey, Entry)>, String> {
    let mut text = |name: &str| match row.remove(name) {
        Some(Value::String(text)) => Ok(text),
        Some(Value::Number(number)) => Ok(number.to_string()),
        Some(_) => Err(format!("`{name}` must be a text")),
        None => Err(format!("`{name}` is missing")),
    };
    let (kind, id) = (text("kind")?, text("id")?);
    find_kind(provider, &kind)?.read(&id, row)
}

/// Spreadsheets may write a byte order mark, and in many countries they separate cells by
/// semicolons.
fn read_csv(file: File) -> Result<Vec<Row>, (u64, String)> {
    let mut file = BufReader::new(file);
    let unreadable = |error: io::Error| (1, format!("it cannot be read: {error}"));
    let start = file.fill_buf().map_err(unreadable)?;
    let mark = if start.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
    let names = start.split(|byte| *byte == b'\n').next().unwrap_or_default();
    #[expect(clippy::naive_bytecount, reason = "one line, counted twice")]
    let count = |wanted| names.iter().filter(|byte| **byte == wanted).count();
    let delimiter = if count(b';') > count(b',') { b';' } else { b',' };
    file.consume(mark);
    let mut csv = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(file);
    let at = |error: csv::Error| {
        let line = error.position().map_or(0, csv::Position::line);
        let problem = match error.kind() {
            csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
                format!("it has {len} cells, and the first line has {expected_len}")
            }
            csv::ErrorKind::Utf8 { .. } => "it is not UTF-8".to_owned(),
            _ => "it cannot be read".to_owned(),
        };
        (line, problem)
    };
    let names = csv.headers().map_err(at)?.clone();
    let mut rows = Vec::new();
    for record in csv.records() {
        let record = record.map_err(at)?;
        let line = record.position().map_or(0, csv::Position::line);
        // An empty cell counts as missing: it may be a column of another kind.
        let cells = names.iter().zip(&record).filter(|(_, cell)| !cell.is_empty());
        let row = cells.map(|(name, cell)| (name.trim().to_owned(), cell.into())).collect();
        rows.push((line, row));
    }
    Ok(rows)
}

fn read_json_lines(file: File) -> Result<Vec<Row>, (u64, String)> {
    let mut rows = Vec::new();
    for (line, text) in (1..).zip(BufReader::new(file).lines()) {
        let text = text.map_err(|_| (line, "it is not UTF-8".to_owned()))?;
        let text = text.trim_start_matches('\u{feff}');
        if !text.trim().is_empty() {
            let row = serde_json::from_str(text);
            rows.push((line, row.map_err(|_| (line, "it is not a JSON object".to_owned()))?));
        }
    }
    Ok(rows)
}
