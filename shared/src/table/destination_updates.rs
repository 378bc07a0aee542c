//! Changes of destinations: by a pass that forwards to one, and by operators.

use super::{
    destinations::{destination_key, read_destination},
    item::{Item, milliseconds},
    lead_table::LeadTable,
    store_error::{StoreError, if_true},
};
use crate::model::{Destination, LeadId};
use aws_sdk_dynamodb::{
    operation::update_item::builders::UpdateItemFluentBuilder,
    types::{AttributeValue, ReturnValue},
};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// The attributes that a pass changes.
const PROGRESS: [&str; 13] = [
    "cursor",
    "passed_over",
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
    "ahead",
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

/// The attributes that change when an operator moves the cursor back.
const BACK: [&str; 8] = [
    "cursor",
    "starts_after",
    "reached",
    "next_attempt_at",
    "moves",
    "stuck",
    "taken_ahead",
    "ahead",
];

/// A change that an operator makes to a destination. A running pass adopts it before its next post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DestinationChange {
    /// Its state alone.
    Pause,
    /// Its state, and when it is due.
    Resume,
    /// Its secret.
    Secret,
    /// What its owner chose: its label, its URL, what the requests have, which leads, and how many
    /// at once.
    Settings,
}

impl DestinationChange {
    fn attributes(self) -> &'static [&'static str] {
        match self {
            Self::Pause => &["state"],
            Self::Resume => &["state", "next_attempt_at"],
            Self::Secret => &["secret_version", "old_secret_until"],
            Self::Settings => &["label", "url", "request", "only", "in_flight"],
        }
    }
}

impl LeadTable {
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
        let key = destination_key(&destination.account(), &destination.id);
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

    /// Stores an operator's change. False if there is no such destination any more.
    ///
    /// # Errors
    /// If the table cannot be written.
    pub async fn change_destination(
        &self,
        destination: &Destination,
        change: DestinationChange,
    ) -> Result<bool, StoreError> {
        let update = self.update_destination(destination, change.attributes())?;
        update.by_operator().store_if("attribute_exists(pk)").await
    }

    /// Moves a destination's cursor back, so that the leads after it are posted again. A running
    /// pass goes on from there. False if a pass stored progress since the destination was read, or
    /// if there is no such destination any more: then nothing is stored.
    ///
    /// # Errors
    /// If the table cannot be written.
    pub async fn move_cursor_back(
        &self,
        destination: &Destination,
        cursor: LeadId,
    ) -> Result<bool, StoreError> {
        let moved = Destination {
            cursor,
            starts_after: destination.starts_after.min(cursor),
            reached: destination.reached.max(Some(destination.cursor)),
            moves: destination.moves + 1,
            stuck: None,
            taken_ahead: None,
            ahead: BTreeSet::new(),
            ..destination.clone()
        };
        let update = self.update_destination(&moved, &BACK)?;
        let seen = AttributeValue::N(destination.cursor.to_string());
        let update = update.value(":seen", seen).by_operator();
        let (update, is_as_read) = match destination.reached {
            Some(reached) => (
                update.value(":seen_reached", AttributeValue::N(reached.to_string())),
                "#reached = :seen_reached",
            ),
            None => (update, "attribute_not_exists(#reached)"),
        };
        // The cursor is already there if the answer to the request was lost and the SDK sent it
        // again.
        let condition = format!("(#cursor = :seen AND {is_as_read}) OR #cursor = :cursor");
        update.store_if(&condition).await
    }

    /// Notes that a lead after the cursor is set aside, so that the next ones are posted at once.
    /// The cursor stays: leads before this one may wait too. False if the cursor has passed the
    /// lead, or if there is no such destination any more: then nothing is stored.
    ///
    /// # Errors
    /// If the table cannot be written.
    pub async fn pass_over_lead(
        &self,
        destination: &Destination,
        lead: LeadId,
    ) -> Result<bool, StoreError> {
        let key = destination_key(&destination.account(), &destination.id);
        let update = self.client.update_item().table_name(&self.name).set_key(Some(key));
        let update = update
            .update_expression("REMOVE next_attempt_at, stuck ADD ahead :ahead, changes :one")
            .condition_expression("#cursor < :lead")
            .expression_attribute_names("#cursor", "cursor")
            .expression_attribute_values(":ahead", AttributeValue::Ns(vec![lead.to_string()]))
            .expression_attribute_values(":lead", AttributeValue::N(lead.to_string()))
            .expression_attribute_values(":one", AttributeValue::N("1".to_owned()));
        Ok(if_true(update.send().await)?.is_some())
    }

    /// An update that stores these attributes of a destination.
    fn update_destination(
        &self,
        destination: &Destination,
        names: &[&str],
    ) -> Result<DestinationUpdate, StoreError> {
        let mut item: Item = serde_dynamo::to_item(destination)?;
        let key = destination_key(&destination.account(), &destination.id);
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
struct DestinationUpdate {
    update: UpdateItemFluentBuilder,
    expression: String,
}

impl DestinationUpdate {
    /// Also counts the change, so that a running pass notices it.
    fn by_operator(mut self) -> Self {
        self.expression.push_str("ADD changes :one");
        self.value(":one", AttributeValue::N("1".to_owned()))
    }

    /// Adds a value that the condition compares.
    fn value(mut self, name: &str, value: AttributeValue) -> Self {
        self.update = self.update.expression_attribute_values(name, value);
        self
    }

    /// Stores it if the condition is true. False if it is not true.
    async fn store_if(self, condition: &str) -> Result<bool, StoreError> {
        let update = self.update.update_expression(self.expression);
        Ok(if_true(update.condition_expression(condition).send().await)?.is_some())
    }
}
