use crate::{Account, Claim, LeadId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

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

impl<D> fmt::Debug for Lead<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lead").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A delivery that has been read and checked: a lead that is not in the table yet.
pub struct NewLead<D> {
    /// Whose lead it is.
    pub account: Account,
    /// What no second lead of the account may hold. Where several are taken, the first
    /// one listed decides which lead is found.
    pub claims: Vec<Claim>,
    /// The lead. The table gives it another id where this one is taken.
    pub lead: Lead<D>,
}

/// What became of a delivery that was sound.
#[derive(Debug)]
pub enum Outcome<D> {
    /// It is a new lead.
    Created(Lead<D>),
    /// One of its claims was taken; this is the lead that holds it, untouched.
    Existing(Lead<D>),
}

impl<D> Outcome<D> {
    /// The outcome's name in logs.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Created(_) => "created",
            Self::Existing(_) => "existing",
        }
    }
}
