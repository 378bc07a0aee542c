//! The DynamoDB client: its connection, its time-outs and what it tries again.

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
    let retries = RetryConfig::standard()
        .with_max_attempts(12)
        .with_initial_backoff(Duration::from_millis(25))
        .with_max_backoff(Duration::from_millis(400));
    // The SDK's bucket stops retries after some 100 failures in a process. Here the time a
    // sender waits is the bound, and a conflict over one busy phone must not stop the rest.
    let unbounded = RetryPartition::custom("leadhook").token_bucket(TokenBucket::unlimited());
    let config = builder
        .timeout_config(timeouts)
        .retry_config(retries)
        .retry_partition(unbounded.build())
        .retry_classifier(RetryConflicts)
        .build();
    Client::from_conf(config)
}

/// Retries writes that met another write: the SDK alone gives up on them.
#[derive(Debug)]
struct RetryConflicts;

impl ClassifyRetry for RetryConflicts {
    fn classify_retry(&self, attempt: &InterceptorContext) -> RetryAction {
        let Some(Err(error)) = attempt.output_or_error() else {
            return RetryAction::NoActionIndicated;
        };
        let conflict = error.as_operation_error().is_some_and(|error| {
            if let Some(error) = error.downcast_ref::<TransactWriteItemsError>() {
                met_another_write(error)
            } else {
                let error = error.downcast_ref::<PutItemError>();
                error.is_some_and(PutItemError::is_transaction_conflict_exception)
            }
        });
        if conflict { RetryAction::transient_error() } else { RetryAction::NoActionIndicated }
    }

    fn name(&self) -> &'static str {
        "writes that met another write"
    }
}

/// Whether a transaction failed for a reason that passes by itself.
#[expect(clippy::wildcard_enum_match_arm, reason = "the SDK adds cases at any time")]
pub(crate) fn met_another_write(error: &TransactWriteItemsError) -> bool {
    match error {
        TransactionCanceledException(canceled) => {
            canceled.cancellation_reasons().iter().any(passes_by_itself)
        }
        TransactionInProgressException(_) => true,
        _ => false,
    }
}

fn passes_by_itself(reason: &CancellationReason) -> bool {
    matches!(
        reason.code(),
        Some("TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded")
    )
}
