use super::{account::Account, digest::sha256_hex, lead_id::LeadId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;

/// For how long a delivery is held.
pub(crate) const HELD_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Why an authenticated delivery is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeldReason {
    /// It was refused for its content. The operator can correct it and redeliver it.
    Invalid,
    /// Its person already has this lead, but the delivery has other content than the lead.
    Repeat(LeadId),
}

/// A delivery that did not become a lead, stored for the operator.
///
/// The same body for the same reason is held once, even if it is sent many times.
#[derive(Clone, PartialEq, Eq)]
pub struct HeldDelivery {
    /// Its id: the reason's name and a hash of account, target and body.
    pub id: String,
    /// Why it is held.
    pub reason: HeldReason,
    /// The chatbot it was sent to, if the request named one.
    pub target: Option<String>,
    /// The body as it was sent.
    pub body: Vec<u8>,
    /// When it was last received.
    pub received_at: Timestamp,
    /// The answer that its sender got, if it is stored.
    pub answer: Option<HeldAnswer>,
}

/// The answer that the sender of a held delivery got.
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
    /// A delivery of an account that will be held.
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
