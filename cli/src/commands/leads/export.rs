use super::{
    each_lead::each_lead,
    filter::Filter,
    writer::{FileFormat, LeadWriter},
};
use crate::{
    commands::{failure::Failure, open_table::OpenTable},
    terminal::{Escapes, data_out, is_terminal},
};
use clap::Args;
use providers::LeadRecord;
use shared::model::{Account, LeadSpan};
use std::{
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};
use tempfile::NamedTempFile;

#[derive(Args)]
pub(super) struct Export {
    #[command(flatten)]
    filter: Filter,
    /// The format
    #[arg(long, short, value_enum, default_value = "csv")]
    format: FileFormat,
    /// The file to write; it appears when it is complete [default: standard output]
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// CSV: puts ' before cells that a spreadsheet would read as formulas
    #[arg(long)]
    spreadsheet_safe: bool,
}

impl Export {
    pub(super) async fn run(self, opened: &OpenTable) -> Result<(), Failure> {
        let span = self.filter.span(opened.system.now())?;
        let accounts = self.filter.accounts.find(opened).await?;
        match &self.file {
            None => {
                let escapes = match self.format {
                    FileFormat::Csv => Escapes::Text,
                    FileFormat::Jsonl | FileFormat::Parquet => Escapes::Json,
                };
                self.write(opened, &accounts, span, data_out(escapes)).await?;
                Ok(())
            }
            Some(path) => {
                let written = self.write_file(opened, &accounts, span, path).await;
                written.map_err(|failure| match failure {
                    // The path was right, but for example the disk is full.
                    Failure::Output(error) => Failure::Failed(cannot_write(path, &error)),
                    failure => failure,
                })
            }
        }
    }

    /// Refuses invalid options before anything is opened.
    pub(super) fn check(&self) -> Result<(), Failure> {
        if self.format == FileFormat::Parquet && cfg!(not(feature = "parquet")) {
            let text = "this leadhook was built without Parquet; to install with Parquet: cargo \
                        install --locked --path cli --features parquet";
            return Err(Failure::input(text));
        }
        if self.format == FileFormat::Parquet && self.file.is_none() && is_terminal() {
            return Err(Failure::input("Parquet is not for a terminal; name a file with --file"));
        }
        if self.spreadsheet_safe && self.format != FileFormat::Csv {
            return Err(Failure::input("--spreadsheet-safe is for --format csv"));
        }
        Ok(())
    }

    async fn write_file(
        &self,
        opened: &OpenTable,
        accounts: &[Account],
        span: LeadSpan,
        path: &Path,
    ) -> Result<(), Failure> {
        let file = BufWriter::new(new_beside(path)?);
        let file = self.write(opened, accounts, span, file).await?;
        let file = file.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        file.as_file().sync_all()?;
        match file.persist(path) {
            Ok(_) => Ok(()),
            // For example, the path is a folder.
            Err(error) => Err(Failure::Input(cannot_write(path, &error.error))),
        }
    }

    /// Reads leads page by page, and writes each page before the next is read.
    async fn write<W: Write + Send>(
        &self,
        opened: &OpenTable,
        accounts: &[Account],
        span: LeadSpan,
        out: W,
    ) -> Result<W, Failure> {
        let mut writer = LeadWriter::new(self.format, self.spreadsheet_safe, out)?;
        let write = |account: &Account, lead| writer.write(&LeadRecord::new(account, lead)?);
        let read = each_lead(opened, accounts, span, write).await?;
        let out = writer.finish()?;
        eprintln!("{read}");
        Ok(out)
    }
}

/// A temporary file in the folder of `path`. It gets its name when it is complete.
fn new_beside(path: &Path) -> Result<NamedTempFile, Failure> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let file = NamedTempFile::new_in(folder.unwrap_or(Path::new(".")));
    file.map_err(|error| Failure::Input(cannot_write(path, &error)))
}

fn cannot_write(path: &Path, error: &io::Error) -> String {
    format!("{} cannot be written: {error}", path.display())
}
