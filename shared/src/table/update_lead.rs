//! Updates a lead. Its claims move with it, and destinations that may have it get a message.

use super::{
    claims::{CLAIMS, ClaimItem, claim_item, claim_key_at, claim_pk, claim_pks, holder},
    item::{Item, text},
    lead_table::LeadTable,
    leads::{UPDATE_MARK, VERSION, WRITE_MARK, lead_key, read_lead, version_condition},
    store_error::StoreError,
    write::Written,
};
use crate::model::{
    Account, Claim, ClockAndRandom, Contact, Destination, Lead, LeadId, SetAside, SetAsideEvent,
    Standing,
};
use aws_sdk_dynamodb::types::{
    AttributeValue, Delete, Put, ReturnValuesOnConditionCheckFailure::AllOld, TransactWriteItem,
};
use jiff::Timestamp;
use serde::{Serialize, de::DeserializeOwned};

/// How often an update starts again because the lead, a claim or a destination changed meanwhile.
const ROUNDS: usize = 6;

/// An update of a lead.
pub struct LeadUpdate<'a, D, C> {
    /// The account of the lead.
    pub account: &'a Account,
    /// The lead.
    pub id: LeadId,
    /// The id of the key that makes the update.
    pub key: &'a str,
    /// The contacts of a lead that no other lead may have.
    pub contacts: fn(&Lead<D>) -> Vec<Contact>,
    /// Changes the lead. It is called again if the lead changed meanwhile.
    pub change: C,
}

/// The result of an update.
pub enum Updated<D> {
    /// The lead as it is now.
    Stored(Lead<D>),
    /// Another lead has a contact of the update: this one.
    Taken(LeadId),
    /// There is no such lead.
    Missing,
}

impl LeadTable {
    /// Updates a lead. An update that changes nothing writes nothing.
    ///
    /// # Errors
    /// Those of the change; if the table is busy, cannot be reached or refuses the write. The
    /// update may be stored nevertheless.
    pub async fn update_lead<D, E>(
        &self,
        update: LeadUpdate<'_, D, impl Fn(&mut Lead<D>) -> Result<(), E>>,
        system: &ClockAndRandom,
    ) -> Result<Updated<D>, E>
    where
        D: Serialize + DeserializeOwned,
        E: From<StoreError>,
    {
        let LeadUpdate { account, id, key, contacts, change } = update;
        for _ in 0..ROUNDS {
            let Some(stored) = self.get(lead_key(account, id)).await? else {
                return Ok(Updated::Missing);
            };
            let mut lead: Lead<D> = read_lead(stored.clone())?;
            let (before, old) = (write(&lead)?, contacts(&lead));
            change(&mut lead)?;
            if write(&lead)? == before {
                return Ok(Updated::Stored(lead));
            }
            let (now, mark) = (system.now(), system.random_mark());
            lead.note_update(key, now);
            let moved = MovedClaims::new(account, &stored, &old, &contacts(&lead));
            let messages = self.messages(account, id, |one| event(&lead, one, now)).await?;
            let item = updated_item(account, &stored, &lead, &moved, &mark)?;
            let mut writes = vec![self.replace_lead(item, &stored)?];
            writes.extend(self.move_claims(account, id, &moved)?);
            writes.extend(messages.writes);
            match self.write_once(writes, &mark).await? {
                Written::Stored => return Ok(Updated::Stored(lead)),
                Written::Refused(existing) if is_done(&existing, &mark) => {
                    return Ok(Updated::Stored(lead));
                }
                Written::Refused(existing) => {
                    if let Some(holder) = self.find_holder(account, id, &moved, existing).await? {
                        return Ok(Updated::Taken(holder));
                    }
                }
            }
        }
        Err(StoreError::Unavailable("the lead changed again and again").into())
    }

    /// Writes a lead in place of the one that was read.
    fn replace_lead(&self, item: Item, stored: &Item) -> Result<TransactWriteItem, StoreError> {
        let (condition, values) = version_condition(stored);
        let put = Put::builder()
            .table_name(&self.name)
            .set_item(Some(item))
            .condition_expression(condition)
            .set_expression_attribute_values(values)
            .return_values_on_condition_check_failure(AllOld)
            .build()?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    fn move_claims(
        &self,
        account: &Account,
        id: LeadId,
        moved: &MovedClaims,
    ) -> Result<Vec<TransactWriteItem>, StoreError> {
        let mut writes = Vec::new();
        for claim in &moved.new {
            let put = Put::builder()
                .table_name(&self.name)
                .set_item(Some(claim_item(account, "", claim, id, Standing::New)?))
                .condition_expression("attribute_not_exists(pk)")
                .return_values_on_condition_check_failure(AllOld)
                .build()?;
            writes.push(TransactWriteItem::builder().put(put).build());
        }
        for pk in &moved.old {
            let delete = Delete::builder()
                .table_name(&self.name)
                .set_key(Some(claim_key_at(pk)))
                .condition_expression("attribute_not_exists(pk) OR lead_id = :holder")
                .expression_attribute_values(":holder", holder(id))
                .build()?;
            writes.push(TransactWriteItem::builder().delete(delete).build());
        }
        Ok(writes)
    }

    /// The other lead that has one of the new claims. Deletes a claim whose lead was erased. Another
    /// update of this lead may have taken it meanwhile.
    async fn find_holder(
        &self,
        account: &Account,
        id: LeadId,
        moved: &MovedClaims,
        existing: Vec<Option<Item>>,
    ) -> Result<Option<LeadId>, StoreError> {
        // The lead is the first item of the write.
        for (claim, item) in moved.new.iter().zip(existing.into_iter().skip(1)) {
            let Some(item) = item else { continue };
            let ClaimItem { lead_id, .. } = serde_dynamo::from_item(item)?;
            if lead_id == id {
                return Ok(None);
            }
            if self.has_lead(account, lead_id).await? {
                return Ok(Some(lead_id));
            }
            self.delete_claim(account, claim, lead_id).await?;
        }
        Ok(None)
    }
}

/// The claims that an update moves.
struct MovedClaims {
    /// The claims of contacts that the lead did not have.
    new: Vec<Claim>,
    /// The partition keys of the claims of contacts that it no longer has.
    old: Vec<String>,
}

impl MovedClaims {
    fn new(account: &Account, stored: &Item, old: &[Contact], new: &[Contact]) -> Self {
        let left = old.iter().filter(|contact| !new.contains(contact));
        let kinds: Vec<_> =
            left.map(|contact| format!("claim#{account}#{}#", contact.kind.as_str())).collect();
        let is_left = |pk: &&String| kinds.iter().any(|kind| pk.starts_with(kind));
        let taken = new.iter().filter(|contact| !old.contains(contact)).cloned();
        Self {
            new: taken.map(Claim::forever).collect(),
            old: claim_pks(stored).filter(is_left).cloned().collect(),
        }
    }
}

/// The item of an updated lead.
fn updated_item<D: Serialize>(
    account: &Account,
    stored: &Item,
    lead: &Lead<D>,
    moved: &MovedClaims,
    mark: &str,
) -> Result<Item, StoreError> {
    let mut item = write(lead)?;
    item.extend(lead_key(account, lead.id));
    let kept = claim_pks(stored).filter(|pk| !moved.old.contains(pk));
    let mut claims: Vec<_> = kept.cloned().collect();
    claims.extend(moved.new.iter().map(|claim| claim_pk(account, claim)));
    if !claims.is_empty() {
        item.insert(CLAIMS.to_owned(), AttributeValue::Ss(claims));
    }
    let of_create = stored.get(WRITE_MARK).cloned();
    item.extend(of_create.map(|mark| (WRITE_MARK.to_owned(), mark)));
    item.insert(UPDATE_MARK.to_owned(), AttributeValue::S(mark.to_owned()));
    item.insert(VERSION.to_owned(), AttributeValue::N(lead.version().to_string()));
    Ok(item)
}

/// The message about an update to a destination.
fn event<D>(lead: &Lead<D>, destination: &Destination, now: Timestamp) -> SetAside {
    let due = SetAside::due(lead.id, destination.id.clone(), SetAsideEvent::Updated, now);
    SetAside { version: Some(lead.version()), ..due }
}

/// Whether the update was stored by an attempt whose answer was lost.
fn is_done(existing: &[Option<Item>], mark: &str) -> bool {
    let lead = existing.first().and_then(Option::as_ref);
    lead.and_then(|lead| text(lead, UPDATE_MARK)).is_some_and(|own| own == mark)
}

fn write<D: Serialize>(lead: &Lead<D>) -> Result<Item, StoreError> {
    Ok(serde_dynamo::to_item(lead)?)
}
