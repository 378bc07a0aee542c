use super::{failure::Failure, secret_text::SecretText};
use clap::Args;
use forwarding::OwnHeader;

/// The headers that requests to a destination have besides those of leadhook.
#[derive(Args)]
pub(super) struct HeaderOptions {
    /// A header of each request, such as 'X-Api-Key: ...': @FILE with one header a line, or - for a
    /// line of standard input; repeatable
    #[arg(long = "header", value_name = "HEADER")]
    headers: Vec<SecretText>,
}

impl HeaderOptions {
    pub(super) fn is_empty(&self) -> bool {
        self.headers.is_empty()
    }

    pub(super) fn read(&self) -> Result<Vec<OwnHeader>, Failure> {
        let mut headers = Vec::new();
        for text in &self.headers {
            for line in text.read("--header")?.lines().filter(|line| !line.trim().is_empty()) {
                let header = line.parse::<OwnHeader>();
                headers.push(header.map_err(|error| Failure::Input(error.to_string()))?);
            }
        }
        Ok(headers)
    }
}
