use super::{
    fault::StoreError,
    keys::{self, EXPIRES_AT, PK, SK},
    lead_table::{Item, LeadTable},
    put_new::{Written, seconds},
    write_mark::{WRITE_MARK, has_mark},
};
use crate::model::{
    Account, Claim, ClaimKind, Claims, Lead, LeadId, NewLead, Outcome, Sources, Standing,
};
use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{collections::HashMap, time::Duration};

/// Which claims a lead has: the partition keys of their items, for whoever erases it.
pub(crate) const CLAIMS: &str = "claims";
/// How often a create begins again after it met an id that was taken, or a claim whose
/// lead is not there. Both are rare.
const ROUNDS: usize = 6;
/// How long to wait for the lead of a claim before it counts as erased.
const PAUSE: Duration = Duration::from_millis(25);

/// Why a sound delivery could not be stored.
#[derive(Debug, thiserror::Error)]
pub enum CreateLeadError {
    /// Its `Idempotency-Key` was used before, with another body.
    #[error("the Idempotency-Key was used before, with another body")]
    IdempotencyKeyReused,
    /// The table failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a write came to.
enum Met {
    /// The lead is stored: by this write, or by one before it whose answer got lost.
    Stored,
    /// A claim is taken: the first in the list, with its item.
    Taken(Claim, ClaimItem),
    /// The lead's id is taken.
    IdTaken,
}

/// A claim as it stands in the table.
#[derive(Clone, Serialize, Deserialize)]
struct ClaimItem {
    /// The lead that holds the value.
    lead_id: LeadId,
    /// The SHA-256 of the body that an `Idempotency-Key` came with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    /// Whether the lead was known already when the `Idempotency-Key` came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    known: Option<bool>,
}

impl LeadTable {
    /// Stores a lead with all its claims, or finds the lead that holds one of them.
    ///
    /// # Errors
    /// An `Idempotency-Key` that was used for another body; a table that is busy, away, or
    /// refuses. The lead may have been stored even so; the same delivery, sent again, then
    /// finds it by its claims, where it has any.
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
                Met::Stored => return Ok(Outcome::created(lead)),
                Met::IdTaken => lead.id = sources.draw_lead_id(lead.created_at),
                Met::Taken(claim, taken) => {
                    let (standing, replayed) = judge(claim.kind, &taken, &claims)?;
                    let Some(item) = self.get(keys::lead(&account, taken.lead_id)).await? else {
                        if missing == Some(taken.lead_id) {
                            self.free(&account, &claim, taken.lead_id).await?;
                        }
                        missing = Some(taken.lead_id);
                        tokio::time::sleep(PAUSE).await;
                        continue;
                    };
                    let own = lead_item(&account, &lead, &claims, &mark)?;
                    let differs = standing == Standing::Known && words(&item) != words(&own);
                    let found = serde_dynamo::from_item(item).map_err(StoreError::from)?;
                    let by_key = claim.kind == ClaimKind::IdempotencyKey;
                    if by_key || self.remember_key(&account, &claims, &taken, standing).await? {
                        return Ok(Outcome { standing, replayed, lead: found, differs });
                    }
                }
            }
        }
        Err(StoreError::Unavailable("ids and claims kept changing").into())
    }

    async fn write<D: Serialize>(
        &self,
        account: &Account,
        claims: &Claims,
        lead: &Lead<D>,
        mark: &str,
    ) -> Result<Met, StoreError> {
        let mut items = vec![lead_item(account, lead, claims, mark)?];
        for claim in &claims.list {
            items.push(claim_item(account, claims, claim, lead.id, Standing::New)?);
        }
        match self.put_new(items, mark, claims.received_at).await? {
            Written::Stored => Ok(Met::Stored),
            Written::Refused(standing) => meet(claims, standing, mark),
        }
    }

    /// Remembers what became of an `Idempotency-Key` that did not decide it: so that it
    /// means the same when it comes again. False where the key means something else by now.
    async fn remember_key(
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
            Written::Refused(standing) => Ok(standing == [Some(item)]),
        }
    }

    /// Frees a claim whose lead is not there, so that it blocks nobody: the lead was erased,
    /// and the claim stayed behind.
    async fn free(
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
        match delete.send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(fault) if fault.is_conditional_check_failed_exception() => Ok(()),
                _ => Err(error.into()),
            },
        }
    }
}

/// Names what stood in the way of a lead and its claims.
fn meet(claims: &Claims, standing: Vec<Option<Item>>, mark: &str) -> Result<Met, StoreError> {
    let mut standing = standing.into_iter();
    if standing.next().flatten().is_some_and(|lead| has_mark(&lead, mark)) {
        return Ok(Met::Stored);
    }
    for (claim, item) in claims.list.iter().zip(standing) {
        if let Some(item) = item {
            return Ok(Met::Taken(claim.clone(), serde_dynamo::from_item(item)?));
        }
    }
    Ok(Met::IdTaken)
}

/// What it means for a delivery that a claim is taken: whether its person is known, and
/// whether it was taken before.
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
        ClaimKind::IdempotencyKey | ClaimKind::Replay => Ok((Standing::New, true)),
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

/// What a lead says: all of its item but what is its own in any case.
fn words(lead: &Item) -> HashMap<&String, &AttributeValue> {
    const ITS_OWN: [&str; 6] = [PK, SK, CLAIMS, WRITE_MARK, "id", "created_at"];
    lead.iter().filter(|(name, _)| !ITS_OWN.contains(&name.as_str())).collect()
}
