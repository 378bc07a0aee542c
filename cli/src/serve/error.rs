use local::EmbeddedError;
use shared::{function::StartUpError, table::StoreError};
use std::{io, net::SocketAddr};

/// Why the server could not start, or stopped.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("cannot listen on {0}: {1}; choose another port with --port")]
    Port(SocketAddr, io::Error),
    /// The address of the table is not an HTTP URL.
    #[error("AWS_ENDPOINT_URL_DYNAMODB must begin with http:// or https://, not {0}")]
    Endpoint(String),
    #[error(transparent)]
    Setting(#[from] StartUpError),
    #[error(transparent)]
    Embedded(#[from] EmbeddedError),
    #[error("{0}")]
    Store(#[from] StoreError),
    #[error(
        "there is no table {0} at {1}; create it with:\n  \
         aws dynamodb create-table --endpoint-url {1} --table-name {0} \
         --billing-mode PAY_PER_REQUEST \
         --attribute-definitions AttributeName=pk,AttributeType=S AttributeName=sk,AttributeType=S \
         --key-schema AttributeName=pk,KeyType=HASH AttributeName=sk,KeyType=RANGE"
    )]
    NoTable(String, String),
    /// The table is being created, deleted or restored.
    #[error("the table {0} at {1} is not ready; try again")]
    NotReady(String, String),
    /// There is a table of another shape.
    #[error("the table {0} at {1} is not a leadhook table: its keys are {2}, not pk, sk")]
    ForeignTable(String, String, String),
}
