//! Options whose value is a secret. Every user of the machine can read command lines.

use super::failure::Failure;
use std::{convert::Infallible, fs, io, path::PathBuf, str::FromStr};

/// How an option gives a secret.
#[derive(Clone)]
pub(super) enum SecretText {
    /// On the command line.
    Given(String),
    /// The next line of standard input: `-`.
    Input,
    /// A file: `@FILE`.
    File(PathBuf),
}

impl FromStr for SecretText {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text.strip_prefix('@') {
            Some(file) => Self::File(file.into()),
            None if text == "-" => Self::Input,
            None => Self::Given(text.to_owned()),
        })
    }
}

impl SecretText {
    /// The text, which may be no secret: it may be on the command line.
    pub(super) fn read_public(&self, option: &str) -> Result<String, Failure> {
        match self {
            Self::Given(text) => Ok(text.clone()),
            Self::Input | Self::File(_) => self.read(option),
        }
    }

    /// The secret. Warns if it is on the command line.
    pub(super) fn read(&self, option: &str) -> Result<String, Failure> {
        let text = match self {
            Self::Given(secret) => {
                eprintln!(
                    "other users of this machine can see the value of {option}; write @FILE, or - \
                     for standard input"
                );
                return Ok(secret.clone());
            }
            Self::Input => io::stdin().lines().next().unwrap_or_else(|| Ok(String::new())),
            Self::File(file) => fs::read_to_string(file),
        };
        let text =
            text.map_err(|error| Failure::Input(format!("{option} cannot be read: {error}")))?;
        match text.trim() {
            "" => Err(Failure::Input(format!("there is no text to read for {option}"))),
            secret => Ok(secret.to_owned()),
        }
    }
}
