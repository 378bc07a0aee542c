use super::{
    Item, LeadTable, PAGE, StoreError,
    keys::{self, EXPIRES_AT, PK, SK},
    put_new::seconds,
};
use crate::{Account, HELD_FOR, HeldAnswer, HeldDelivery, HeldReason, LeadId};
use aws_sdk_dynamodb::{primitives::Blob, types::AttributeValue};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The attribute that holds the body: text, or bytes where it is none.
const BODY: &str = "body";

/// What a held delivery has besides its body.
#[derive(Serialize, Deserialize)]
struct HeldItem {
    received_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    target: Option<String>,
    /// The lead that its person is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lead_id: Option<LeadId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answer: Option<HeldAnswer>,
}

impl LeadTable {
    /// Holds a delivery; one of the same words, held for the same reason, is held on.
    ///
    /// # Errors
    /// Where the table could not be written.
    pub async fn put_held(&self, account: &Account, held: &HeldDelivery) -> Result<(), StoreError> {
        let lead_id = match held.reason {
            HeldReason::Invalid => None,
            HeldReason::Repeat(lead_id) => Some(lead_id),
        };
        let HeldDelivery { received_at, target, answer, .. } = held.clone();
        let mut item: Item =
            serde_dynamo::to_item(HeldItem { received_at, target, lead_id, answer })?;
        item.extend(keys::held(account, &held.id));
        let body = match str::from_utf8(&held.body) {
            Ok(text) => AttributeValue::S(text.to_owned()),
            Err(_) => AttributeValue::B(Blob::new(held.body.clone())),
        };
        item.insert(BODY.to_owned(), body);
        item.insert(EXPIRES_AT.to_owned(), seconds(received_at + HELD_FOR));
        self.client.put_item().table_name(&self.name).set_item(Some(item)).send().await?;
        Ok(())
    }

    /// Hands the deliveries held for an account to `take`, one by one, those whose time is
    /// over left out. Their ids begin with `prefix`.
    ///
    /// # Errors
    /// Where the table could not be read.
    pub async fn each_held(
        &self,
        account: &Account,
        prefix: &str,
        now: Timestamp,
        mut take: impl FnMut(HeldDelivery),
    ) -> Result<(), StoreError> {
        let first = keys::held(account, prefix);
        let query = self.client.query().table_name(&self.name).consistent_read(true);
        let query = query
            .filter_expression("expires_at > :now")
            .expression_attribute_values(":account", first[PK].clone())
            .expression_attribute_values(":now", seconds(now));
        // No key may be compared with an empty text.
        let query = match prefix {
            "" => query.key_condition_expression("pk = :account"),
            _ => query
                .key_condition_expression("pk = :account AND begins_with(sk, :prefix)")
                .expression_attribute_values(":prefix", first[SK].clone()),
        };
        let mut items = query.limit(PAGE).into_paginator().items().send();
        while let Some(item) = items.try_next().await? {
            take(read_held(item)?);
        }
        Ok(())
    }

    /// Lets a held delivery go.
    ///
    /// # Errors
    /// Where the table could not be written.
    pub async fn delete_held(&self, account: &Account, id: &str) -> Result<(), StoreError> {
        self.delete(keys::held(account, id)).await?;
        Ok(())
    }
}

fn read_held(mut item: Item) -> Result<HeldDelivery, StoreError> {
    let body = match item.remove(BODY) {
        Some(AttributeValue::S(text)) => text.into_bytes(),
        Some(AttributeValue::B(bytes)) => bytes.into_inner(),
        _ => return Err(StoreError::Unexpected("a held delivery without a body".to_owned())),
    };
    let unnamed = || StoreError::Unexpected("a held delivery without an id".to_owned());
    let id = item.get(SK).and_then(|sk| sk.as_s().ok()).cloned().ok_or_else(unnamed)?;
    let HeldItem { received_at, target, lead_id, answer } = serde_dynamo::from_item(item)?;
    let reason = lead_id.map_or(HeldReason::Invalid, HeldReason::Repeat);
    Ok(HeldDelivery { id, reason, target, body, received_at, answer })
}
