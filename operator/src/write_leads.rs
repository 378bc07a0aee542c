//! Writes leads as CSV and as JSON lines.

use providers::LeadRecord;
use std::{
    borrow::Cow,
    io::{self, Write},
};

/// The columns of an export.
pub const COLUMNS: [&str; 12] = [
    "id",
    "provider",
    "account",
    "created_at",
    "updated_at",
    "name",
    "email",
    "phone",
    "source",
    "status",
    "details",
    "extra",
];

/// Leads as comma-separated values, the names of the columns first.
pub struct CsvLeads<W: Write> {
    csv: csv::Writer<W>,
    spreadsheet_safe: bool,
}

impl<W: Write> CsvLeads<W> {
    /// Writes the names of the columns. `spreadsheet_safe` puts an apostrophe before cells that a
    /// spreadsheet would read as formulas.
    ///
    /// # Errors
    /// If `out` cannot be written.
    pub fn new(out: W, spreadsheet_safe: bool) -> csv::Result<Self> {
        let mut leads = Self::without_names(out, spreadsheet_safe);
        leads.csv.write_record(COLUMNS)?;
        Ok(leads)
    }

    /// Continues after leads that were written before.
    pub fn without_names(out: W, spreadsheet_safe: bool) -> Self {
        Self { csv: csv::Writer::from_writer(out), spreadsheet_safe }
    }

    /// Writes a lead.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&mut self, lead: &LeadRecord) -> csv::Result<()> {
        let details = lead.details_text();
        let cells = cells(lead, &details).map(Option::unwrap_or_default);
        if self.spreadsheet_safe {
            self.csv.write_record(cells.map(without_formula).map(Cow::into_owned))
        } else {
            self.csv.write_record(cells)
        }
    }

    /// Writes what is left, and returns the output.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn finish(self) -> io::Result<W> {
        self.csv.into_inner().map_err(csv::IntoInnerError::into_error)
    }
}

/// Writes a lead as one line of JSON.
///
/// # Errors
/// If it cannot be written.
pub fn write_json_line(out: &mut impl Write, lead: &LeadRecord) -> io::Result<()> {
    serde_json::to_writer(&mut *out, lead).map_err(io::Error::from)?;
    out.write_all(b"\n")
}

/// Puts an apostrophe before a cell that a spreadsheet would read as a formula. Spreadsheets do not
/// show the apostrophe.
fn without_formula(cell: &str) -> Cow<'_, str> {
    let is_formula = cell.trim_start().starts_with(['=', '+', '-', '@']);
    if is_formula || cell.starts_with(['\t', '\r', '\n']) {
        return format!("'{cell}").into();
    }
    cell.into()
}

/// The cells of a lead, one for each column. `details` is the lead's details as one text.
pub fn cells<'a>(lead: &'a LeadRecord, details: &'a str) -> [Option<&'a str>; COLUMNS.len()] {
    [
        Some(&lead.id),
        Some(lead.provider),
        Some(&lead.account),
        Some(&lead.created_at),
        Some(&lead.updated_at),
        lead.name.as_deref(),
        lead.email.as_deref(),
        lead.phone.as_deref(),
        lead.source.as_deref(),
        lead.status.as_deref(),
        Some(details),
        lead.extra_text(),
    ]
}
