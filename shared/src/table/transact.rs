//! Writing several items at once, all or none.

use super::{fault::StoreError, lead_table::LeadTable, retry::met_another_write};
use aws_sdk_dynamodb::{
    config::http::HttpResponse,
    error::SdkError,
    operation::transact_write_items::TransactWriteItemsError::{
        self, TransactionCanceledException,
    },
    types::TransactWriteItem,
};

impl LeadTable {
    /// Does all of the writes, or none where one of their conditions does not hold.
    pub(crate) async fn write_all(&self, writes: Vec<TransactWriteItem>) -> Result<(), StoreError> {
        let transaction = self.client.transact_write_items().set_transact_items(Some(writes));
        transaction.send().await.map_err(of_transaction)?;
        Ok(())
    }
}

/// What a transaction that was not done means: one that met another write may be tried again.
pub(crate) fn of_transaction(error: SdkError<TransactWriteItemsError, HttpResponse>) -> StoreError {
    let fault = match error.as_service_error() {
        Some(fault) if met_another_write(fault) => return StoreError::Unavailable("conflict"),
        Some(TransactionCanceledException(canceled)) => canceled,
        _ => return error.into(),
    };
    let mut codes = fault.cancellation_reasons().iter().filter_map(|reason| reason.code());
    match codes.find(|code| !["None", "ConditionalCheckFailed"].contains(code)) {
        Some(code) => StoreError::Unexpected(code.to_owned()),
        None => StoreError::Canceled,
    }
}
