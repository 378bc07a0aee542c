use super::Failure;
use clap::ValueEnum;
use comfy_table::{Table, presets::NOTHING};
use serde_json::{Map, Value};
use std::io::{IsTerminal, Write};

/// How to print what is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Columns for people
    Table,
    /// One JSON array
    Json,
    /// Comma-separated values, the names of the columns first
    Csv,
}

/// How to print what is listed.
#[derive(clap::Args)]
pub(super) struct Output {
    /// How to print it
    #[arg(long, short, value_enum, default_value = "table", value_name = "FORMAT")]
    pub(super) output: Format,
}

/// Rows with named columns.
pub(super) struct Listing {
    columns: &'static [&'static str],
    rows: Vec<Vec<Value>>,
}

impl Listing {
    pub(super) fn new(columns: &'static [&'static str]) -> Self {
        Self { columns, rows: Vec::new() }
    }

    /// Adds a row: a value for each column.
    pub(super) fn push<const N: usize>(&mut self, row: [Value; N]) {
        debug_assert_eq!(N, self.columns.len());
        self.rows.push(row.into());
    }

    /// Prints every row.
    pub(super) fn print(&self, format: Format) -> Result<(), Failure> {
        let mut out = anstream::stdout().lock();
        match format {
            Format::Table => writeln!(out, "{}", self.to_table())?,
            Format::Json => {
                let rows = self.rows.iter().map(|row| self.to_object(row));
                write_json(&mut out, &rows.collect())?;
            }
            Format::Csv => {
                let mut csv = csv::Writer::from_writer(out);
                csv.write_record(self.columns)?;
                for row in &self.rows {
                    csv.write_record(row.iter().map(text))?;
                }
                csv.flush()?;
            }
        }
        Ok(())
    }

    /// Prints the only row: for people one line for each column, in JSON an object.
    pub(super) fn print_one(&self, format: Format) -> Result<(), Failure> {
        let row = &self.rows[0];
        match format {
            Format::Table => {
                let mut out = anstream::stdout().lock();
                let width = self.columns.iter().map(|name| name.len()).max().unwrap_or_default();
                for (name, value) in self.columns.iter().zip(row).filter(|(_, v)| !v.is_null()) {
                    writeln!(out, "{BOLD}{name:width$}{RESET}  {}", printable(&text(value)))?;
                }
            }
            Format::Json => {
                write_json(&mut anstream::stdout().lock(), &self.to_object(row))?;
            }
            Format::Csv => self.print(format)?,
        }
        Ok(())
    }

    fn to_object(&self, row: &[Value]) -> Value {
        let members = self.columns.iter().zip(row);
        members
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect::<Map<_, _>>()
            .into()
    }

    /// Every row in columns for people.
    pub(super) fn to_table(&self) -> String {
        let mut table = Table::new();
        table.load_style(NOTHING);
        table.set_header(self.columns.iter().map(|name| name.to_uppercase().replace('_', " ")));
        for row in &self.rows {
            table.add_row(row.iter().map(|value| printable(&text(value))));
        }
        let lines: Vec<_> = table.lines().map(|line| line.trim_end().to_owned()).collect();
        let (head, rows) = lines.split_at(1.min(lines.len()));
        let head = head.iter().map(|line| format!("{BOLD}{}{RESET}", line.trim_start()));
        let rows = rows.iter().map(|line| line.strip_prefix(' ').unwrap_or(line).to_owned());
        head.chain(rows).collect::<Vec<_>>().join("\n")
    }
}

/// Bold letters; taken out where the output is no terminal.
pub(super) const BOLD: &str = "\x1b[1m";
/// Plain letters again.
pub(super) const RESET: &str = "\x1b[0m";

/// Whether a question can be asked.
pub(super) fn can_ask() -> bool {
    std::io::stdin().is_terminal()
}

pub(super) fn write_json(out: &mut impl Write, value: &Value) -> Result<(), Failure> {
    serde_json::to_writer_pretty(&mut *out, value).map_err(std::io::Error::from)?;
    Ok(writeln!(out)?)
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// What a sender wrote, without what would steer a terminal.
pub(super) fn printable(text: &str) -> String {
    let visible = |c: char| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c };
    text.chars().map(visible).collect()
}
