//! The messages about a change of a lead, written in the transaction that makes the change.

use super::{destinations::destination_key, lead_table::LeadTable, store_error::StoreError};
use crate::model::{Account, Destination, LeadId, SetAside};
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, TransactWriteItem};

/// The most destinations of an account. A transaction has at most 100 items, and a change of a lead
/// has one for each destination.
pub const MAX_DESTINATIONS: usize = 50;

/// The writes about the destinations of a changed lead.
pub(super) struct Messages {
    /// They set the messages aside. They are refused if a pass may have posted the lead to another
    /// destination since the destinations were read.
    pub(super) writes: Vec<TransactWriteItem>,
    /// How many messages they set aside.
    pub(super) count: usize,
}

impl LeadTable {
    /// Sets a message aside for each destination of the account that has the lead, or may have it.
    pub(super) async fn messages(
        &self,
        account: &Account,
        lead: LeadId,
        event: impl Fn(&Destination) -> SetAside,
    ) -> Result<Messages, StoreError> {
        let mut messages = Messages { writes: Vec::new(), count: 0 };
        for destination in self.destinations_of(account).await? {
            if destination.may_have(lead) {
                messages.writes.push(self.put_event(account, &event(&destination))?);
                messages.count += 1;
            } else {
                messages.writes.push(self.check_at_rest(&destination)?);
            }
        }
        Ok(messages)
    }

    /// Refuses a transaction if a pass took the lease of a destination since the destination was
    /// read: a pass stores how far it reads together with its lease.
    fn check_at_rest(&self, destination: &Destination) -> Result<TransactWriteItem, StoreError> {
        let check = ConditionCheck::builder()
            .table_name(&self.name)
            .set_key(Some(destination_key(&destination.account(), &destination.id)));
        let check = match destination.read_to {
            None => check.condition_expression(
                "attribute_not_exists(lease_until) AND attribute_not_exists(read_to)",
            ),
            Some(read_to) => check
                .condition_expression(
                    "attribute_not_exists(pk) OR \
                     attribute_not_exists(lease_until) AND read_to = :read_to",
                )
                .expression_attribute_values(":read_to", AttributeValue::N(read_to.to_string())),
        };
        Ok(TransactWriteItem::builder().condition_check(check.build()?).build())
    }
}
