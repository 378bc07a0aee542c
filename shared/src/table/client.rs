//! The DynamoDB client: its connection and its timeouts.

use super::retry::{RetryConflicts, retry_config, retry_partition};
use crate::aws;
use aws_config::{Region, SdkConfig};
use aws_sdk_dynamodb::{
    Client,
    config::{Builder, timeout::TimeoutConfig},
};
use std::{env, time::Duration};

/// The region if none is set. A local table accepts any region.
const FALLBACK_REGION: &str = "us-east-1";

/// The AWS SDKs' variable for the address of another DynamoDB.
pub const ENDPOINT_VARIABLE: &str = "AWS_ENDPOINT_URL_DYNAMODB";

/// The timeouts of requests to a table.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// How long a connection may take.
    pub connect: Duration,
    /// How long one attempt of a request may take.
    pub attempt: Duration,
    /// How long a request may take with all its attempts.
    pub operation: Duration,
}

impl Timeouts {
    /// For DynamoDB in AWS, which answers in milliseconds.
    pub const DEPLOYED: Self = Self {
        connect: Duration::from_millis(500),
        attempt: Duration::from_secs(1),
        operation: Duration::from_millis(2_200),
    };

    /// For a table on a busy laptop.
    pub const LOCAL: Self = Self {
        connect: Duration::from_secs(5),
        attempt: Duration::from_secs(20),
        operation: Duration::from_secs(25),
    };
}

/// Connects with region, credentials and `AWS_ENDPOINT_URL_DYNAMODB` from the environment, as every
/// AWS SDK does.
pub async fn connect_from_env() -> Client {
    connect_as(&aws::load_function_config().await, Timeouts::DEPLOYED)
}

/// Connects with this configuration.
pub fn connect_as(config: &SdkConfig, timeouts: Timeouts) -> Client {
    let mut builder = Builder::from(config);
    // An empty variable counts as not set. The SDK would read it as an address and panic.
    if env::var_os(ENDPOINT_VARIABLE).is_some_and(|endpoint| endpoint.is_empty()) {
        builder.set_endpoint_url(None);
    }
    if config.region().is_none() {
        builder.set_region(Some(Region::new(FALLBACK_REGION)));
    }
    connect(builder, timeouts)
}

/// A client with leadhook's timeouts and retries.
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
