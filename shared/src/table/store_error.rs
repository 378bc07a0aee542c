use aws_sdk_dynamodb::{
    config::http::HttpResponse,
    error::{BuildError, ProvideErrorMetadata, SdkError},
};

/// The status of a local table whose disk is full. DynamoDB itself never uses it.
const INSUFFICIENT_STORAGE: u16 = 507;

/// Why the table failed. It has the fault's name but no part of the request: an SDK error may
/// contain the item to be written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The table is busy or cannot be reached. The same request may succeed later.
    #[error("the table is unavailable: {0}")]
    Unavailable(&'static str),
    /// The table does not accept the credentials.
    #[error(transparent)]
    Denied(#[from] CredentialsError),
    /// The database of the local table is damaged.
    #[error("the database of the local table is damaged")]
    Damaged,
    /// There is no table of this name.
    #[error("there is no such table")]
    NoTable,
    /// A condition of the write is not true any more: another write came first.
    #[error("the table cancelled a write: another one came first")]
    Canceled,
    /// The table refused a request that should be valid, or it has an item that cannot be read.
    #[error("the table refused a request: {0}")]
    Unexpected(String),
}

/// What is wrong with the credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialsError {
    /// They may not do this.
    #[error("these credentials may not do this")]
    NotAllowed,
    /// They have expired.
    #[error("the credentials have expired")]
    Expired,
    /// AWS does not know them.
    #[error("the credentials are unknown")]
    Unknown,
    /// The signature is wrong, or too old.
    #[error("the signature is not accepted")]
    BadSignature,
}

/// The output of a conditional write; `None` if its condition was false.
pub(crate) fn if_true<T, E: ProvideErrorMetadata>(
    written: Result<T, SdkError<E, HttpResponse>>,
) -> Result<Option<T>, StoreError> {
    match written.map_err(StoreError::from) {
        Ok(output) => Ok(Some(output)),
        Err(StoreError::Canceled) => Ok(None),
        Err(error) => Err(error),
    }
}

impl<E: ProvideErrorMetadata> From<SdkError<E, HttpResponse>> for StoreError {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the SDK adds cases at any time")]
    fn from(error: SdkError<E, HttpResponse>) -> Self {
        match error {
            SdkError::TimeoutError(_) => Self::Unavailable("timeout"),
            SdkError::DispatchFailure(_) => Self::Unavailable("no connection"),
            SdkError::ResponseError(_) => Self::Unavailable("unreadable answer"),
            SdkError::ServiceError(fault) => of_service(fault.err(), fault.raw().status().as_u16()),
            _ => Self::Unexpected("the request could not be built".to_owned()),
        }
    }
}

/// The meaning of DynamoDB's error codes. Only this function reads them.
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
        Some("DamagedDatabase") => StoreError::Damaged,
        Some("TransactionConflictException") => StoreError::Unavailable("conflict"),
        Some("AccessDeniedException") => CredentialsError::NotAllowed.into(),
        Some("ExpiredTokenException") => CredentialsError::Expired.into(),
        Some("UnrecognizedClientException") => CredentialsError::Unknown.into(),
        Some("InvalidSignatureException") => CredentialsError::BadSignature.into(),
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
        // Its text can contain the value that did not fit.
        Self::Unexpected("an item of another shape".to_owned())
    }
}

impl From<BuildError> for StoreError {
    fn from(_: BuildError) -> Self {
        Self::Unexpected("the request could not be built".to_owned())
    }
}
