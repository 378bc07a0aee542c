//! Taking a person out of the table.

use crate::{
    model::{Account, LeadId},
    table::create_lead::CLAIMS,
    table::fault::StoreError,
    table::keys,
    table::lead_table::{Item, LeadTable},
};
use aws_sdk_dynamodb::types::{AttributeValue, Delete, TransactWriteItem, builders::DeleteBuilder};

/// How often an erasure begins again after a claim changed hands.
const ROUNDS: usize = 3;

/// What was deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    /// Leads.
    pub leads: usize,
    /// Claims of those leads.
    pub claims: usize,
    /// Held deliveries.
    pub held: usize,
}

impl LeadTable {
    /// Deletes a lead with all the claims it has, all or none; nothing where it is not there.
    ///
    /// # Errors
    /// Where the table could not be read or written.
    pub async fn erase_lead(&self, account: &Account, id: LeadId) -> Result<Erased, StoreError> {
        for _ in 0..ROUNDS {
            let Some(lead) = self.get(keys::lead(account, id)).await? else {
                return Ok(Erased::default());
            };
            let claims = self.claims_of(&lead, id).await?;
            if claims.is_empty() {
                self.delete(keys::lead(account, id)).await?;
                return Ok(Erased { leads: 1, ..Erased::default() });
            }
            let erased = Erased { leads: 1, claims: claims.len(), held: 0 };
            let holder = AttributeValue::N(id.to_string());
            let deletes = claims.into_iter().map(|claim| {
                self.delete_of(claim)
                    .condition_expression("lead_id = :holder")
                    .expression_attribute_values(":holder", holder.clone())
            });
            let lead = self.delete_of(keys::lead(account, id));
            let deletes = [lead]
                .into_iter()
                .chain(deletes)
                .map(|delete| Ok(TransactWriteItem::builder().delete(delete.build()?).build()));
            match self.write_all(deletes.collect::<Result<_, StoreError>>()?).await {
                Ok(()) => return Ok(erased),
                // A claim is another lead's by now.
                Err(StoreError::Canceled) => {}
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Unavailable("claims kept changing"))
    }

    /// Deletes held deliveries, by their ids.
    ///
    /// # Errors
    /// Where the table could not be written; some may be deleted even so.
    pub async fn erase_held(
        &self,
        account: &Account,
        ids: &[String],
    ) -> Result<Erased, StoreError> {
        self.delete_all_items(ids.iter().map(|id| keys::held(account, id)).collect()).await?;
        Ok(Erased { held: ids.len(), ..Erased::default() })
    }

    /// The keys of the claims that a lead still holds: one whose time was over may be
    /// another's by now.
    async fn claims_of(&self, lead: &Item, id: LeadId) -> Result<Vec<Item>, StoreError> {
        let listed = lead.get(CLAIMS).and_then(|claims| claims.as_ss().ok());
        let wanted =
            listed.into_iter().flatten().map(|pk| (keys::claim_at(pk), keys::claim_at(pk)));
        let mut claims = self.get_all(wanted.collect()).await?;
        let id = AttributeValue::N(id.to_string());
        claims.retain(|(_, claim)| claim.get("lead_id") == Some(&id));
        Ok(claims.into_iter().map(|(key, _)| key).collect())
    }

    fn delete_of(&self, key: Item) -> DeleteBuilder {
        Delete::builder().table_name(&self.name).set_key(Some(key))
    }
}
