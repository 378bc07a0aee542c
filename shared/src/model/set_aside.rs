use super::{destination_id::DestinationId, lead_id::LeadId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// An event that is not forwarded by moving a destination's cursor: a lead that its destination
/// refused, a lead that was stored too late for the cursor, or the update or erasure of a lead.
///
/// It names a lead, but has no part of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetAside {
    /// The lead.
    pub lead_id: LeadId,
    /// The destination.
    pub destination: DestinationId,
    /// What happened to the lead.
    pub event: SetAsideEvent,
    /// When that was.
    pub at: Timestamp,
    /// The number of the update that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// How often the destination refused it.
    #[serde(default)]
    pub tries: u32,
    /// The status of the last refusal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Why it cannot be posted. It has nothing of the lead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When it is posted again; none: only if the operator says so.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub next_attempt_at: Option<Timestamp>,
    /// When it is deleted, in Unix seconds. Only a refused event has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<i64>,
}

/// What happened to a lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SetAsideEvent {
    /// It was created.
    Created,
    /// It was updated.
    Updated,
    /// It was erased.
    Erased,
}

impl SetAside {
    /// An event that its destination gets as soon as possible.
    pub fn due(
        lead_id: LeadId,
        destination: DestinationId,
        event: SetAsideEvent,
        at: Timestamp,
    ) -> Self {
        let next_attempt_at = Some(at);
        Self {
            lead_id,
            destination,
            event,
            at,
            version: None,
            tries: 0,
            status: None,
            reason: None,
            next_attempt_at,
            expires_at: None,
        }
    }
}

impl SetAsideEvent {
    /// The event's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Erased => "erased",
        }
    }
}
