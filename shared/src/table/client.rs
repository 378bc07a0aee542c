//! The DynamoDB client: its connection and its timeouts.

use super::retry::{RetryConflicts, retry_config, retry_partition};
use crate::aws::{self, Overrides};
use aws_config::{Region, SdkConfig};
use aws_sdk_dynamodb::{
    Client,
    config::{Builder, timeout::TimeoutConfig},
};
use std::{env, time::Duration};

/// Where no region is to be found, as with a local table: any will do there.
const FALLBACK_REGION: &str = "us-east-1";

/// The AWS SDKs' own variable for another DynamoDB.
pub const ENDPOINT_VARIABLE: &str = "AWS_ENDPOINT_URL_DYNAMODB";

/// How long to wait for a table.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// How long a connection may take.
    pub connect: Duration,
    /// How long one attempt of a request may take.
    pub attempt: Duration,
    /// How long a request may take with all its attempts.
    pub operation: Duration,
    /// How long a sender waits for its answer.
    pub answer: Duration,
    /// How much longer it may wait for its delivery to be held.
    pub hold: Duration,
}

impl Timeouts {
    /// For DynamoDB itself, which answers in milliseconds: every sender has its answer
    /// inside three seconds, and a `503` is better than silence.
    pub const DEPLOYED: Self = Self {
        connect: Duration::from_millis(500),
        attempt: Duration::from_secs(1),
        operation: Duration::from_millis(2_200),
        answer: Duration::from_millis(2_500),
        hold: Duration::from_millis(300),
    };

    /// For a table on a busy laptop.
    pub const LOCAL: Self = Self {
        connect: Duration::from_secs(5),
        attempt: Duration::from_secs(20),
        operation: Duration::from_secs(25),
        answer: Duration::from_secs(28),
        hold: Duration::from_secs(1),
    };
}

/// Connects to the table that the environment names: the region, credentials and
/// `AWS_ENDPOINT_URL_DYNAMODB`, as every AWS SDK reads them.
pub async fn connect_from_env() -> Client {
    connect_as(&aws::load_config(Overrides::default()).await, Timeouts::DEPLOYED)
}

/// Connects as a configuration says.
pub fn connect_as(config: &SdkConfig, timeouts: Timeouts) -> Client {
    let mut builder = Builder::from(config);
    // An empty variable counts as none; the SDK takes it for an address, and panics.
    if env::var_os(ENDPOINT_VARIABLE).is_some_and(|endpoint| endpoint.is_empty()) {
        builder.set_endpoint_url(None);
    }
    if config.region().is_none() {
        builder.set_region(Some(Region::new(FALLBACK_REGION)));
    }
    connect(builder, timeouts)
}

/// A client with leadhook's own time-outs and retries, whatever it connects to.
pub fn connect(builder: Builder, timeouts: Timeouts) -> Client {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(timeouts.connect)
        .operation_attempt_timeout(timeouts.attempt)
        .operation_timeout(timeouts.operation)
        .build();
    let config = builder
        .timeout_config(timeouts)
        .retry_config(retry_config())
        .retry_partition(retry_partition())
        .retry_classifier(RetryConflicts)
        .build();
    Client::from_conf(config)
}
