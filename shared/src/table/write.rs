//! Writes several items, all or none.

use super::{
    item::{Item, seconds},
    lead_table::LeadTable,
    retry::is_conflict,
    store_error::StoreError,
};
use aws_sdk_dynamodb::{
    config::http::HttpResponse,
    error::SdkError,
    operation::{
        put_item::PutItemError,
        transact_write_items::TransactWriteItemsError::{self, TransactionCanceledException},
    },
    types::{Put, ReturnValuesOnConditionCheckFailure::AllOld, TransactWriteItem},
};
use jiff::Timestamp;

/// An item may be written if there is none with its key, or an expired one: DynamoDB deletes
/// expired items up to two days late.
const FREE: &str = "attribute_not_exists(pk) OR expires_at <= :now";

/// The result of a write of new items.
pub(crate) enum Written {
    Stored,
    /// Nothing was written. The existing items, with one entry for each item of the write.
    Refused(Vec<Option<Item>>),
}

impl LeadTable {
    /// Writes items that must not exist yet, all or none.
    pub(crate) async fn put_new(
        &self,
        items: Vec<Item>,
        mark: &str,
        now: Timestamp,
    ) -> Result<Written, StoreError> {
        match <[Item; 1]>::try_from(items) {
            Ok([item]) => self.put_one(item, now).await,
            Err(items) => self.put_all(items, mark, now).await,
        }
    }

    pub(crate) async fn put_one(&self, item: Item, now: Timestamp) -> Result<Written, StoreError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(item))
            .condition_expression(FREE)
            .expression_attribute_values(":now", seconds(now))
            .return_values_on_condition_check_failure(AllOld);
        match put.send().await {
            Ok(_) => Ok(Written::Stored),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(refusal)) => {
                    Ok(Written::Refused(vec![refusal.item.clone()]))
                }
                _ => Err(error.into()),
            },
        }
    }

    async fn put_all(
        &self,
        items: Vec<Item>,
        mark: &str,
        now: Timestamp,
    ) -> Result<Written, StoreError> {
        let mut writes = Vec::new();
        for item in items {
            let put = Put::builder()
                .table_name(&self.name)
                .set_item(Some(item))
                .condition_expression(FREE)
                .expression_attribute_values(":now", seconds(now))
                .return_values_on_condition_check_failure(AllOld)
                .build()?;
            writes.push(TransactWriteItem::builder().put(put).build());
        }
        self.write_once(writes, mark).await
    }

    /// Does all writes, or none if one of their conditions is false. With the mark as its token, the
    /// transaction is done once even if it is sent twice.
    pub(crate) async fn write_once(
        &self,
        writes: Vec<TransactWriteItem>,
        mark: &str,
    ) -> Result<Written, StoreError> {
        let transaction = self.client.transact_write_items().client_request_token(mark);
        match transaction.set_transact_items(Some(writes)).send().await {
            Ok(_) => Ok(Written::Stored),
            Err(error) => match error.as_service_error() {
                Some(fault) => refusal(fault).ok_or_else(|| of_transaction(error)),
                None => Err(error.into()),
            },
        }
    }

    /// A write of an item, as a part of a transaction.
    pub(crate) fn put_of(&self, item: Item) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder().table_name(&self.name).set_item(Some(item)).build()?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// Does all writes, or none if one of their conditions is false.
    pub(crate) async fn write_all(&self, writes: Vec<TransactWriteItem>) -> Result<(), StoreError> {
        let transaction = self.client.transact_write_items().set_transact_items(Some(writes));
        transaction.send().await.map_err(of_transaction)?;
        Ok(())
    }
}

/// The items that exist already, if the transaction was cancelled for them.
fn refusal(fault: &TransactWriteItemsError) -> Option<Written> {
    let TransactWriteItemsError::TransactionCanceledException(canceled) = fault else {
        return None;
    };
    let existing = canceled.cancellation_reasons().iter().map(|reason| match reason.code() {
        Some("ConditionalCheckFailed") => Some(reason.item.clone()),
        Some("None") | None => Some(None),
        Some(_) => None,
    });
    existing.collect::<Option<_>>().map(Written::Refused)
}

/// The error of a transaction. After a conflict with another write it may be tried again.
fn of_transaction(error: SdkError<TransactWriteItemsError, HttpResponse>) -> StoreError {
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
