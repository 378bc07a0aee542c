use super::{
    fault::StoreError,
    keys::{self, PK, SK},
    lead_table::{Item, LeadTable, PAGE},
};
use crate::model::{Account, LeadId, LeadSpan, StoredLead};
use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};

/// The order in which leads are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The newest first.
    NewestFirst,
    /// The oldest first.
    OldestFirst,
}

/// Some leads of an account.
#[derive(Default)]
pub struct LeadPage {
    /// The leads, in the requested order.
    pub leads: Vec<StoredLead>,
    /// The rest of the span, if it may have more leads.
    pub rest: Option<LeadSpan>,
    /// The read units that the page used.
    pub units: f64,
}

impl LeadTable {
    /// One page of the leads of an account in a span of ids, with at most `limit` leads. It has none
    /// only if the span has none. Items of another shape are left out.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub async fn leads(
        &self,
        account: &Account,
        span: LeadSpan,
        order: Order,
        limit: Option<i32>,
    ) -> Result<LeadPage, StoreError> {
        let (partition, first) = key_of(account, span.first);
        let (_, last) = key_of(account, span.last);
        let query = self.client.query().table_name(&self.name).consistent_read(true);
        let query = query
            .key_condition_expression("pk = :account AND sk BETWEEN :first AND :last")
            .expression_attribute_values(":account", partition)
            .expression_attribute_values(":first", first)
            .expression_attribute_values(":last", last)
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
                && let Some(last) = LeadId::from_sort_key(sort_key(&key))
            {
                page.rest = match order {
                    Order::NewestFirst => span.before(last),
                    Order::OldestFirst => span.after(last),
                };
                return Ok(page);
            }
            // Whoever reads page by page must get on. No span begins at a key that is not a lead's.
            start = Some(key);
        }
    }

    /// The highest id of an account's leads.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub async fn highest_lead_id(&self, account: &Account) -> Result<Option<LeadId>, StoreError> {
        let (partition, _) = key_of(account, LeadId::FIRST);
        let query = self.client.query().table_name(&self.name).consistent_read(true);
        let query = query
            .key_condition_expression("pk = :account")
            .expression_attribute_values(":account", partition)
            .projection_expression(SK)
            .scan_index_forward(false)
            .limit(1);
        let items = query.send().await?.items.unwrap_or_default();
        let sk = items.first().and_then(|item| item.get(SK)?.as_s().ok());
        Ok(sk.and_then(|sk| LeadId::from_sort_key(sk)))
    }

    /// Whether there is an item with this lead's key, of whatever shape.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub async fn has_lead(&self, account: &Account, id: LeadId) -> Result<bool, StoreError> {
        Ok(self.get(keys::lead(account, id)).await?.is_some())
    }

    /// The leads that exist, each with its account. Items of another shape are left out.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub async fn get_leads(
        &self,
        ids: &[(Account, LeadId)],
    ) -> Result<Vec<(Account, StoredLead)>, StoreError> {
        let wanted = ids.iter().map(|(account, id)| (account.clone(), keys::lead(account, *id)));
        let found = self.get_all(wanted.collect()).await?;
        let read = |(account, item)| Some((account, self.readable(item, read_lead)?));
        Ok(found.into_iter().filter_map(read).collect())
    }
}

fn key_of(account: &Account, id: LeadId) -> (AttributeValue, AttributeValue) {
    let key = keys::lead(account, id);
    (key[PK].clone(), key[SK].clone())
}

fn sort_key(item: &Item) -> &str {
    item.get(SK).and_then(|sk| sk.as_s().ok()).map_or("", String::as_str)
}

fn read_lead(item: Item) -> Result<StoredLead, StoreError> {
    Ok(serde_dynamo::from_item(item)?)
}
