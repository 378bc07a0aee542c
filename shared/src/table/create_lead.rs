use super::{
    claims::{ClaimItem, claim_item},
    item::Item,
    lead_table::LeadTable,
    leads::{content, has_mark, lead_item, lead_key},
    store_error::StoreError,
    write::Written,
};
use crate::model::{
    Account, Claim, ClaimKind, Claims, ClockAndRandom, Lead, NewLead, Outcome, Standing,
};
use serde::{Serialize, de::DeserializeOwned};
use std::time::Duration;

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
        system: &ClockAndRandom,
    ) -> Result<Outcome<D>, CreateLeadError> {
        let NewLead { account, claims, mut lead } = new;
        let mut missing = None;
        for _ in 0..ROUNDS {
            let mark = system.random_mark();
            match self.write(&account, &claims, &lead, &mark).await? {
                WriteResult::Stored => return Ok(Outcome::created(lead)),
                WriteResult::IdTaken => lead.id = system.new_lead_id(lead.created_at),
                WriteResult::Taken(claim, taken) => {
                    let Some(item) = self.get(lead_key(&account, taken.lead_id)).await? else {
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
            items.push(claim_item(account, &claims.body, claim, lead.id, Standing::New)?);
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
        let item = claim_item(account, &claims.body, key, taken.lead_id, standing)?;
        match self.put_one(item.clone(), claims.received_at).await? {
            Written::Stored => Ok(true),
            Written::Refused(existing) => Ok(existing == [Some(item)]),
        }
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
