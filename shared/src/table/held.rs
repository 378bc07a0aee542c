use super::{
    item::{EXPIRES_AT, Item, PK, SK, key, seconds, text},
    lead_table::{LeadTable, PAGE},
    store_error::StoreError,
};
use crate::model::{
    Account, BrokenRule, HELD_FOR, HeldAnswer, HeldDelivery, HeldId, HeldKind, HeldReason, LeadId,
    OutcomeName,
};
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    outcome: Option<OutcomeName>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    broken: Vec<BrokenRule>,
}

/// Which held deliveries are read.
pub enum WhichHeld {
    /// All.
    All,
    /// Those that are held for one reason.
    Kind(HeldKind),
    /// Those whose ids begin with this one.
    Id(HeldId),
}

impl WhichHeld {
    fn prefix(&self) -> String {
        match self {
            Self::All => String::new(),
            Self::Kind(kind) => format!("{}#", kind.as_str()),
            Self::Id(id) => id.sort_key(),
        }
    }
}

/// Some held deliveries of an account.
pub struct HeldPage {
    /// The deliveries, sorted by id.
    pub held: Vec<HeldDelivery>,
    /// The key after which the next page begins, if there may be more.
    pub rest: Option<String>,
}

impl LeadTable {
    /// Holds a delivery. The same body, held for the same reason, is one item: its 30 days start
    /// again.
    ///
    /// # Errors
    /// If the table cannot be written.
    pub async fn put_held(&self, account: &Account, held: &HeldDelivery) -> Result<(), StoreError> {
        let item = held_item(account, held)?;
        self.client.put_item().table_name(&self.name).set_item(Some(item)).send().await?;
        Ok(())
    }

    /// Calls `take` with each held delivery of an account that is one of `which`. Expired ones are
    /// left out, and items of another shape.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub async fn each_held(
        &self,
        account: &Account,
        which: &WhichHeld,
        now: Timestamp,
        mut take: impl FnMut(HeldDelivery),
    ) -> Result<(), StoreError> {
        let mut after = None;
        loop {
            let page = self.held_page(account, which, now, after).await?;
            page.held.into_iter().for_each(&mut take);
            after = page.rest;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    /// One page of those deliveries, which begins after the key `after`.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub async fn held_page(
        &self,
        account: &Account,
        which: &WhichHeld,
        now: Timestamp,
        after: Option<String>,
    ) -> Result<HeldPage, StoreError> {
        let first = key_at(account, which.prefix());
        let query = self.query();
        let query = query
            .filter_expression("expires_at > :now")
            .expression_attribute_values(":account", first[PK].clone())
            .expression_attribute_values(":now", seconds(now));
        let query = match which {
            // DynamoDB accepts no empty prefix.
            WhichHeld::All => query.key_condition_expression("pk = :account"),
            WhichHeld::Kind(_) | WhichHeld::Id(_) => query
                .key_condition_expression("pk = :account AND begins_with(sk, :prefix)")
                .expression_attribute_values(":prefix", first[SK].clone()),
        };
        let start = after.map(|sk| key_at(account, sk));
        let read = query.limit(PAGE).set_exclusive_start_key(start).send().await?;
        let items = read.items.unwrap_or_default().into_iter();
        let held = items.filter_map(|item| self.readable(item, read_held)).collect();
        let rest = read.last_evaluated_key.and_then(|key| text(&key, SK).cloned());
        Ok(HeldPage { held, rest })
    }

    /// The ids of the deliveries that are held as repeats of a lead.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub async fn repeats_of(
        &self,
        account: &Account,
        lead: LeadId,
    ) -> Result<Vec<HeldId>, StoreError> {
        let first = key_at(account, WhichHeld::Kind(HeldKind::Repeat).prefix());
        let query = self.query();
        let query = query
            .key_condition_expression("pk = :account AND begins_with(sk, :prefix)")
            .filter_expression("lead_id = :lead")
            .projection_expression(SK)
            .expression_attribute_values(":account", first[PK].clone())
            .expression_attribute_values(":prefix", first[SK].clone())
            .expression_attribute_values(":lead", AttributeValue::N(lead.to_string()));
        let items = query.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await?;
        Ok(items.iter().filter_map(|item| HeldId::from_sort_key(text(item, SK)?)).collect())
    }

    /// Deletes a held delivery.
    ///
    /// # Errors
    /// If the table cannot be written.
    pub async fn delete_held(&self, account: &Account, id: &HeldId) -> Result<(), StoreError> {
        self.delete(held_key(account, id)).await?;
        Ok(())
    }
}

pub(crate) fn held_key(account: &Account, id: &HeldId) -> Item {
    key_at(account, id.sort_key())
}

fn key_at(account: &Account, sk: String) -> Item {
    key(format!("held#{account}"), sk)
}

fn held_item(account: &Account, held: &HeldDelivery) -> Result<Item, StoreError> {
    let lead_id = match held.reason {
        HeldReason::Invalid => None,
        HeldReason::Repeat(lead_id) => Some(lead_id),
    };
    let HeldDelivery { received_at, target, answer, outcome, broken, .. } = held.clone();
    let item = HeldItem { received_at, target, lead_id, answer, outcome, broken };
    let mut item: Item = serde_dynamo::to_item(item)?;
    item.extend(held_key(account, &held.id));
    let body = match str::from_utf8(&held.body) {
        Ok(text) => AttributeValue::S(text.to_owned()),
        Err(_) => AttributeValue::B(Blob::new(held.body.clone())),
    };
    item.insert(BODY.to_owned(), body);
    item.insert(EXPIRES_AT.to_owned(), seconds(received_at + HELD_FOR));
    Ok(item)
}

fn read_held(mut item: Item) -> Result<HeldDelivery, StoreError> {
    let body = match item.remove(BODY) {
        Some(AttributeValue::S(text)) => text.into_bytes(),
        Some(AttributeValue::B(bytes)) => bytes.into_inner(),
        _ => return Err(StoreError::Unexpected("a held delivery without a body".to_owned())),
    };
    let unnamed = || StoreError::Unexpected("a held delivery without an id".to_owned());
    let id = text(&item, SK).and_then(|sk| HeldId::from_sort_key(sk)).ok_or_else(unnamed)?;
    let HeldItem { received_at, target, lead_id, answer, outcome, broken } =
        serde_dynamo::from_item(item)?;
    let reason = lead_id.map_or(HeldReason::Invalid, HeldReason::Repeat);
    Ok(HeldDelivery { id, reason, target, body, received_at, answer, outcome, broken })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tests::{account, lead_id, second};
    use proptest::{collection::vec, option::of, prelude::*};

    fn held() -> impl Strategy<Value = (Account, HeldDelivery)> {
        let reason =
            of(lead_id()).prop_map(|id| id.map_or(HeldReason::Invalid, HeldReason::Repeat));
        let body = prop_oneof![".*".prop_map(String::into_bytes), vec(any::<u8>(), 0..80)];
        let answer =
            of((200..600_u16, ".*").prop_map(|(status, body)| HeldAnswer { status, body }));
        let broken = ("[a-z_]+", ".+").prop_map(|(field, rule)| BrokenRule { field, rule });
        let sent = (account(), reason, of(".*"), body, second());
        (sent, answer, vec(broken, 0..3)).prop_map(|(sent, answer, broken)| {
            let (account, reason, target, body, at) = sent;
            let held = HeldDelivery::new(&account, reason, target, body, at);
            (
                account,
                HeldDelivery { answer, outcome: Some(OutcomeName::NotAnObject), broken, ..held },
            )
        })
    }

    proptest! {
        #[test]
        fn a_held_delivery_is_read_as_it_was_written((account, held) in held()) {
            let item = held_item(&account, &held).unwrap();
            prop_assert!(read_held(item).unwrap() == held);
        }
    }
}
