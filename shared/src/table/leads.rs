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
    /// One page of the leads of an account in a span of ids, with at most `limit` leads.
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
        let page = query
            .key_condition_expression("pk = :account AND sk BETWEEN :first AND :last")
            .expression_attribute_values(":account", partition)
            .expression_attribute_values(":first", first)
            .expression_attribute_values(":last", last)
            .scan_index_forward(order == Order::OldestFirst)
            .limit(limit.unwrap_or(PAGE))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await?;
        let units = page.consumed_capacity.and_then(|used| used.capacity_units).unwrap_or_default();
        let items = page.items.unwrap_or_default();
        let leads = items.into_iter().map(read_lead).collect::<Result<Vec<_>, _>>()?;
        let rest = match (page.last_evaluated_key, leads.last(), order) {
            (Some(_), Some(lead), Order::NewestFirst) => span.before(lead.id),
            (Some(_), Some(lead), Order::OldestFirst) => span.after(lead.id),
            _ => None,
        };
        Ok(LeadPage { leads, rest, units })
    }

    /// The leads that exist, each with its account.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub async fn get_leads(
        &self,
        ids: &[(Account, LeadId)],
    ) -> Result<Vec<(Account, StoredLead)>, StoreError> {
        let wanted = ids.iter().map(|(account, id)| (account.clone(), keys::lead(account, *id)));
        let found = self.get_all(wanted.collect()).await?;
        found.into_iter().map(|(account, item)| Ok((account, read_lead(item)?))).collect()
    }
}

fn key_of(account: &Account, id: LeadId) -> (AttributeValue, AttributeValue) {
    let key = keys::lead(account, id);
    (key[PK].clone(), key[SK].clone())
}

fn read_lead(item: Item) -> Result<StoredLead, StoreError> {
    Ok(serde_dynamo::from_item(item)?)
}
