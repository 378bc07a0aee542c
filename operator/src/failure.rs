use providers::UnreadableLead;
use shared::table::StoreError;

/// Why an action failed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The input is invalid. The text says what to write.
    #[error("{0}")]
    Input(String),
    /// Nothing was found.
    #[error("{0}")]
    NotFound(String),
    /// Something changed meanwhile. The text says what to do.
    #[error("{0}")]
    Changed(String),
    /// The table cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A lead cannot be shown.
    #[error(transparent)]
    Unreadable(#[from] UnreadableLead),
}
