use super::{
    account::Account,
    claim::Claims,
    held::{BrokenRule, HeldReason},
    lead_id::LeadId,
    outcome_name::OutcomeName,
    raw_json::RawJson,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{collections::BTreeMap, fmt};

/// How many updates of a lead are kept.
const MAX_UPDATES: usize = 20;

/// A lead as it is stored in the table.
///
/// The fields that all providers have are members here, so that code can read a lead of any
/// provider. The fields of only one provider are in the type `D`. The `Debug` output of a lead has
/// only its id.
#[derive(Clone, Serialize, Deserialize)]
pub struct Lead<D> {
    /// The lead's id.
    pub id: LeadId,
    /// When the lead was received.
    pub created_at: Timestamp,
    /// The person's name, as sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The person's e-mail address, as sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The person's phone number, as sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Where the lead came from, as its provider writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The lead's status, as its provider writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// The members of its body that are none of its fields, as one JSON object: those that its
    /// provider does not know, and of a repeated field all but the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extra: Option<RawJson>,
    /// The rules of form that it breaks: a lenient key sent it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub broken_rules: Vec<BrokenRule>,
    /// Its last updates, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub updates: Vec<Update>,
    /// The fields of only its provider.
    pub details: D,
}

/// An update of a lead by its sender.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Update {
    /// Its number, from 1 on.
    pub number: u64,
    /// When it was made.
    pub at: Timestamp,
    /// The id of the key that made it.
    pub key: String,
}

impl<D> Lead<D> {
    /// A lead with these details and no other fields.
    pub fn new(id: LeadId, created_at: Timestamp, details: D) -> Self {
        Self {
            id,
            created_at,
            name: None,
            email: None,
            phone: None,
            source: None,
            status: None,
            extra: None,
            broken_rules: Vec::new(),
            updates: Vec::new(),
            details,
        }
    }

    /// Merges unknown members into those that it has.
    pub fn merge_extra(&mut self, changes: Option<&RawJson>) {
        let Some(changes) = changes else { return };
        let known = self.extra.take().unwrap_or_else(RawJson::empty_object);
        let merged = known.merged(changes);
        self.extra = (merged.as_sent() != "{}").then_some(merged);
    }

    /// The bytes of its fields, but for those of only its provider.
    pub fn bytes(&self) -> usize {
        let texts = [&self.name, &self.email, &self.phone, &self.source, &self.status];
        let extra = self.extra.as_ref().map_or(0, |extra| extra.as_sent().len());
        texts.into_iter().flatten().map(String::len).sum::<usize>() + extra
    }

    /// When it was last updated, or else received.
    pub fn updated_at(&self) -> Timestamp {
        self.updates.last().map_or(self.created_at, |update| update.at)
    }

    /// How often it was updated.
    pub fn version(&self) -> u64 {
        self.updates.last().map_or(0, |update| update.number)
    }

    /// Notes an update with the key of this id. A clock that was set back makes no lead older.
    pub(crate) fn note_update(&mut self, key: &str, now: Timestamp) {
        let (number, at) = (self.version() + 1, self.updated_at().max(now));
        self.updates.push(Update { number, at, key: key.to_owned() });
        let surplus = self.updates.len().saturating_sub(MAX_UPDATES);
        self.updates.drain(..surplus);
    }
}

/// The details of a lead of any provider, by their names.
pub type StoredDetails = BTreeMap<String, Value>;

/// A lead of any provider.
pub type StoredLead = Lead<StoredDetails>;

impl<D> fmt::Debug for Lead<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lead").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A delivery that has been read and checked: a lead that is not in the table yet.
pub struct NewLead<D> {
    /// The account of the lead.
    pub account: Account,
    /// The claims of the lead.
    pub claims: Claims,
    /// The lead. The table gives it another id if this one is in use.
    pub lead: Lead<D>,
}

/// The result of a valid delivery.
#[derive(Debug)]
pub struct Outcome<D> {
    /// Whether the lead is new.
    pub standing: Standing,
    /// Whether this is a replay of a delivery that was accepted before.
    pub replayed: bool,
    /// The new lead, or the lead that was there.
    pub lead: Lead<D>,
    /// Whether the lead that was there has other content than the delivery.
    pub differs: bool,
}

/// Whether a delivery made a lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The delivery made a new lead.
    New,
    /// The person already had a lead. It is not changed.
    Known,
}

impl<D> Outcome<D> {
    pub(crate) fn created(lead: Lead<D>) -> Self {
        Self { standing: Standing::New, replayed: false, lead, differs: false }
    }

    /// The outcome's name.
    pub fn name(&self) -> OutcomeName {
        match (self.replayed, self.standing) {
            (true, _) => OutcomeName::Replayed,
            (false, Standing::New) => OutcomeName::Created,
            (false, Standing::Known) => OutcomeName::Existing,
        }
    }

    /// Why the delivery is held; none: it is not.
    pub fn held_reason(&self) -> Option<HeldReason> {
        self.differs.then_some(HeldReason::Repeat(self.lead.id))
    }
}
