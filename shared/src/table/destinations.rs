//! The requests of whoever forwards leads.

use super::{
    fault::{StoreError, if_true},
    keys::{self, LISTED_DESTINATIONS, PK, SK},
    lead_table::{Item, LeadTable},
};
use crate::model::{Account, Destination, LeadId};
use aws_sdk_dynamodb::{
    operation::update_item::builders::UpdateItemFluentBuilder,
    types::{AttributeValue, ReturnValue},
};
use jiff::Timestamp;

/// The attributes that a pass changes.
const PROGRESS: [&str; 11] = [
    "cursor",
    "reached",
    "state",
    "failures",
    "failing_since",
    "next_attempt_at",
    "last",
    "lease",
    "lease_until",
    "stuck",
    "taken_ahead",
];

/// The lease of a destination: only its holder forwards to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The holder's mark. No two are equal.
    pub holder: String,
    /// When it ends.
    pub until: Timestamp,
    /// The highest id that its holder reads to.
    pub read_to: LeadId,
}

impl LeadTable {
    /// All destinations of all accounts. Items of another shape are left out.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub async fn destinations(&self) -> Result<Vec<Destination>, StoreError> {
        self.listed_destinations("").await
    }

    /// All destinations of an account. Items of another shape are left out.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub async fn destinations_of(&self, account: &Account) -> Result<Vec<Destination>, StoreError> {
        self.listed_destinations(&format!("{account}#")).await
    }

    /// The destinations whose sort key in the list begins with `prefix`.
    async fn listed_destinations(&self, prefix: &str) -> Result<Vec<Destination>, StoreError> {
        let read = keys::read_listed_destination;
        let listed = self.listed(LISTED_DESTINATIONS, prefix, read).await?;
        let wanted = listed.iter().map(|(account, id)| ((), keys::destination(account, id)));
        let found = self.get_all(wanted.collect()).await?;
        let read = |((), item)| self.readable(item, read_destination);
        Ok(found.into_iter().filter_map(read).collect())
    }

    /// Takes the lease of a destination. Returns the destination as it was before; `None` if it is
    /// not active, not due, or leased to another pass.
    ///
    /// # Errors
    /// If the table cannot be written.
    pub async fn take_lease(
        &self,
        destination: &Destination,
        lease: &Lease,
        now: Timestamp,
    ) -> Result<Option<Destination>, StoreError> {
        let key = keys::destination(&destination.account(), &destination.id);
        let update = self.client.update_item().table_name(&self.name).set_key(Some(key));
        let update = update
            .update_expression(
                "SET lease = :lease, lease_until = :until, read_to = :read_to, \
                 changes = if_not_exists(changes, :zero)",
            )
            .condition_expression(
                // The holder's own mark is there if the answer to the request was lost and the SDK
                // sent it again.
                "#state = :active AND (attribute_not_exists(lease_until) OR lease_until <= :now \
                 OR lease = :lease) \
                 AND (attribute_not_exists(next_attempt_at) OR next_attempt_at <= :now)",
            )
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":active", AttributeValue::S("active".to_owned()))
            .expression_attribute_values(":lease", AttributeValue::S(lease.holder.clone()))
            .expression_attribute_values(":until", milliseconds(lease.until))
            .expression_attribute_values(":zero", AttributeValue::N("0".to_owned()))
            .expression_attribute_values(":read_to", AttributeValue::N(lease.read_to.to_string()))
            .expression_attribute_values(":now", milliseconds(now))
            .return_values(ReturnValue::AllOld);
        let updated = if_true(update.send().await)?.and_then(|updated| updated.attributes);
        updated.map(read_destination).transpose()
    }

    /// Stores the progress of a pass. False if the pass no longer has the lease, or if an operator
    /// changed the destination since the pass read it: then nothing is stored.
    ///
    /// # Errors
    /// If the table cannot be written.
    pub async fn save_progress(
        &self,
        destination: &Destination,
        holder: &str,
    ) -> Result<bool, StoreError> {
        let update = self.update_destination(destination, &PROGRESS)?;
        let update = update.value(":holder", AttributeValue::S(holder.to_owned()));
        let update = update.value(":changes", AttributeValue::N(destination.changes.to_string()));
        update.store_if("lease = :holder AND changes = :changes").await
    }

    /// An update that stores these attributes of a destination.
    pub(crate) fn update_destination(
        &self,
        destination: &Destination,
        names: &[&str],
    ) -> Result<DestinationUpdate, StoreError> {
        let mut item: Item = serde_dynamo::to_item(destination)?;
        let key = keys::destination(&destination.account(), &destination.id);
        let mut update = self.client.update_item().table_name(&self.name).set_key(Some(key));
        let (mut set, mut remove) = (Vec::new(), Vec::new());
        for name in names {
            update = update.expression_attribute_names(format!("#{name}"), *name);
            match item.remove(*name) {
                Some(value) => {
                    set.push(format!("#{name} = :{name}"));
                    update = update.expression_attribute_values(format!(":{name}"), value);
                }
                None => remove.push(format!("#{name}")),
            }
        }
        let part = |verb: &str, parts: &[String]| match parts {
            [] => String::new(),
            parts => format!("{verb} {} ", parts.join(", ")),
        };
        let expression = part("SET", &set) + &part("REMOVE", &remove);
        Ok(DestinationUpdate { update, expression })
    }
}

/// An update of some attributes of a destination.
pub(crate) struct DestinationUpdate {
    update: UpdateItemFluentBuilder,
    expression: String,
}

impl DestinationUpdate {
    /// Also counts the change, so that a running pass notices it.
    pub(crate) fn by_operator(mut self) -> Self {
        self.expression.push_str("ADD changes :one");
        self.value(":one", AttributeValue::N("1".to_owned()))
    }

    /// Adds a value that the condition compares.
    pub(crate) fn value(mut self, name: &str, value: AttributeValue) -> Self {
        self.update = self.update.expression_attribute_values(name, value);
        self
    }

    /// Stores it if the condition is true. False if it is not true.
    pub(crate) async fn store_if(self, condition: &str) -> Result<bool, StoreError> {
        let update = self.update.update_expression(self.expression);
        Ok(if_true(update.condition_expression(condition).send().await)?.is_some())
    }
}

pub(crate) fn destination_item(destination: &Destination) -> Result<Item, StoreError> {
    let mut item: Item = serde_dynamo::to_item(destination)?;
    item.extend(keys::destination(&destination.account(), &destination.id));
    Ok(item)
}

pub(crate) fn read_destination(mut item: Item) -> Result<Destination, StoreError> {
    item.remove(PK);
    item.remove(SK);
    Ok(serde_dynamo::from_item(item)?)
}

/// A time that a condition compares.
pub(crate) fn milliseconds(time: Timestamp) -> AttributeValue {
    AttributeValue::N(time.as_millisecond().to_string())
}
