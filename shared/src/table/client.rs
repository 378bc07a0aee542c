//! The DynamoDB client: its connection, timeouts and retries.

use crate::aws::{self, Overrides};
use aws_config::{Region, SdkConfig};
use aws_sdk_dynamodb::{
    Client,
    config::{
        Builder,
        interceptors::InterceptorContext,
        retry::{ClassifyRetry, RetryAction, RetryConfig, RetryPartition, TokenBucket},
        timeout::TimeoutConfig,
    },
    operation::{
        put_item::PutItemError,
        transact_write_items::TransactWriteItemsError::{
            self, TransactionCanceledException, TransactionInProgressException,
        },
    },
    types::CancellationReason,
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
    /// How long a sender waits for its answer.
    pub answer: Duration,
    /// How much longer it may wait while its delivery is held.
    pub hold: Duration,
}

impl Timeouts {
    /// For DynamoDB in AWS, which answers in milliseconds. Every sender gets its answer within
    /// three seconds, if necessary a `503`.
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

/// Connects with region, credentials and `AWS_ENDPOINT_URL_DYNAMODB` from the environment, as every
/// AWS SDK does.
pub async fn connect_from_env() -> Client {
    connect_as(&aws::load_config(Overrides::default()).await, Timeouts::DEPLOYED)
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
    let retries = RetryConfig::standard()
        .with_max_attempts(12)
        .with_initial_backoff(Duration::from_millis(25))
        .with_max_backoff(Duration::from_millis(400));
    // The SDK's token bucket stops all retries after about 100 failures in a process. Here the
    // timeout of an answer is the limit: conflicts over one phone number must not stop the retries
    // of other deliveries.
    let unbounded = RetryPartition::custom("leadhook").token_bucket(TokenBucket::unlimited());
    let config = builder
        .timeout_config(timeouts)
        .retry_config(retries)
        .retry_partition(unbounded.build())
        .retry_classifier(RetryConflicts)
        .build();
    Client::from_conf(config)
}

/// Retries writes that conflict with another write. The SDK alone does not.
#[derive(Debug)]
struct RetryConflicts;

impl ClassifyRetry for RetryConflicts {
    fn classify_retry(&self, attempt: &InterceptorContext) -> RetryAction {
        let Some(Err(error)) = attempt.output_or_error() else {
            return RetryAction::NoActionIndicated;
        };
        let conflict = error.as_operation_error().is_some_and(|error| {
            if let Some(error) = error.downcast_ref::<TransactWriteItemsError>() {
                is_conflict(error)
            } else {
                let error = error.downcast_ref::<PutItemError>();
                error.is_some_and(PutItemError::is_transaction_conflict_exception)
            }
        });
        if conflict { RetryAction::transient_error() } else { RetryAction::NoActionIndicated }
    }

    fn name(&self) -> &'static str {
        "writes that conflict with another write"
    }
}

/// Whether a transaction failed for a temporary reason.
#[expect(clippy::wildcard_enum_match_arm, reason = "the SDK adds cases at any time")]
pub(crate) fn is_conflict(error: &TransactWriteItemsError) -> bool {
    match error {
        TransactionCanceledException(canceled) => {
            canceled.cancellation_reasons().iter().any(is_temporary)
        }
        TransactionInProgressException(_) => true,
        _ => false,
    }
}

fn is_temporary(reason: &CancellationReason) -> bool {
    matches!(
        reason.code(),
        Some("TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded")
    )
}
