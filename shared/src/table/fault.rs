use crate::dynamodb::says_busy;
use aws_sdk_dynamodb::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
};

/// What the table could not do. Holds the fault's name and nothing of the request: an
/// SDK error may hold the item that was to be written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The table is busy or away; the same request may succeed later.
    #[error("the table is unavailable: {0}")]
    Unavailable(&'static str),
    /// The table refused a request that should have been sound, or holds an item that
    /// cannot be read.
    #[error("the table refused a request: {0}")]
    Unexpected(String),
}

impl<E: ProvideErrorMetadata> From<SdkError<E, HttpResponse>> for StoreError {
    fn from(error: SdkError<E, HttpResponse>) -> Self {
        match error {
            SdkError::TimeoutError(_) => Self::Unavailable("time-out"),
            SdkError::DispatchFailure(_) => Self::Unavailable("no connection"),
            SdkError::ResponseError(_) => Self::Unavailable("unreadable answer"),
            SdkError::ServiceError(fault)
                if fault.raw().status().is_server_error() || says_busy(fault.err()) =>
            {
                Self::Unavailable("busy")
            }
            SdkError::ServiceError(fault) => {
                Self::Unexpected(fault.err().code().unwrap_or("no error code").to_owned())
            }
            _ => Self::Unexpected("the request could not be built".to_owned()),
        }
    }
}

impl From<serde_dynamo::Error> for StoreError {
    fn from(_: serde_dynamo::Error) -> Self {
        // Its text can hold the value that did not fit.
        Self::Unexpected("an item of another shape".to_owned())
    }
}
