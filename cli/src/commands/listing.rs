use super::failure::Failure;
use crate::terminal::{Escapes, bold, data_out, visible, width};
use clap::ValueEnum;
use comfy_table::{ColumnConstraint, ContentArrangement, Table, presets::NOTHING};
use serde::Serialize;
use serde_json::{Map, Value};
use std::io::{Write, stdout};
use unicode_width::UnicodeWidthStr;

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

/// How wide the space between two columns is.
const GAP: usize = 2;

pub(super) struct Listing {
    columns: Vec<&'static str>,
    /// The columns that a narrow terminal leaves out, the least important first.
    spare: &'static str,
    /// Whether the last column has sentences, which are wrapped.
    wraps: bool,
    rows: Vec<Vec<Value>>,
}

impl Listing {
    /// A listing with these columns. A space is between two names.
    pub(super) fn new(columns: &'static str) -> Self {
        Self::of(columns.split(' '))
    }

    pub(super) fn of(columns: impl IntoIterator<Item = &'static str>) -> Self {
        let columns = columns.into_iter().collect();
        Self { columns, spare: "", wraps: false, rows: Vec::new() }
    }

    /// Leaves these columns out if the terminal is too narrow, the first of them first.
    pub(super) fn sparing(self, spare: &'static str) -> Self {
        Self { spare, ..self }
    }

    /// Wraps the last column, which has sentences.
    pub(super) fn wrapping(self) -> Self {
        Self { wraps: true, ..self }
    }

    /// Adds a row: a value for each column.
    pub(super) fn push<const N: usize>(&mut self, row: [Value; N]) {
        debug_assert_eq!(N, self.columns.len());
        self.rows.push(row.into());
    }

    pub(super) fn print(&self, format: Format) -> Result<(), Failure> {
        match format {
            Format::Table => {
                let (table, hidden) = self.lay_out(width());
                writeln!(stdout(), "{table}")?;
                if !hidden.is_empty() {
                    let hidden = hidden.join(", ");
                    eprintln!("too narrow for {hidden}; -o json and -o csv have them");
                }
            }
            Format::Json => {
                let rows = self.rows.iter().map(|row| self.to_object(row));
                write_json(&rows.collect::<Value>())?;
            }
            Format::Csv => {
                let mut csv = csv::Writer::from_writer(data_out(Escapes::Text));
                csv.write_record(&self.columns)?;
                for row in &self.rows {
                    csv.write_record(row.iter().map(text))?;
                }
                csv.flush()?;
            }
        }
        Ok(())
    }

    /// Prints the only row: a line for each column, or a JSON object.
    pub(super) fn print_one(&self, format: Format) -> Result<(), Failure> {
        match format {
            Format::Table => writeln!(stdout(), "{}", self.to_cards())?,
            Format::Json => write_json(&self.to_object(&self.rows[0]))?,
            Format::Csv => self.print(format)?,
        }
        Ok(())
    }

    /// Every row for people, on lines that fit the terminal where words allow.
    pub(super) fn to_table(&self) -> String {
        self.lay_out(width()).0
    }

    fn to_object(&self, row: &[Value]) -> Value {
        let members = self.columns.iter().zip(row);
        members
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect::<Map<_, _>>()
            .into()
    }

    /// The rows as columns, or as cards if even the important columns do not fit, and the columns
    /// that were left out. Empty columns do not count as left out.
    fn lay_out(&self, width: usize) -> (String, Vec<&'static str>) {
        let cells = self.cells();
        let is_empty = |column: usize| cells.iter().all(|row| row[column].is_empty());
        let mut shown: Vec<usize> = (0..self.columns.len()).collect();
        shown.retain(|column| cells.is_empty() || !is_empty(*column));
        let mut hidden = Vec::new();
        let mut spare = self.spare.split(' ');
        while table_width(&self.columns, &cells, &shown) > width {
            let Some(name) = spare.next() else { break };
            let before = shown.len();
            shown.retain(|column| self.columns[*column] != name);
            if shown.len() < before {
                hidden.push(name);
            }
        }
        hidden.reverse();
        match table_width(&self.columns, &cells, &shown) {
            natural if natural <= width => (draw(&self.columns, &cells, &shown, None), hidden),
            _ if self.wraps => (draw(&self.columns, &cells, &shown, Some(width)), hidden),
            _ => (self.to_cards(), Vec::new()),
        }
    }

    fn cells(&self) -> Vec<Vec<String>> {
        let cell = |value: &Value| visible(&text(value)).into_owned();
        self.rows.iter().map(|row| row.iter().map(cell).collect()).collect()
    }

    /// Each row as lines of a name and a value.
    fn to_cards(&self) -> String {
        let width = self.columns.iter().map(|name| name.len()).max().unwrap_or_default();
        let card = |row: Vec<String>| {
            let named = self.columns.iter().zip(row).filter(|(_, value)| !value.is_empty());
            let lines =
                named.map(|(name, value)| format!("{}  {value}", bold(&format!("{name:width$}"))));
            lines.collect::<Vec<_>>().join("\n")
        };
        self.cells().into_iter().map(card).collect::<Vec<_>>().join("\n\n")
    }
}

fn header(name: &str) -> String {
    name.to_uppercase().replace('_', " ")
}

fn table_width(columns: &[&str], cells: &[Vec<String>], shown: &[usize]) -> usize {
    let width_of = |column: &usize| {
        let widest = cells.iter().map(|row| row[*column].width()).max();
        widest.unwrap_or_default().max(columns[*column].len()) + GAP
    };
    shown.iter().map(width_of).sum::<usize>().saturating_sub(GAP)
}

/// Draws columns. Wraps the last one if there is a width.
fn draw(columns: &[&str], cells: &[Vec<String>], shown: &[usize], width: Option<usize>) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING);
    table.set_header(shown.iter().map(|column| header(columns[*column])));
    for row in cells {
        table.add_row(shown.iter().map(|column| &row[*column]));
    }
    if let Some(width) = width.and_then(|width| u16::try_from(width).ok()) {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
        let last = shown.len().saturating_sub(1);
        for column in table.column_iter_mut().take(last) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    let lines: Vec<_> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    let (head, rows) = lines.split_at(1.min(lines.len()));
    let head = head.iter().map(|line| bold(line.trim_start()));
    let rows = rows.iter().map(|line| line.strip_prefix(' ').unwrap_or(line).to_owned());
    head.chain(rows).collect::<Vec<_>>().join("\n")
}

/// Prints JSON. On a terminal, control characters are escaped.
pub(super) fn write_json(value: &impl Serialize) -> Result<(), Failure> {
    let mut out = data_out(Escapes::Json);
    serde_json::to_writer_pretty(&mut out, value).map_err(std::io::Error::from)?;
    writeln!(out)?;
    Ok(out.flush()?)
}

/// A value as one text. The items of a list are joined by commas.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

/// A number of things: `1 lead`, `2 leads`.
pub(super) fn count(number: usize, thing: &str) -> String {
    match number {
        1 => format!("1 {thing}"),
        number if thing.ends_with('y') => format!("{number} {}ies", &thing[..thing.len() - 1]),
        number => format!("{number} {thing}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing() -> Listing {
        let mut listing = Listing::new("id name status nothing").sparing("status");
        listing.push(["1".into(), "Ana Maria".into(), "new".into(), Value::Null]);
        listing.push(["22".into(), "a\u{202e}b".into(), "new".into(), Value::Null]);
        listing
    }

    #[test]
    fn a_table_leaves_out_empty_columns_and_then_the_least_important() {
        let wide = "ID  NAME         STATUS\n1   Ana Maria    new\n22  a\\u{202e}b   new";
        let narrow = "ID  NAME\n1   Ana Maria\n22  a\\u{202e}b";
        let cards = "id       1\nname     Ana Maria\nstatus   new\n\n\
                     id       22\nname     a\\u{202e}b\nstatus   new";
        let cases = [(80, wide, vec![]), (15, narrow, vec!["status"]), (8, cards, vec![])];
        for (width, expected, hidden) in cases {
            let squeezed = |text: &str| {
                text.lines()
                    .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
                    .collect::<Vec<_>>()
            };
            let (table, left_out) = listing().lay_out(width);
            assert_eq!(squeezed(&table), squeezed(expected), "{width}");
            assert_eq!(left_out, hidden, "{width}");
        }
    }

    #[test]
    fn a_count_has_a_singular_or_a_plural() {
        let cases = [(0, "lead", "0 leads"), (1, "lead", "1 lead"), (2, "entry", "2 entries")];
        for (number, thing, expected) in cases {
            assert_eq!(count(number, thing), expected);
        }
    }
}
