use crate::{
    access_key::AccessKey,
    folder::{ServerFiles, read_server},
};
use aws_sdk_dynamodb::{
    Client,
    config::{BehaviorVersion, Builder, Credentials, Region},
};
use shared::table::{Timeouts, connect};
use std::path::Path;

/// The region of a local table. AWS tools need one, and any works.
pub const REGION: &str = "us-east-1";

/// A table that a server on this machine has open.
#[derive(Clone, Debug)]
pub struct ServedTable {
    /// Its DynamoDB address.
    pub endpoint: String,
    /// The access key it requires.
    pub access_key: AccessKey,
}

impl ServedTable {
    /// The server that has a folder's table open; `None` if there is none.
    pub async fn of(folder: &Path) -> Option<Self> {
        let ServerFiles { endpoint, access_key } = read_server(folder)?;
        let address = endpoint.strip_prefix("http://")?;
        // A killed server does not delete its address.
        tokio::net::TcpStream::connect(address).await.ok()?;
        Some(Self { endpoint, access_key })
    }

    /// A new client for the table.
    pub fn client(&self, timeouts: Timeouts) -> Client {
        connect_to(&self.endpoint, self.access_key.as_str(), timeouts)
    }
}

/// A client for a DynamoDB on this machine.
pub fn connect_to(endpoint: &str, access_key: &str, timeouts: Timeouts) -> Client {
    let client = aws_smithy_http_client::Builder::new().build_http();
    connect(builder(access_key).http_client(client).endpoint_url(endpoint), timeouts)
}

pub(crate) fn builder(access_key: &str) -> Builder {
    let credentials = Credentials::new(access_key, "local", None, None, "local table");
    Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .credentials_provider(credentials)
}
