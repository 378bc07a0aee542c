use super::{
    claims::{CLAIMS, LeadClaim, claim_pk, read_claim},
    item::{Item, PK, SK, key, text},
    lead_table::{LeadTable, PAGE},
    store_error::StoreError,
};
use crate::model::{Account, Claims, Email, Lead, LeadId, LeadSpan, StoredDetails, StoredLead};
use aws_sdk_dynamodb::{
    operation::query::builders::QueryFluentBuilder,
    types::{AttributeValue, ReturnConsumedCapacity, Select},
};
use serde::{Serialize, de::DeserializeOwned};
use std::cmp::Reverse;

/// The attribute with the mark of the write that stored a lead.
///
/// A write can be done while its answer gets lost. The SDK then sends it again. DynamoDB recognizes
/// a transaction by its token, which is the mark, and answers as the first time. Otherwise the
/// condition refuses the write, because the lead is there. The refusal shows that lead. If it has
/// the mark of this write, the lead was stored by this write, and is new.
pub(super) const WRITE_MARK: &str = "write_mark";
/// The attribute with the mark of the last update. The mark of the create stays, because the create
/// may still be sent again.
pub(super) const UPDATE_MARK: &str = "update_mark";
/// The attribute with the number of the last update. A lead that was never updated has none.
pub(super) const VERSION: &str = "version";

/// The order in which leads are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The newest first.
    NewestFirst,
    /// The oldest first.
    OldestFirst,
}

/// Some leads of an account, with details of the type `D`.
pub struct LeadPage<D = StoredDetails> {
    /// The leads, in the requested order.
    pub leads: Vec<Lead<D>>,
    /// The rest of the span, if it may have more leads.
    pub rest: Option<LeadSpan>,
    /// The read units that the page used.
    pub units: f64,
}

impl<D> Default for LeadPage<D> {
    fn default() -> Self {
        Self { leads: Vec::new(), rest: None, units: 0.0 }
    }
}

impl LeadTable {
    /// One page of the leads of an account in a span of ids, with at most `limit` leads. It has
    /// none only if the span has none. Items of another shape are left out.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub async fn leads<D: DeserializeOwned>(
        &self,
        account: &Account,
        span: LeadSpan,
        order: Order,
        limit: Option<i32>,
    ) -> Result<LeadPage<D>, StoreError> {
        let query = self.query_leads(account, span);
        let query = query
            .scan_index_forward(order == Order::OldestFirst)
            .limit(limit.unwrap_or(PAGE))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let (mut page, mut start) = (LeadPage::default(), None);
        loop {
            let read = query.clone().set_exclusive_start_key(start).send().await?;
            let used = read.consumed_capacity.and_then(|used| used.capacity_units);
            page.units += used.unwrap_or_default();
            let items = read.items.unwrap_or_default().into_iter();
            page.leads.extend(items.filter_map(|item| self.readable(item, read_lead)));
            let Some(key) = read.last_evaluated_key else { return Ok(page) };
            if !page.leads.is_empty()
                && let Some(last) = read_sort_key(&key)
            {
                page.rest = match order {
                    Order::NewestFirst => span.before(last),
                    Order::OldestFirst => span.after(last),
                };
                return Ok(page);
            }
            // A reader of pages must make progress, and no span begins at a key that is not a
            // lead's.
            start = Some(key);
        }
    }

    /// The highest id of an account's leads.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub async fn highest_lead_id(&self, account: &Account) -> Result<Option<LeadId>, StoreError> {
        let query = self.query_leads(account, LeadSpan::ALL).projection_expression(SK);
        let query = query.scan_index_forward(false).limit(1);
        let items = query.send().await?.items.unwrap_or_default();
        Ok(items.first().and_then(read_sort_key))
    }

    /// The lead with this id; `None` if there is none.
    ///
    /// # Errors
    /// If the table cannot be read, or if the item has another shape.
    pub async fn get_lead<D: DeserializeOwned>(
        &self,
        account: &Account,
        id: LeadId,
    ) -> Result<Option<Lead<D>>, StoreError> {
        self.get(lead_key(account, id)).await?.map(read_lead).transpose()
    }

    /// Whether there is an item with this lead's key, of whatever shape.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub async fn has_lead(&self, account: &Account, id: LeadId) -> Result<bool, StoreError> {
        Ok(self.get(lead_key(account, id)).await?.is_some())
    }

    /// The leads that exist, each with its account. Items of another shape are left out.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub async fn get_leads(
        &self,
        ids: &[(Account, LeadId)],
    ) -> Result<Vec<(Account, StoredLead)>, StoreError> {
        let wanted = ids.iter().map(|(account, id)| (account.clone(), lead_key(account, *id)));
        let found = self.get_all(wanted.collect()).await?;
        let read = |(account, item)| Some((account, self.readable(item, read_lead)?));
        Ok(found.into_iter().filter_map(read).collect())
    }

    /// The claims whose holder is this lead.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub async fn lead_claims(
        &self,
        account: &Account,
        id: LeadId,
    ) -> Result<Vec<LeadClaim>, StoreError> {
        let Some(lead) = self.get(lead_key(account, id)).await? else { return Ok(Vec::new()) };
        let claims = self.claims_and_keys(&lead, id).await?;
        Ok(claims.iter().filter_map(|(key, claim)| read_claim(key, claim)).collect())
    }

    /// The newest leads of several accounts in a span of ids, the newest first: `limit` leads, from
    /// as many pages as necessary.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub async fn newest_leads(
        &self,
        accounts: &[Account],
        span: LeadSpan,
        limit: usize,
    ) -> Result<Vec<(Account, StoredLead)>, StoreError> {
        let page_limit = i32::try_from(limit).unwrap_or(PAGE).min(PAGE);
        let mut newest: Vec<(Account, StoredLead)> = Vec::new();
        for account in accounts {
            let mut rest = Some(span);
            while let Some(span) = rest {
                let page = self.leads(account, span, Order::NewestFirst, Some(page_limit)).await?;
                newest.extend(page.leads.into_iter().map(|lead| (account.clone(), lead)));
                newest.sort_by_key(|(_, lead)| Reverse(lead.id));
                newest.truncate(limit);
                // If the list is full, leads that are older than its oldest one do not matter.
                let is_full = newest.len() == limit;
                let oldest = newest.last().filter(|_| is_full).map(|(_, lead)| lead.id);
                rest = page.rest.filter(|rest| oldest.is_none_or(|oldest| rest.last > oldest));
            }
        }
        Ok(newest)
    }

    /// The number of an account's leads in a span of ids. It stops to count after `most`: then the
    /// number is higher than that.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub async fn count_leads(
        &self,
        account: &Account,
        span: LeadSpan,
        most: usize,
    ) -> Result<usize, StoreError> {
        let query = self.query_leads(account, span).select(Select::Count).limit(PAGE);
        let mut pages = query.into_paginator().send();
        let mut counted = 0;
        while counted <= most
            && let Some(page) = pages.next().await
        {
            counted += usize::try_from(page?.count).unwrap_or_default();
        }
        Ok(counted)
    }

    /// A query of an account's leads in a span of ids.
    fn query_leads(&self, account: &Account, span: LeadSpan) -> QueryFluentBuilder {
        let [first, last] = [span.first, span.last].map(|id| lead_key(account, id));
        self.query()
            .key_condition_expression("pk = :account AND sk BETWEEN :first AND :last")
            .expression_attribute_values(":account", first[PK].clone())
            .expression_attribute_values(":first", first[SK].clone())
            .expression_attribute_values(":last", last[SK].clone())
    }
}

pub(crate) fn lead_key(account: &Account, id: LeadId) -> Item {
    key(format!("lead#{account}"), id.sort_key())
}

/// Reads the account and the lead's id from the key of a lead, as the table's stream has it.
pub fn read_lead_key(pk: &str, sk: &str) -> Option<(Account, LeadId)> {
    let (provider, id) = pk.strip_prefix("lead#")?.split_once('#')?;
    let account = Account { provider: provider.parse().ok()?, id: id.parse().ok()? };
    Some((account, LeadId::from_sort_key(sk)?))
}

pub(crate) fn lead_item<D: Serialize>(
    account: &Account,
    lead: &Lead<D>,
    claims: &Claims,
    mark: &str,
) -> Result<Item, StoreError> {
    let mut item: Item = serde_dynamo::to_item(lead)?;
    item.extend(lead_key(account, lead.id));
    if !claims.list.is_empty() {
        let keys = claims.list.iter().map(|claim| claim_pk(account, claim)).collect();
        item.insert(CLAIMS.to_owned(), AttributeValue::Ss(keys));
    }
    item.insert(WRITE_MARK.to_owned(), AttributeValue::S(mark.to_owned()));
    Ok(item)
}

fn read_sort_key(item: &Item) -> Option<LeadId> {
    LeadId::from_sort_key(text(item, SK)?)
}

pub(super) fn read_lead<D: DeserializeOwned>(item: Item) -> Result<Lead<D>, StoreError> {
    Ok(serde_dynamo::from_item(item)?)
}

/// The condition that a lead is as it was read: no update was stored meanwhile, and it was not
/// erased.
pub(super) fn version_condition(stored: &Item) -> (&'static str, Option<Item>) {
    match stored.get(VERSION).cloned() {
        Some(version) => ("version = :version", Some([(":version".to_owned(), version)].into())),
        None => ("attribute_exists(pk) AND attribute_not_exists(version)", None),
    }
}

/// Whether the write with this mark stored the lead.
pub(crate) fn has_mark(lead: &Item, mark: &str) -> bool {
    text(lead, WRITE_MARK).is_some_and(|own| own == mark)
}

/// The content of a lead: what was sent, with its e-mail in the form that is compared.
pub(crate) fn content(mut lead: Item) -> Item {
    const NO_CONTENT: [&str; 10] = [
        PK,
        SK,
        CLAIMS,
        WRITE_MARK,
        UPDATE_MARK,
        VERSION,
        "id",
        "created_at",
        "updates",
        "broken_rules",
    ];
    lead.retain(|name, _| !NO_CONTENT.contains(&name.as_str()));
    if let Some(AttributeValue::S(email)) = lead.get_mut("email") {
        Email::new(email).as_str().clone_into(email);
    }
    lead
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        BrokenRule, Update,
        tests::{account, lead_id, second},
    };
    use jiff::Timestamp;
    use proptest::{option::of, prelude::*};
    use serde_json::{Value, json};
    use std::collections::BTreeMap;

    type Texts = [Option<String>; 3];

    fn lead(id: LeadId, created_at: Timestamp, [name, email, phone]: Texts) -> StoredLead {
        let details =
            BTreeMap::from([("a".to_owned(), json!("b")), ("none".to_owned(), Value::Null)]);
        let updates = vec![Update { number: 3, at: created_at, key: "1c923ba7c343".to_owned() }];
        let broken_rules =
            vec![BrokenRule { field: "email".to_owned(), rule: "is required".to_owned() }];
        let (source, status) = (name.clone(), email.clone());
        let lead = Lead::new(id, created_at, details);
        Lead { name, email, phone, source, status, broken_rules, updates, ..lead }
    }

    proptest! {
        #[test]
        fn a_lead_is_read_as_it_was_written(
            account in account(), id in lead_id(), at in second(), texts in [of(".*"), of(".*"), of(".*")],
        ) {
            let claims = Claims::new(b"{}", None, Some(b"key"), at).unwrap();
            let written = lead(id, at, texts);
            let item = lead_item(&account, &written, &claims, "mark").unwrap();
            let key = [PK, SK].map(|name| text(&item, name).unwrap());
            prop_assert_eq!(read_lead_key(key[0], key[1]), Some((account, id)));
            prop_assert!(has_mark(&item, "mark") && !has_mark(&item, "other"));
            let read = serde_json::to_value(read_lead::<StoredDetails>(item).unwrap()).unwrap();
            prop_assert_eq!(read, serde_json::to_value(written).unwrap());
        }
    }
}
