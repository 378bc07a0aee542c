//! Erases a person's data from the table.

use super::{
    claims::holder,
    held::held_key,
    item::Item,
    lead_table::LeadTable,
    leads::{lead_key, version_condition},
    store_error::StoreError,
    write::Written,
};
use crate::model::{Account, Destination, HeldId, LeadId, SetAside, SetAsideEvent};
use aws_sdk_dynamodb::types::{Delete, TransactWriteItem, builders::DeleteBuilder};
use jiff::Timestamp;

/// How often an erasure starts again because the lead, a claim or a destination changed meanwhile.
const ROUNDS: usize = 6;

/// What an erasure deleted and wrote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    /// Leads.
    pub leads: usize,
    /// Claims of those leads.
    pub claims: usize,
    /// Held deliveries.
    pub held: usize,
    /// Messages to destinations that have one of the leads, or may have it.
    pub messages: usize,
}

impl LeadTable {
    /// Deletes a lead and all its claims, and sets the messages about it aside, in one transaction.
    /// Does nothing if the lead is not there. `mark` is random: with it the transaction is done
    /// once, even if it is sent twice.
    ///
    /// # Errors
    /// If the table cannot be read or written.
    pub async fn erase_lead(
        &self,
        account: &Account,
        id: LeadId,
        now: Timestamp,
        mark: &str,
    ) -> Result<Erased, StoreError> {
        for round in 0..ROUNDS {
            let Some(lead) = self.get(lead_key(account, id)).await? else {
                return Ok(Erased::default());
            };
            let claims = self.claims_of(&lead, id).await?;
            let event =
                |one: &Destination| SetAside::due(id, one.id.clone(), SetAsideEvent::Erased, now);
            let messages = self.messages(account, id, event).await?;
            let erased =
                Erased { leads: 1, claims: claims.len(), held: 0, messages: messages.count };
            let (condition, values) = version_condition(&lead);
            let deletes = claims.into_iter().map(|claim| {
                self.delete_of(claim)
                    .condition_expression("lead_id = :holder")
                    .expression_attribute_values(":holder", holder(id))
            });
            let lead = self.delete_of(lead_key(account, id)).condition_expression(condition);
            let deletes = [lead.set_expression_attribute_values(values)]
                .into_iter()
                .chain(deletes)
                .map(|delete| Ok(TransactWriteItem::builder().delete(delete.build()?).build()));
            let mut writes = deletes.collect::<Result<Vec<_>, StoreError>>()?;
            writes.extend(messages.writes);
            match self.write_once(writes, &format!("{mark}{round}")).await? {
                Written::Stored => return Ok(erased),
                // The lead was updated or erased, a claim now belongs to another lead, or a pass
                // began.
                Written::Refused(_) => {}
            }
        }
        Err(StoreError::Unavailable("the lead changed again and again"))
    }

    /// Deletes held deliveries, by their ids.
    ///
    /// # Errors
    /// If the table cannot be written. Some may be deleted nevertheless.
    pub async fn erase_held(
        &self,
        account: &Account,
        ids: &[HeldId],
    ) -> Result<Erased, StoreError> {
        self.delete_all_items(ids.iter().map(|id| held_key(account, id)).collect()).await?;
        Ok(Erased { held: ids.len(), ..Erased::default() })
    }

    fn delete_of(&self, key: Item) -> DeleteBuilder {
        Delete::builder().table_name(&self.name).set_key(Some(key))
    }
}
