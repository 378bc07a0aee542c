//! Which requests to DynamoDB are sent again, and how soon.

use aws_sdk_dynamodb::{
    config::{
        interceptors::InterceptorContext,
        retry::{ClassifyRetry, RetryAction, RetryConfig, RetryPartition, TokenBucket},
    },
    operation::{
        delete_item::DeleteItemError,
        put_item::PutItemError,
        transact_write_items::TransactWriteItemsError::{
            self, TransactionCanceledException, TransactionInProgressException,
        },
        update_item::UpdateItemError,
    },
    types::CancellationReason,
};
use std::time::Duration;

/// The first retry follows within 25 ms: the SDK's own default waits a second.
pub(crate) fn retry_config() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(12)
        .with_initial_backoff(Duration::from_millis(25))
        .with_max_backoff(Duration::from_millis(400))
}

/// The SDK's token bucket stops all retries after about 100 failures in a process. Here the timeout
/// of an answer is the limit: conflicts over one phone number must not stop the retries of other
/// deliveries.
pub(crate) fn retry_partition() -> RetryPartition {
    RetryPartition::custom("leadhook").token_bucket(TokenBucket::unlimited()).build()
}

/// Retries writes that conflict with another write. The SDK alone does not.
#[derive(Debug)]
pub(crate) struct RetryConflicts;

impl ClassifyRetry for RetryConflicts {
    fn classify_retry(&self, attempt: &InterceptorContext) -> RetryAction {
        let Some(Err(error)) = attempt.output_or_error() else {
            return RetryAction::NoActionIndicated;
        };
        let conflict = error.as_operation_error().is_some_and(|error| {
            if let Some(error) = error.downcast_ref::<TransactWriteItemsError>() {
                is_conflict(error)
            } else if let Some(error) = error.downcast_ref::<PutItemError>() {
                error.is_transaction_conflict_exception()
            } else if let Some(error) = error.downcast_ref::<UpdateItemError>() {
                error.is_transaction_conflict_exception()
            } else {
                let error = error.downcast_ref::<DeleteItemError>();
                error.is_some_and(DeleteItemError::is_transaction_conflict_exception)
            }
        });
        if conflict { RetryAction::transient_error() } else { RetryAction::NoActionIndicated }
    }

    fn name(&self) -> &'static str {
        "writes that conflict with another write"
    }
}

/// Whether a transaction failed for a reason that passes by itself, such as another write.
#[expect(clippy::wildcard_enum_match_arm, reason = "the SDK adds cases at any time")]
pub(crate) fn is_conflict(error: &TransactWriteItemsError) -> bool {
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
