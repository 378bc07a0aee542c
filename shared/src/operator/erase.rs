//! Erases a person's data from the table.

use crate::{
    model::{Account, LeadId},
    table::create_lead::CLAIMS,
    table::fault::StoreError,
    table::keys,
    table::keys::{EXPIRES_AT, PK},
    table::lead_table::{Item, LeadTable},
};
use aws_sdk_dynamodb::types::{AttributeValue, Delete, TransactWriteItem, builders::DeleteBuilder};
use jiff::Timestamp;

/// How often an erasure starts again because a claim got another holder.
const ROUNDS: usize = 3;

/// The numbers of deleted items.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    /// Leads.
    pub leads: usize,
    /// Claims of those leads.
    pub claims: usize,
    /// Held deliveries.
    pub held: usize,
}

/// A claim of a lead, without its value: only a hash is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeadClaim {
    /// What it is for: `email`, `phone`, `replay`, `redelivery` or `idempotency-key`.
    pub kind: String,
    /// When it expires; none: never.
    pub expires_at: Option<Timestamp>,
}

impl LeadTable {
    /// The claims whose holder is this lead.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub async fn lead_claims(
        &self,
        account: &Account,
        id: LeadId,
    ) -> Result<Vec<LeadClaim>, StoreError> {
        let Some(lead) = self.get(keys::lead(account, id)).await? else { return Ok(Vec::new()) };
        let claims = self.claims_and_keys(&lead, id).await?;
        Ok(claims.iter().filter_map(|(key, claim)| read_claim(key, claim)).collect())
    }

    /// Deletes a lead and all its claims in one transaction. Deletes nothing if the lead is not
    /// there.
    ///
    /// # Errors
    /// If the table cannot be read or written.
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
                // A claim now belongs to another lead.
                Err(StoreError::Canceled) => {}
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Unavailable("the claims changed again and again"))
    }

    /// Deletes held deliveries, by their ids.
    ///
    /// # Errors
    /// If the table cannot be written. Some may be deleted nevertheless.
    pub async fn erase_held(
        &self,
        account: &Account,
        ids: &[String],
    ) -> Result<Erased, StoreError> {
        self.delete_all_items(ids.iter().map(|id| keys::held(account, id)).collect()).await?;
        Ok(Erased { held: ids.len(), ..Erased::default() })
    }

    /// The keys of the claims whose holder is still this lead. An expired claim may belong to
    /// another lead now.
    async fn claims_of(&self, lead: &Item, id: LeadId) -> Result<Vec<Item>, StoreError> {
        let claims = self.claims_and_keys(lead, id).await?;
        Ok(claims.into_iter().map(|(key, _)| key).collect())
    }

    async fn claims_and_keys(
        &self,
        lead: &Item,
        id: LeadId,
    ) -> Result<Vec<(Item, Item)>, StoreError> {
        let listed = lead.get(CLAIMS).and_then(|claims| claims.as_ss().ok());
        let wanted =
            listed.into_iter().flatten().map(|pk| (keys::claim_at(pk), keys::claim_at(pk)));
        let mut claims = self.get_all(wanted.collect()).await?;
        let id = AttributeValue::N(id.to_string());
        claims.retain(|(_, claim)| claim.get("lead_id") == Some(&id));
        Ok(claims)
    }

    fn delete_of(&self, key: Item) -> DeleteBuilder {
        Delete::builder().table_name(&self.name).set_key(Some(key))
    }
}

fn read_claim(key: &Item, claim: &Item) -> Option<LeadClaim> {
    let kind = key.get(PK)?.as_s().ok()?.rsplit('#').nth(1)?.to_owned();
    let expires_at = claim.get(EXPIRES_AT).and_then(|at| at.as_n().ok()?.parse().ok());
    let expires_at = expires_at.and_then(|at| Timestamp::from_second(at).ok());
    Some(LeadClaim { kind, expires_at })
}
