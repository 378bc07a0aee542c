use super::{failure::Failure, secret_text::SecretText};
use clap::{Args, ValueEnum};
use forwarding::OwnHeader;
use operator::settings::Settings;
use shared::model::{Condition, RequestMethod};
use std::{fs, path::PathBuf};

/// What the requests to a destination have otherwise.
#[derive(Args)]
pub(super) struct RequestOptions {
    /// A header of each request, such as 'X-Api-Key: ...': @FILE with one header a line, or - for a
    /// line of standard input; repeatable
    #[arg(long = "header", value_name = "HEADER")]
    headers: Vec<SecretText>,
    /// A condition that a lead must meet: source=website, source!=website, or email (present); all
    /// of them if repeated
    #[arg(long, value_name = "CONDITION")]
    only: Vec<Condition>,
    /// A file with the template of each body
    #[arg(long, value_name = "FILE")]
    template: Option<PathBuf>,
    /// The content type of what the template makes [default: application/json]
    #[arg(long, value_name = "TYPE")]
    content_type: Option<String>,
    /// A header with `sha256=` and the HMAC-SHA256 of the body in hexadecimal, keyed by the text
    /// of the destination's secret
    #[arg(long, value_name = "NAME")]
    signature_header: Option<String>,
    /// The method of each request [default: post]
    #[arg(long, value_enum)]
    method: Option<MethodOption>,
}

#[derive(Clone, Copy, ValueEnum)]
enum MethodOption {
    Post,
    Put,
    Patch,
}

impl RequestOptions {
    /// Whether values are to be sealed.
    pub(super) fn has_headers(&self) -> bool {
        !self.headers.is_empty()
    }

    /// The choices that these options make.
    pub(super) fn read(&self) -> Result<Settings, Failure> {
        let method = self.method.map(|method| match method {
            MethodOption::Post => RequestMethod::Post,
            MethodOption::Put => RequestMethod::Put,
            MethodOption::Patch => RequestMethod::Patch,
        });
        let template = self.template.as_ref().map(|file| {
            let read = fs::read_to_string(file);
            read.map_err(|error| Failure::Input(format!("{}: {error}", file.display())))
        });
        Ok(Settings {
            method,
            headers: read_headers(&self.headers)?,
            template: template.transpose()?,
            content_type: self.content_type.clone(),
            signature_header: self.signature_header.clone(),
            only: (!self.only.is_empty()).then(|| self.only.clone()),
            ..Settings::default()
        })
    }
}

fn read_headers(options: &[SecretText]) -> Result<Vec<OwnHeader>, Failure> {
    let mut headers = Vec::new();
    for text in options {
        for line in text.read("--header")?.lines().filter(|line| !line.trim().is_empty()) {
            let header = line.parse::<OwnHeader>();
            headers.push(header.map_err(|error| Failure::Input(error.to_string()))?);
        }
    }
    Ok(headers)
}
