use super::{account::Account, claim::Claims, held::HeldReason, lead_id::LeadId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{collections::BTreeMap, fmt};

/// A lead as it stands in the table.
///
/// What all providers know of a person has a field here, under one name, so that an
/// account can be read whatever its provider. What only one provider knows is its own
/// type `D`. A `Lead` does not print what it holds.
#[derive(Serialize, Deserialize)]
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
    /// Where the lead came from, in its provider's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// How far the lead has got, in its provider's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// What only its provider knows of it.
    pub details: D,
}

/// A lead as it is read whatever its provider: details by their names.
pub type StoredLead = Lead<BTreeMap<String, Value>>;

impl<D> fmt::Debug for Lead<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lead").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A delivery that has been read and checked: a lead that is not in the table yet.
pub struct NewLead<D> {
    /// Whose lead it is.
    pub account: Account,
    /// What no second lead of the account may hold.
    pub claims: Claims,
    /// The lead. The table gives it another id where this one is taken.
    pub lead: Lead<D>,
}

/// What became of a delivery that was sound.
#[derive(Debug)]
pub struct Outcome<D> {
    /// Whether the delivery made a lead or met one.
    pub standing: Standing,
    /// Whether the same delivery was taken before, and this is what became of it then.
    pub replayed: bool,
    /// The lead it made or met.
    pub lead: Lead<D>,
    /// Whether it met a lead that says something else.
    pub differs: bool,
}

/// Whether a delivery made a lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It made a new lead.
    New,
    /// Its person was known: this is the lead that was there, untouched.
    Known,
}

impl<D> Outcome<D> {
    pub(crate) fn created(lead: Lead<D>) -> Self {
        Self { standing: Standing::New, replayed: false, lead, differs: false }
    }

    /// Whether the delivery is this lead, and not met it.
    pub fn is_new(&self) -> bool {
        self.standing == Standing::New
    }

    /// The outcome's name in logs.
    pub fn as_str(&self) -> &'static str {
        match (self.replayed, self.standing) {
            (true, _) => "replayed",
            (false, Standing::New) => "created",
            (false, Standing::Known) => "existing",
        }
    }

    /// Why a delivery that came to this is held, if it is.
    pub fn held_reason(&self) -> Option<HeldReason> {
        self.differs.then_some(HeldReason::Repeat(self.lead.id))
    }
}
