use super::failure::Failure;
use crate::{serve::settings::DEFAULT_TABLE_NAME, terminal::visible};
use clap::Args;
use local::{REGION, ServedTable};
use std::{
    io::{self, Write},
    path::PathBuf,
};

/// Prints the variables that point AWS tools, and the functions, at the table of a running server.
#[derive(Args)]
#[command(after_help = "\
Examples:
  eval \"$(leadhook env)\"
  eval \"$(leadhook env)\" && aws dynamodb scan --table-name leadhook")]
pub(super) struct Env {
    /// The folder of the local table
    #[arg(long, default_value = ".leadhook", value_name = "FOLDER")]
    data_dir: PathBuf,
}

impl Env {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let folder = self.data_dir.display().to_string();
        let folder = visible(&folder);
        let served = ServedTable::of(&self.data_dir).await.ok_or_else(|| {
            Failure::Table(format!(
                "no server has the folder {folder} open: start `leadhook serve`"
            ))
        })?;
        let ServedTable { endpoint, access_key } = &served;
        let variables = [
            ("AWS_ENDPOINT_URL_DYNAMODB", endpoint.as_str()),
            ("AWS_ACCESS_KEY_ID", access_key.as_str()),
            ("AWS_SECRET_ACCESS_KEY", "local"),
            ("AWS_REGION", REGION),
            // Older tools read only this one.
            ("AWS_DEFAULT_REGION", REGION),
            ("TABLE_NAME", DEFAULT_TABLE_NAME),
        ];
        let mut out = io::stdout().lock();
        // Some tools prefer a profile, or use a opened token of other credentials.
        writeln!(out, "unset AWS_PROFILE AWS_SESSION_TOKEN")?;
        // No value needs quotes: `ServedTable` has an IP address, and a key of letters and digits.
        for (name, value) in variables {
            writeln!(out, "export {name}={value}")?;
        }
        Ok(())
    }
}
