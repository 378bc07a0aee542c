use super::{
    item::{EXPIRES_AT, Item, key, seconds},
    lead_table::LeadTable,
    store_error::StoreError,
};
use crate::model::{Counting, ListedKey, RateLimit, RequestCount, Span, TokenHash, Usage};
use aws_sdk_dynamodb::{
    operation::update_item::{UpdateItemError, builders::UpdateItemFluentBuilder},
    types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure::AllOld},
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::{collections::HashMap, iter::zip};

/// How long a count is stored after its last span began: longer than any window.
const STORED_FOR: SignedDuration = SignedDuration::from_hours(2);
/// How often requests are counted at most. An attempt only fails if another instance's succeeds, and
/// the next one knows its count.
const ATTEMPTS: u32 = 10;

/// The count of a key's requests, as it is stored in the table.
#[derive(Serialize, Deserialize)]
struct RequestCountItem {
    since: i64,
    requests: u64,
    sent_by: i64,
    earlier_requests: Vec<u64>,
    earlier_sent_by: Vec<i64>,
}

/// Requests that were counted.
pub(crate) struct Counted {
    /// All that are counted.
    pub(crate) count: RequestCount,
    /// How many of them the caller may send.
    pub(crate) requests: u64,
    /// Until when it may send them.
    pub(crate) sent_by: i64,
}

impl LeadTable {
    /// Counts the next requests of a key. `known` is what the caller knows of the count, which may
    /// be old. No requests are counted if the window is full.
    ///
    /// # Errors
    /// If the table cannot be written.
    pub(crate) async fn count_requests(
        &self,
        token: &TokenHash,
        limit: RateLimit,
        now: Timestamp,
        mut known: Option<RequestCount>,
    ) -> Result<Counted, StoreError> {
        for attempt in 0..ATTEMPTS {
            let count = known.clone().unwrap_or_default();
            let next = count.next(limit, now, attempt > 1);
            let (update, Span { requests, sent_by }) = match next {
                Counting::Full => return Ok(Counted { count, requests: 0, sent_by: 0 }),
                Counting::Add { since, at_most, added } => {
                    (self.add_requests(token, since, at_most, added), added)
                }
                Counting::Begin(begun) => {
                    let present = begun.present;
                    (self.begin_span(token, known.as_ref(), begun, now)?, present)
                }
            };
            let update = update.return_values(ReturnValue::AllNew);
            match update.return_values_on_condition_check_failure(AllOld).send().await {
                Ok(updated) => {
                    let count = read_count(updated.attributes.unwrap_or_default())?;
                    return Ok(Counted { count, requests, sent_by });
                }
                Err(error) => match error.as_service_error() {
                    Some(UpdateItemError::ConditionalCheckFailedException(refusal)) => {
                        known = refusal.item.clone().map(read_count).transpose()?;
                    }
                    _ => return Err(error.into()),
                },
            }
        }
        Err(StoreError::Unavailable("conflict"))
    }

    /// How much of its limit each of these keys has used. Keys that were not used are left out, and
    /// those without a limit.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub async fn usage(
        &self,
        keys: &[ListedKey],
        now: Timestamp,
    ) -> Result<HashMap<TokenHash, Usage>, StoreError> {
        let wanted = keys.iter().filter_map(|ListedKey { token, key }| {
            Some(((token.clone(), key.limit?), count_key(token)))
        });
        let found = self.get_all(wanted.collect()).await?.into_iter();
        let read = |((token, limit), item)| {
            Some((token, self.readable(item, read_count)?.usage(limit, now)))
        };
        Ok(found.filter_map(read).collect())
    }

    fn add_requests(
        &self,
        token: &TokenHash,
        since: i64,
        at_most: u64,
        added: Span,
    ) -> UpdateItemFluentBuilder {
        self.update_count(token)
            .update_expression("SET sent_by = :sent_by ADD requests :requests")
            .condition_expression("since = :since AND requests <= :at_most AND sent_by <= :sent_by")
            .expression_attribute_values(":since", number(since))
            .expression_attribute_values(":at_most", number(at_most))
            .expression_attribute_values(":requests", number(added.requests))
            .expression_attribute_values(":sent_by", number(added.sent_by))
    }

    /// Begins a span if the count is still the one that is `known`.
    fn begin_span(
        &self,
        token: &TokenHash,
        known: Option<&RequestCount>,
        begun: RequestCount,
        now: Timestamp,
    ) -> Result<UpdateItemFluentBuilder, StoreError> {
        let mut update = self.update_count(token);
        let mut sets = Vec::new();
        for (name, value) in count_item(begun, now)? {
            let value_name = format!(":{name}");
            sets.push(format!("{name} = {value_name}"));
            update = update.expression_attribute_values(value_name, value);
        }
        let update = update.update_expression(format!("SET {}", sets.join(", ")));
        Ok(match known {
            None => update.condition_expression("attribute_not_exists(pk)"),
            Some(known) => update
                .condition_expression("since = :known_since AND requests = :known_requests")
                .expression_attribute_values(":known_since", number(known.since))
                .expression_attribute_values(":known_requests", number(known.present.requests)),
        })
    }

    fn update_count(&self, token: &TokenHash) -> UpdateItemFluentBuilder {
        let update = self.client.update_item().table_name(&self.name);
        update.set_key(Some(count_key(token)))
    }
}

/// The key of the item: in the partition of its API key.
fn count_key(token: &TokenHash) -> Item {
    key(format!("key#{}", token.as_str()), "requests".to_owned())
}

fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// The attributes besides the key.
fn count_item(count: RequestCount, now: Timestamp) -> Result<Item, StoreError> {
    let RequestCount { since, present, earlier } = count;
    let (earlier_requests, earlier_sent_by) =
        earlier.iter().map(|span| (span.requests, span.sent_by)).unzip();
    let Span { requests, sent_by } = present;
    let item = RequestCountItem { since, requests, sent_by, earlier_requests, earlier_sent_by };
    let mut item: Item = serde_dynamo::to_item(item)?;
    item.insert(EXPIRES_AT.to_owned(), seconds(now + STORED_FOR));
    Ok(item)
}

fn read_count(item: Item) -> Result<RequestCount, StoreError> {
    let item: RequestCountItem = serde_dynamo::from_item(item)?;
    let RequestCountItem { since, requests, sent_by, earlier_requests, earlier_sent_by } = item;
    let earlier = zip(earlier_requests, earlier_sent_by);
    Ok(RequestCount {
        since,
        present: Span { requests, sent_by },
        earlier: earlier.map(|(requests, sent_by)| Span { requests, sent_by }).collect(),
    })
}
