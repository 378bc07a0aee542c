use super::{
    item::{EXPIRES_AT, Item, PK, SK, key, seconds, text},
    lead_table::{LeadTable, PAGE},
    store_error::StoreError,
};
use crate::model::{Account, HELD_FOR, HeldAnswer, HeldDelivery, HeldReason, LeadId};
use aws_sdk_dynamodb::{primitives::Blob, types::AttributeValue};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The attribute with the body: text, or bytes if it is not UTF-8.
const BODY: &str = "body";

/// The attributes of a held delivery besides its body.
#[derive(Serialize, Deserialize)]
struct HeldItem {
    received_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    target: Option<String>,
    /// The lead that its person already has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lead_id: Option<LeadId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answer: Option<HeldAnswer>,
}

/// Some held deliveries of an account.
pub struct HeldPage {
    /// The deliveries, sorted by id.
    pub held: Vec<HeldDelivery>,
    /// The id after which the next page begins, if there may be more.
    pub rest: Option<String>,
}

impl LeadTable {
    /// Holds a delivery. The same body, held for the same reason, is one item: its 30 days start
    /// again.
    ///
    /// # Errors
    /// If the table cannot be written.
    pub async fn put_held(&self, account: &Account, held: &HeldDelivery) -> Result<(), StoreError> {
        let lead_id = match held.reason {
            HeldReason::Invalid => None,
            HeldReason::Repeat(lead_id) => Some(lead_id),
        };
        let HeldDelivery { received_at, target, answer, .. } = held.clone();
        let mut item: Item =
            serde_dynamo::to_item(HeldItem { received_at, target, lead_id, answer })?;
        item.extend(held_key(account, &held.id));
        let body = match str::from_utf8(&held.body) {
            Ok(text) => AttributeValue::S(text.to_owned()),
            Err(_) => AttributeValue::B(Blob::new(held.body.clone())),
        };
        item.insert(BODY.to_owned(), body);
        item.insert(EXPIRES_AT.to_owned(), seconds(received_at + HELD_FOR));
        self.client.put_item().table_name(&self.name).set_item(Some(item)).send().await?;
        Ok(())
    }

    /// Calls `take` with each held delivery of an account whose id begins with `prefix`. Expired
    /// ones are left out, and items of another shape.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub async fn each_held(
        &self,
        account: &Account,
        prefix: &str,
        now: Timestamp,
        mut take: impl FnMut(HeldDelivery),
    ) -> Result<(), StoreError> {
        let mut after = None;
        loop {
            let page = self.held_page(account, prefix, now, after).await?;
            page.held.into_iter().for_each(&mut take);
            after = page.rest;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    /// One page of those deliveries, which begins after the id `after`.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub async fn held_page(
        &self,
        account: &Account,
        prefix: &str,
        now: Timestamp,
        after: Option<String>,
    ) -> Result<HeldPage, StoreError> {
        let first = held_key(account, prefix);
        let query = self.query();
        let query = query
            .filter_expression("expires_at > :now")
            .expression_attribute_values(":account", first[PK].clone())
            .expression_attribute_values(":now", seconds(now));
        // DynamoDB accepts no empty prefix.
        let query = match prefix {
            "" => query.key_condition_expression("pk = :account"),
            _ => query
                .key_condition_expression("pk = :account AND begins_with(sk, :prefix)")
                .expression_attribute_values(":prefix", first[SK].clone()),
        };
        let start = after.map(|id| held_key(account, &id));
        let read = query.limit(PAGE).set_exclusive_start_key(start).send().await?;
        let items = read.items.unwrap_or_default().into_iter();
        let held = items.filter_map(|item| self.readable(item, read_held)).collect();
        let rest = read.last_evaluated_key.and_then(|key| text(&key, SK).cloned());
        Ok(HeldPage { held, rest })
    }

    /// Deletes a held delivery.
    ///
    /// # Errors
    /// If the table cannot be written.
    pub async fn delete_held(&self, account: &Account, id: &str) -> Result<(), StoreError> {
        self.delete(held_key(account, id)).await?;
        Ok(())
    }
}

pub(crate) fn held_key(account: &Account, id: &str) -> Item {
    key(format!("held#{account}"), id.to_owned())
}

fn read_held(mut item: Item) -> Result<HeldDelivery, StoreError> {
    let body = match item.remove(BODY) {
        Some(AttributeValue::S(text)) => text.into_bytes(),
        Some(AttributeValue::B(bytes)) => bytes.into_inner(),
        _ => return Err(StoreError::Unexpected("a held delivery without a body".to_owned())),
    };
    let unnamed = || StoreError::Unexpected("a held delivery without an id".to_owned());
    let id = text(&item, SK).cloned().ok_or_else(unnamed)?;
    let HeldItem { received_at, target, lead_id, answer } = serde_dynamo::from_item(item)?;
    let reason = lead_id.map_or(HeldReason::Invalid, HeldReason::Repeat);
    Ok(HeldDelivery { id, reason, target, body, received_at, answer })
}
