use aws_sdk_dynamodb::{
    config::http::HttpResponse,
    error::{BuildError, ProvideErrorMetadata, SdkError},
};

/// What a table at its end of space answers with: the local one's disk is full. DynamoDB
/// itself never does.
const INSUFFICIENT_STORAGE: u16 = 507;

/// What the table could not do. Holds the fault's name and nothing of the request: an
/// SDK error may hold the item that was to be written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The table is busy or away; the same request may succeed later.
    #[error("the table is unavailable: {0}")]
    Unavailable(&'static str),
    /// The table does not take the credentials.
    #[error(transparent)]
    Denied(#[from] Denial),
    /// There is no table of this name.
    #[error("there is no such table")]
    NoTable,
    /// A condition of the write does not hold any more: somebody else wrote in between.
    #[error("the table cancelled a write: another one came first")]
    Canceled,
    /// The table refused a request that should have been sound, or holds an item that
    /// cannot be read.
    #[error("the table refused a request: {0}")]
    Unexpected(String),
}

/// What is wrong with the credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denial {
    /// They may not do this.
    #[error("these credentials may not do this")]
    NotAllowed,
    /// Their time is over.
    #[error("the credentials have expired")]
    Expired,
    /// AWS does not know them.
    #[error("the credentials are unknown")]
    Unknown,
    /// The signature is wrong, or too old.
    #[error("the signature is not accepted")]
    BadSignature,
}

impl<E: ProvideErrorMetadata> From<SdkError<E, HttpResponse>> for StoreError {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the SDK adds cases at any time")]
    fn from(error: SdkError<E, HttpResponse>) -> Self {
        match error {
            SdkError::TimeoutError(_) => Self::Unavailable("time-out"),
            SdkError::DispatchFailure(_) => Self::Unavailable("no connection"),
            SdkError::ResponseError(_) => Self::Unavailable("unreadable answer"),
            SdkError::ServiceError(fault) => of_service(fault.err(), fault.raw().status().as_u16()),
            _ => Self::Unexpected("the request could not be built".to_owned()),
        }
    }
}

/// What an answer of DynamoDB's means: the one place where its error codes are read.
fn of_service(fault: &impl ProvideErrorMetadata, status: u16) -> StoreError {
    match fault.code() {
        _ if status == INSUFFICIENT_STORAGE => StoreError::Unavailable("no space is left"),
        Some(
            "LimitExceededException"
            | "ProvisionedThroughputExceededException"
            | "ReplicatedWriteConflictException"
            | "RequestLimitExceeded"
            | "ThrottlingException",
        ) => StoreError::Unavailable("busy"),
        Some("TransactionConflictException") => StoreError::Unavailable("conflict"),
        Some("AccessDeniedException") => Denial::NotAllowed.into(),
        Some("ExpiredTokenException") => Denial::Expired.into(),
        Some("UnrecognizedClientException") => Denial::Unknown.into(),
        Some("InvalidSignatureException") => Denial::BadSignature.into(),
        Some("ResourceNotFoundException") => StoreError::NoTable,
        Some("TransactionCanceledException" | "ConditionalCheckFailedException") => {
            StoreError::Canceled
        }
        _ if status >= 500 => StoreError::Unavailable("busy"),
        code => StoreError::Unexpected(code.unwrap_or("no error code").to_owned()),
    }
}

impl From<serde_dynamo::Error> for StoreError {
    fn from(_: serde_dynamo::Error) -> Self {
        // Its text can hold the value that did not fit.
        Self::Unexpected("an item of another shape".to_owned())
    }
}

impl From<BuildError> for StoreError {
    fn from(_: BuildError) -> Self {
        Self::Unexpected("the request could not be built".to_owned())
    }
}
