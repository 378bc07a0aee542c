//! The file formats of an export.

use super::super::Failure;
use clap::ValueEnum;
use forwarding::LeadRecord;
use std::{borrow::Cow, io::Write};

#[cfg(feature = "parquet")]
use super::parquet_file::ParquetFile;

/// The format of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FileFormat {
    /// Comma-separated values, the names of the columns first
    Csv,
    /// One JSON object a line
    Jsonl,
    /// Apache Parquet
    Parquet,
}

pub(super) const COLUMNS: [&str; 10] = [
    "id",
    "provider",
    "account",
    "created_at",
    "name",
    "email",
    "phone",
    "source",
    "status",
    "details",
];
/// Writes leads one by one.
pub(super) enum LeadWriter<W: Write + Send> {
    Csv {
        csv: Box<csv::Writer<W>>,
        spreadsheet_safe: bool,
    },
    Jsonl(W),
    #[cfg(feature = "parquet")]
    Parquet(Box<ParquetFile<W>>),
}

impl<W: Write + Send> LeadWriter<W> {
    pub(super) fn new(format: FileFormat, spreadsheet_safe: bool, out: W) -> Result<Self, Failure> {
        Ok(match format {
            FileFormat::Csv => {
                let mut csv = csv::Writer::from_writer(out);
                csv.write_record(COLUMNS)?;
                Self::Csv { csv: Box::new(csv), spreadsheet_safe }
            }
            FileFormat::Jsonl => Self::Jsonl(out),
            #[cfg(feature = "parquet")]
            FileFormat::Parquet => Self::Parquet(Box::new(ParquetFile::new(out)?)),
            #[cfg(not(feature = "parquet"))]
            FileFormat::Parquet => return Err(Failure::input("built without Parquet")),
        })
    }

    pub(super) fn write(&mut self, lead: &LeadRecord) -> Result<(), Failure> {
        match self {
            Self::Csv { csv, spreadsheet_safe } => {
                let details = lead.details_text();
                let cells = cells(lead, &details).map(Option::unwrap_or_default);
                if *spreadsheet_safe {
                    csv.write_record(cells.map(without_formula).map(Cow::into_owned))?;
                } else {
                    csv.write_record(cells)?;
                }
            }
            Self::Jsonl(out) => {
                serde_json::to_writer(&mut *out, lead).map_err(std::io::Error::from)?;
                out.write_all(b"\n")?;
            }
            #[cfg(feature = "parquet")]
            Self::Parquet(file) => file.push(lead)?,
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Result<W, Failure> {
        match self {
            Self::Csv { csv, .. } => {
                csv.into_inner().map_err(|error| Failure::Output(error.into_error()))
            }
            Self::Jsonl(mut out) => {
                out.flush()?;
                Ok(out)
            }
            #[cfg(feature = "parquet")]
            Self::Parquet(file) => file.finish(),
        }
    }
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

pub(super) fn cells<'a>(
    lead: &'a LeadRecord,
    details: &'a str,
) -> [Option<&'a str>; COLUMNS.len()] {
    [
        Some(&lead.id),
        Some(lead.provider),
        Some(&lead.account),
        Some(&lead.created_at),
        lead.name.as_deref(),
        lead.email.as_deref(),
        lead.phone.as_deref(),
        lead.source.as_deref(),
        lead.status.as_deref(),
        Some(details),
    ]
}
