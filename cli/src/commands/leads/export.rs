use super::{
    super::{Failure, record::LeadRecord, session::Session},
    Filter, each_lead,
    writer::{FileFormat, LeadWriter},
};
use clap::Args;
use shared::{Account, LeadSpan};
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
    /// The file to write, which appears when it is whole [default: standard output]
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

impl Export {
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let span = self.filter.span()?;
        let accounts = self.filter.accounts.find(session).await?;
        match &self.file {
            None => {
                let out = BufWriter::new(io::stdout());
                self.write(session, &accounts, span, out).await?;
            }
            Some(path) => {
                let file = new_beside(path)?;
                let file = self.write(session, &accounts, span, BufWriter::new(file)).await?;
                let file = file.into_inner().map_err(|error| error.into_error())?;
                file.persist(path).map_err(|error| cannot_write(path, &error.error))?;
            }
        }
        Ok(())
    }

    /// Reads leads page by page, and writes each page before the next is read.
    async fn write<W: Write + Send>(
        &self,
        session: &Session,
        accounts: &[Account],
        span: LeadSpan,
        out: W,
    ) -> Result<W, Failure> {
        let mut writer = LeadWriter::new(self.format, out)?;
        let write = |account: &Account, lead| writer.write(&LeadRecord::new(account, lead)?);
        let read = each_lead(session, accounts, span, write).await?;
        let out = writer.finish()?;
        eprintln!("{read}");
        Ok(out)
    }
}

/// A file in the folder of `path`, to be given its name when it is whole.
fn new_beside(path: &Path) -> Result<NamedTempFile, Failure> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let file = NamedTempFile::new_in(folder.unwrap_or(Path::new(".")));
    file.map_err(|error| cannot_write(path, &error))
}

fn cannot_write(path: &Path, error: &io::Error) -> Failure {
    Failure::Input(format!("{} cannot be written: {error}", path.display()))
}
