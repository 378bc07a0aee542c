//! Claims, and the result of a delivery whose claim is taken.

use super::{
    item::{EXPIRES_AT, Item, PK, key, seconds, text},
    lead_table::LeadTable,
    store_error::{StoreError, if_true},
};
use crate::model::{Account, Claim, ClaimKind, LeadId, Standing};
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The attribute of a lead with the partition keys of its claims. An erasure deletes those items.
pub(crate) const CLAIMS: &str = "claims";

/// A claim as it is stored in the table.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct ClaimItem {
    /// The holder.
    pub(crate) lead_id: LeadId,
    /// The SHA-256 of the delivery's body. Only an `Idempotency-Key` has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) body: Option<String>,
    /// Whether the delivery found a known lead. Only an `Idempotency-Key` has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) known: Option<bool>,
}

/// A claim of a lead, without its value: only a hash is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeadClaim {
    /// What it is for.
    pub kind: ClaimKind,
    /// When it expires; none: never.
    pub expires_at: Option<Timestamp>,
}

impl LeadTable {
    /// The keys of the claims whose holder is still this lead. An expired claim may belong to
    /// another lead now.
    pub(crate) async fn claims_of(&self, lead: &Item, id: LeadId) -> Result<Vec<Item>, StoreError> {
        let claims = self.claims_and_keys(lead, id).await?;
        Ok(claims.into_iter().map(|(key, _)| key).collect())
    }

    pub(crate) async fn claims_and_keys(
        &self,
        lead: &Item,
        id: LeadId,
    ) -> Result<Vec<(Item, Item)>, StoreError> {
        let wanted = claim_pks(lead).map(|pk| (claim_key_at(pk), claim_key_at(pk)));
        let mut claims = self.get_all(wanted.collect()).await?;
        let id = holder(id);
        claims.retain(|(_, claim)| claim.get("lead_id") == Some(&id));
        Ok(claims)
    }

    /// Deletes a claim whose lead is not there: the lead was erased and the claim was left.
    pub(crate) async fn delete_claim(
        &self,
        account: &Account,
        claim: &Claim,
        holder: LeadId,
    ) -> Result<(), StoreError> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.name)
            .set_key(Some(claim_key(account, claim)))
            .condition_expression("lead_id = :holder")
            .expression_attribute_values(":holder", self::holder(holder));
        if_true(delete.send().await)?;
        Ok(())
    }
}

/// The id of a claim's holder, as conditions compare it.
pub(super) fn holder(id: LeadId) -> AttributeValue {
    AttributeValue::N(id.to_string())
}

/// The partition keys of a lead's claims.
pub(super) fn claim_pks(lead: &Item) -> impl Iterator<Item = &String> {
    lead.get(CLAIMS).and_then(|claims| claims.as_ss().ok()).into_iter().flatten()
}

fn claim_key(account: &Account, claim: &Claim) -> Item {
    claim_key_at(&claim_pk(account, claim))
}

/// The key of the claim with this partition key.
pub(super) fn claim_key_at(pk: &str) -> Item {
    key(pk.to_owned(), "claim".to_owned())
}

pub(crate) fn claim_pk(account: &Account, claim: &Claim) -> String {
    format!("claim#{account}#{}#{}", claim.kind.as_str(), claim.hash)
}

/// The item of a claim. Only that of an `Idempotency-Key` has the hash of the delivery's `body`.
pub(crate) fn claim_item(
    account: &Account,
    body: &str,
    claim: &Claim,
    lead_id: LeadId,
    standing: Standing,
) -> Result<Item, StoreError> {
    let is_key = claim.kind == ClaimKind::IdempotencyKey;
    let body = is_key.then(|| body.to_owned());
    let known = is_key.then_some(standing == Standing::Known);
    let mut item: Item = serde_dynamo::to_item(ClaimItem { lead_id, body, known })?;
    item.extend(claim_key(account, claim));
    if let Some(expires_at) = claim.expires_at {
        item.insert(EXPIRES_AT.to_owned(), seconds(expires_at));
    }
    Ok(item)
}

pub(crate) fn read_claim(key: &Item, claim: &Item) -> Option<LeadClaim> {
    let kind = ClaimKind::read(text(key, PK)?.rsplit('#').nth(1)?)?;
    let expires_at = claim.get(EXPIRES_AT).and_then(|at| at.as_n().ok()?.parse().ok());
    let expires_at = expires_at.and_then(|at| Timestamp::from_second(at).ok());
    Some(LeadClaim { kind, expires_at })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        Claims, HeldDelivery, HeldReason,
        tests::{account, lead_id, second},
    };
    use jiff::SignedDuration;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_claim_is_read_as_it_was_written(account in account(), id in lead_id(), at in second()) {
            let held = HeldDelivery::new(&account, HeldReason::Invalid, None, Vec::new(), at);
            let (email, phone) = (Some("a@b.c"), Some("1"));
            let claims = Claims::new(b"{}", None, Some(b"key"), at).unwrap();
            let claims = claims.redelivery(&held.id).replay(SignedDuration::from_mins(1), email, phone);
            let claims = claims.phone(phone).email(email);
            prop_assert_eq!(claims.list.iter().map(|claim| claim.kind).collect::<Vec<_>>(), ClaimKind::ALL);
            for claim in &claims.list {
                let item = claim_item(&account, &claims.body, claim, id, Standing::Known).unwrap();
                let read = read_claim(&item, &item).unwrap();
                prop_assert_eq!((read.kind, read.expires_at), (claim.kind, claim.expires_at));
                let stored: ClaimItem = serde_dynamo::from_item(item).unwrap();
                let is_key = claim.kind == ClaimKind::IdempotencyKey;
                prop_assert_eq!(stored.lead_id, id);
                prop_assert_eq!(stored.body, is_key.then(|| claims.body.clone()));
                prop_assert_eq!(stored.known, is_key.then_some(true));
            }
        }
    }
}
