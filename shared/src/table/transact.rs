//! Writes several items in one transaction.

use super::{fault::StoreError, lead_table::LeadTable, retry::is_conflict};
use aws_sdk_dynamodb::{
    config::http::HttpResponse,
    error::SdkError,
    operation::transact_write_items::TransactWriteItemsError::{
        self, TransactionCanceledException,
    },
    types::TransactWriteItem,
};

impl LeadTable {
    /// Does all writes, or none if one of their conditions is false.
    pub(crate) async fn write_all(&self, writes: Vec<TransactWriteItem>) -> Result<(), StoreError> {
        let transaction = self.client.transact_write_items().set_transact_items(Some(writes));
        transaction.send().await.map_err(of_transaction)?;
        Ok(())
    }
}

/// The error of a transaction. After a conflict with another write it may be tried again.
pub(crate) fn of_transaction(error: SdkError<TransactWriteItemsError, HttpResponse>) -> StoreError {
    let fault = match error.as_service_error() {
        Some(fault) if is_conflict(fault) => return StoreError::Unavailable("conflict"),
        Some(TransactionCanceledException(canceled)) => canceled,
        _ => return error.into(),
    };
    let mut codes = fault.cancellation_reasons().iter().filter_map(|reason| reason.code());
    match codes.find(|code| !["None", "ConditionalCheckFailed"].contains(code)) {
        Some(code) => StoreError::Unexpected(code.to_owned()),
        None => StoreError::Canceled,
    }
}
