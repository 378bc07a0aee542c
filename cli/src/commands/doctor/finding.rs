use crate::commands::failure::Failure;
use shared::table::{CredentialsError, StoreError};

/// The result of a check.
pub(super) enum Finding {
    Good(String),
    /// What is wrong, and what to do.
    Bad(String),
}

/// What an error of the table means, if the check needs these actions.
pub(super) fn failed(error: StoreError, needs: &str) -> Finding {
    match error {
        StoreError::Denied(CredentialsError::NotAllowed) => {
            Finding::Bad(format!("these credentials may not: allow {needs} on the table"))
        }
        error => Finding::Bad(Failure::from(error).to_string()),
    }
}
