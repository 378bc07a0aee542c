//! The requests of whoever forwards leads.

use super::{
    fault::{StoreError, if_true},
    keys::{self, LISTED_DESTINATIONS, PK, SK},
    lead_table::{Item, LeadTable},
};
use crate::model::{Account, Destination};
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use jiff::Timestamp;

/// The attributes that a pass changes.
const PROGRESS: [&str; 9] = [
    "cursor",
    "reached",
    "state",
    "failures",
    "failing_since",
    "next_attempt_at",
    "last",
    "lease",
    "lease_until",
];

/// The lease of a destination: only its holder forwards to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The holder's mark. No two are equal.
    pub holder: String,
    /// When it ends.
    pub until: Timestamp,
}

impl LeadTable {
    /// All destinations of all accounts.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub async fn destinations(&self) -> Result<Vec<Destination>, StoreError> {
        self.listed_destinations("").await
    }

    /// All destinations of an account.
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
        found.into_iter().map(|((), item)| read_destination(item)).collect()
    }

    /// Takes the lease of a destination. Returns the destination as it is now; `None` if it is not
    /// active, not due, or leased to another pass.
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
            .update_expression("SET lease = :lease, lease_until = :until")
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
            .expression_attribute_values(":now", milliseconds(now))
            .return_values(ReturnValue::AllNew);
        let updated = if_true(update.send().await)?.and_then(|updated| updated.attributes);
        updated.map(read_destination).transpose()
    }

    /// Stores the progress of a pass. False if the pass no longer has the lease: then nothing is
    /// stored.
    ///
    /// # Errors
    /// If the table cannot be written.
    pub async fn save_progress(
        &self,
        destination: &Destination,
        holder: &str,
    ) -> Result<bool, StoreError> {
        let holder = AttributeValue::S(holder.to_owned());
        self.update_destination(destination, &PROGRESS, ("lease = :expected", Some(holder))).await
    }

    /// Stores these attributes of a destination if a condition is true; it may compare `:expected`.
    /// False if it is not true.
    pub(crate) async fn update_destination(
        &self,
        destination: &Destination,
        names: &[&str],
        (condition, expected): (&str, Option<AttributeValue>),
    ) -> Result<bool, StoreError> {
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
        update = update.update_expression(expression).condition_expression(condition);
        if let Some(expected) = expected {
            update = update.expression_attribute_values(":expected", expected);
        }
        Ok(if_true(update.send().await)?.is_some())
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
