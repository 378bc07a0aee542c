use crate::serve::error::ServeError;
use local::EmbeddedError;
use providers::UnreadableLead;
use shared::table::{CredentialsError, StoreError};
use std::io;

/// Why a command failed: one line that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("{0}")]
    Input(String),
    #[error("{0}")]
    NotFound(String),
    #[error("{0}")]
    Table(String),
    #[error("{0}")]
    Failed(String),
    #[error("the output cannot be written: {0}")]
    Output(#[from] io::Error),
    #[error(transparent)]
    Serve(#[from] ServeError),
}

impl Failure {
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Failed(_) | Self::Output(_) | Self::Serve(_) => 1,
            Self::Input(_) => 2,
            Self::NotFound(_) => 3,
            Self::Table(_) => 4,
        }
    }

    pub(super) fn input(text: impl Into<String>) -> Self {
        Self::Input(text.into())
    }
}

impl From<EmbeddedError> for Failure {
    fn from(error: EmbeddedError) -> Self {
        Self::Table(error.to_string())
    }
}

impl From<UnreadableLead> for Failure {
    fn from(error: UnreadableLead) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<operator::Failure> for Failure {
    fn from(failure: operator::Failure) -> Self {
        match failure {
            operator::Failure::Input(text) => Self::Input(text),
            operator::Failure::NotFound(text) => Self::NotFound(text),
            operator::Failure::Changed(text) => Self::Failed(text),
            operator::Failure::Store(error) => error.into(),
            operator::Failure::Unreadable(error) => error.into(),
        }
    }
}

impl From<csv::Error> for Failure {
    fn from(error: csv::Error) -> Self {
        match error.into_kind() {
            csv::ErrorKind::Io(error) => Self::Output(error),
            _ => Self::Failed("a row could not be written".to_owned()),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let hint = match &error {
            StoreError::Unavailable(_) => "check the address and the network, then try again",
            StoreError::Damaged => {
                "put a copy of leads.db back, or choose another folder with --data-dir"
            }
            StoreError::Denied(CredentialsError::NotAllowed) => {
                "docs/operations.md lists what each command needs"
            }
            StoreError::Denied(CredentialsError::Expired | CredentialsError::Unknown) => {
                "sign in again, or choose others with --profile"
            }
            StoreError::Denied(CredentialsError::BadSignature) => {
                "are the secret key and this machine's clock right?"
            }
            StoreError::NoTable => "choose another with --table",
            StoreError::Canceled => "try again",
            StoreError::Unexpected(_) => "`leadhook doctor` may find the cause",
        };
        Self::Table(format!("{error}: {hint}"))
    }
}
