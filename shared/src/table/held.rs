use super::{
    fault::StoreError,
    keys::{self, EXPIRES_AT, SK},
    lead_table::{Item, LeadTable},
    put_new::seconds,
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
}

pub(crate) fn read_held(mut item: Item) -> Result<HeldDelivery, StoreError> {
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
