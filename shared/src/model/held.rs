use super::{account::Account, digest::sha256_hex, lead_id::LeadId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;

/// How long a delivery is held.
pub const HELD_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Why an authenticated delivery is held: it became no lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeldReason {
    /// It was refused for what it says. Its owner may mend it and replay it.
    Invalid,
    /// Its person is this lead already, but it says something else than the lead does.
    Repeat(LeadId),
}

/// A delivery that became no lead, kept for its account's owner.
///
/// The same words for the same reason are held once, however often they come.
#[derive(Clone, PartialEq, Eq)]
pub struct HeldDelivery {
    /// Its id: the reason's name and a hash of what was delivered, and to whom.
    pub id: String,
    /// Why it is held.
    pub reason: HeldReason,
    /// What it was delivered to, where an account has several: a chatbot.
    pub target: Option<String>,
    /// The body as it was sent.
    pub body: Vec<u8>,
    /// When it came last.
    pub received_at: Timestamp,
    /// What its sender was answered, where that is kept.
    pub answer: Option<HeldAnswer>,
}

/// What the sender of a held delivery was answered.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The body, in the provider's shape.
    pub body: String,
}

impl HeldReason {
    /// The reason's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Repeat(_) => "repeat",
        }
    }
}

impl HeldDelivery {
    /// A delivery of an account, as it is to be held.
    pub fn new(
        account: &Account,
        reason: HeldReason,
        target: Option<String>,
        body: Vec<u8>,
        received_at: Timestamp,
    ) -> Self {
        let delivered_to = format!("{account}#{}#", target.as_deref().unwrap_or_default());
        let hash = sha256_hex(&[delivered_to.as_bytes(), &body].concat());
        let id = format!("{}#{hash}", reason.as_str());
        Self { id, reason, target, body, received_at, answer: None }
    }
}

impl fmt::Debug for HeldDelivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeldDelivery").field("reason", &self.reason).finish_non_exhaustive()
    }
}
