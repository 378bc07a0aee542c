//! The file formats of an export.

use crate::commands::failure::Failure;
use clap::ValueEnum;
use operator::write_leads::{CsvLeads, write_json_line};
use providers::LeadRecord;
use std::io::Write;

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

/// Writes leads one by one.
pub(super) enum LeadWriter<W: Write + Send> {
    Csv(Box<CsvLeads<W>>),
    Jsonl(W),
    #[cfg(feature = "parquet")]
    Parquet(Box<ParquetFile<W>>),
}

impl<W: Write + Send> LeadWriter<W> {
    pub(super) fn new(format: FileFormat, spreadsheet_safe: bool, out: W) -> Result<Self, Failure> {
        Ok(match format {
            FileFormat::Csv => Self::Csv(Box::new(CsvLeads::new(out, spreadsheet_safe)?)),
            FileFormat::Jsonl => Self::Jsonl(out),
            #[cfg(feature = "parquet")]
            FileFormat::Parquet => Self::Parquet(Box::new(ParquetFile::new(out)?)),
            #[cfg(not(feature = "parquet"))]
            FileFormat::Parquet => return Err(Failure::input("built without Parquet")),
        })
    }

    pub(super) fn write(&mut self, lead: &LeadRecord) -> Result<(), Failure> {
        match self {
            Self::Csv(csv) => csv.write(lead)?,
            Self::Jsonl(out) => write_json_line(out, lead)?,
            #[cfg(feature = "parquet")]
            Self::Parquet(file) => file.push(lead)?,
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Result<W, Failure> {
        match self {
            Self::Csv(csv) => Ok(csv.finish()?),
            Self::Jsonl(mut out) => {
                out.flush()?;
                Ok(out)
            }
            #[cfg(feature = "parquet")]
            Self::Parquet(file) => file.finish(),
        }
    }
}
