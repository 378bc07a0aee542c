use super::{
    fault::{StoreError, if_true},
    keys::{self, EXPIRES_AT, PK, SK},
    lead_table::{Item, LeadTable},
    put_new::{Written, seconds},
    write_mark::{WRITE_MARK, has_mark},
};
use crate::model::{
    Account, Claim, ClaimKind, Claims, Email, Lead, LeadId, NewLead, Outcome, Sources, Standing,
};
use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::time::Duration;

/// Which claims a lead has: the partition keys of their items, for whoever erases it.
pub(crate) const CLAIMS: &str = "claims";
/// How often a create starts again because an id is in use, or because the lead of a claim is not
/// there. Both are rare.
const ROUNDS: usize = 6;
/// How long to wait for the lead of a claim before it counts as erased.
const PAUSE: Duration = Duration::from_millis(25);

/// Why a valid delivery could not be stored.
#[derive(Debug, thiserror::Error)]
pub enum CreateLeadError {
    /// Its `Idempotency-Key` was used before, with another body.
    #[error("the Idempotency-Key was used before, with another body")]
    IdempotencyKeyReused,
    /// The table failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The result of a write.
enum WriteResult {
    /// The lead is stored: by this write, or by an earlier attempt whose answer was lost.
    Stored,
    /// A claim is taken: the first such claim in the list, with its item.
    Taken(Claim, ClaimItem),
    /// The lead's id is in use.
    IdTaken,
}

/// A claim as it is stored in the table.
#[derive(Clone, Serialize, Deserialize)]
struct ClaimItem {
    /// The holder.
    lead_id: LeadId,
    /// The SHA-256 of the delivery's body. Only an `Idempotency-Key` has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    /// Whether the delivery found a known lead. Only an `Idempotency-Key` has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    known: Option<bool>,
}

impl LeadTable {
    /// Stores a lead with all its claims, or finds the holder of one of them.
    ///
    /// # Errors
    /// If the `Idempotency-Key` was used with another body, or if the table is busy, cannot be
    /// reached or refuses the write. The lead may be stored nevertheless. If it has claims, the
    /// same delivery then finds it when it is sent again.
    pub async fn create_lead<D: Serialize + DeserializeOwned>(
        &self,
        new: NewLead<D>,
        sources: &Sources,
    ) -> Result<Outcome<D>, CreateLeadError> {
        let NewLead { account, claims, mut lead } = new;
        let mut missing = None;
        for _ in 0..ROUNDS {
            let mark = sources.draw_mark();
            match self.write(&account, &claims, &lead, &mark).await? {
                WriteResult::Stored => return Ok(Outcome::created(lead)),
                WriteResult::IdTaken => lead.id = sources.draw_lead_id(lead.created_at),
                WriteResult::Taken(claim, taken) => {
                    let Some(item) = self.get(keys::lead(&account, taken.lead_id)).await? else {
                        if missing == Some(taken.lead_id) {
                            self.delete_claim(&account, &claim, taken.lead_id).await?;
                        }
                        missing = Some(taken.lead_id);
                        tokio::time::sleep(PAUSE).await;
                        continue;
                    };
                    let (standing, replayed) = judge(claim.kind, &taken, &claims)?;
                    let own = lead_item(&account, &lead, &claims, &mark)?;
                    let differs =
                        standing == Standing::Known && content(item.clone()) != content(own);
                    let found = serde_dynamo::from_item(item).map_err(StoreError::from)?;
                    let by_key = claim.kind == ClaimKind::IdempotencyKey;
                    if by_key || self.store_key(&account, &claims, &taken, standing).await? {
                        return Ok(Outcome { standing, replayed, lead: found, differs });
                    }
                }
            }
        }
        Err(StoreError::Unavailable("the ids and claims changed again and again").into())
    }

    async fn write<D: Serialize>(
        &self,
        account: &Account,
        claims: &Claims,
        lead: &Lead<D>,
        mark: &str,
    ) -> Result<WriteResult, StoreError> {
        let mut items = vec![lead_item(account, lead, claims, mark)?];
        for claim in &claims.list {
            items.push(claim_item(account, claims, claim, lead.id, Standing::New)?);
        }
        match self.put_new(items, mark, claims.received_at).await? {
            Written::Stored => Ok(WriteResult::Stored),
            Written::Refused(existing) => why_refused(claims, existing, mark),
        }
    }

    /// Stores the result of a delivery under its `Idempotency-Key` if another claim decided it, so
    /// that a replay has the same result. False if the key now has another result.
    async fn store_key(
        &self,
        account: &Account,
        claims: &Claims,
        taken: &ClaimItem,
        standing: Standing,
    ) -> Result<bool, StoreError> {
        let key = claims.list.iter().find(|claim| claim.kind == ClaimKind::IdempotencyKey);
        let Some(key) = key else { return Ok(true) };
        let item = claim_item(account, claims, key, taken.lead_id, standing)?;
        match self.put_one(item.clone(), claims.received_at).await? {
            Written::Stored => Ok(true),
            Written::Refused(existing) => Ok(existing == [Some(item)]),
        }
    }

    /// Deletes a claim whose lead is not there: the lead was erased and the claim was left.
    async fn delete_claim(
        &self,
        account: &Account,
        claim: &Claim,
        holder: LeadId,
    ) -> Result<(), StoreError> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.name)
            .set_key(Some(keys::claim(account, claim)))
            .condition_expression("lead_id = :holder")
            .expression_attribute_values(":holder", AttributeValue::N(holder.to_string()));
        if_true(delete.send().await)?;
        Ok(())
    }
}

/// Finds out why a write was refused: which of its items exist already.
fn why_refused(
    claims: &Claims,
    existing: Vec<Option<Item>>,
    mark: &str,
) -> Result<WriteResult, StoreError> {
    let mut existing = existing.into_iter();
    if existing.next().flatten().is_some_and(|lead| has_mark(&lead, mark)) {
        return Ok(WriteResult::Stored);
    }
    for (claim, item) in claims.list.iter().zip(existing) {
        if let Some(item) = item {
            return Ok(WriteResult::Taken(claim.clone(), serde_dynamo::from_item(item)?));
        }
    }
    Ok(WriteResult::IdTaken)
}

/// The result of a delivery with a taken claim: whether its person is known, and whether it is a
/// replay.
fn judge(
    kind: ClaimKind,
    taken: &ClaimItem,
    claims: &Claims,
) -> Result<(Standing, bool), CreateLeadError> {
    match kind {
        ClaimKind::IdempotencyKey if taken.body.as_ref() != Some(&claims.body) => {
            Err(CreateLeadError::IdempotencyKeyReused)
        }
        ClaimKind::IdempotencyKey if taken.known == Some(true) => Ok((Standing::Known, true)),
        ClaimKind::IdempotencyKey | ClaimKind::Redelivery | ClaimKind::Replay => {
            Ok((Standing::New, true))
        }
        ClaimKind::Contact(_) => Ok((Standing::Known, false)),
    }
}

fn lead_item<D: Serialize>(
    account: &Account,
    lead: &Lead<D>,
    claims: &Claims,
    mark: &str,
) -> Result<Item, StoreError> {
    let mut item: Item = serde_dynamo::to_item(lead)?;
    item.extend(keys::lead(account, lead.id));
    if !claims.list.is_empty() {
        let keys = claims.list.iter().map(|claim| keys::claim_pk(account, claim)).collect();
        item.insert(CLAIMS.to_owned(), AttributeValue::Ss(keys));
    }
    item.insert(WRITE_MARK.to_owned(), AttributeValue::S(mark.to_owned()));
    Ok(item)
}

fn claim_item(
    account: &Account,
    claims: &Claims,
    claim: &Claim,
    lead_id: LeadId,
    standing: Standing,
) -> Result<Item, StoreError> {
    let is_key = claim.kind == ClaimKind::IdempotencyKey;
    let body = is_key.then(|| claims.body.clone());
    let known = is_key.then_some(standing == Standing::Known);
    let mut item: Item = serde_dynamo::to_item(ClaimItem { lead_id, body, known })?;
    item.extend(keys::claim(account, claim));
    if let Some(expires_at) = claim.expires_at {
        item.insert(EXPIRES_AT.to_owned(), seconds(expires_at));
    }
    Ok(item)
}

/// The content of a lead: its item without the attributes that always differ, and with its e-mail in
/// the form that is compared.
fn content(mut lead: Item) -> Item {
    const ALWAYS_DIFFER: [&str; 6] = [PK, SK, CLAIMS, WRITE_MARK, "id", "created_at"];
    lead.retain(|name, _| !ALWAYS_DIFFER.contains(&name.as_str()));
    if let Some(AttributeValue::S(email)) = lead.get_mut("email") {
        Email::new(email).as_str().clone_into(email);
    }
    lead
}
