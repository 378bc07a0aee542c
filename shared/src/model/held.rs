use super::{account::Account, digest::sha256_hex, lead_id::LeadId, outcome_name::OutcomeName};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

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
    /// Its id.
    pub id: HeldId,
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
    /// How it ended.
    pub outcome: Option<OutcomeName>,
    /// The fields that break a rule, also those that the answer does not name.
    pub broken: Vec<BrokenRule>,
}

/// The answer that the sender of a held delivery got.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The body, in the provider's shape.
    pub body: String,
}

/// A field that breaks a rule, as it is stored and shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrokenRule {
    /// The field's name, as the provider documents it.
    pub field: String,
    /// The rule in English, to follow the field's name.
    pub rule: String,
}

impl fmt::Display for BrokenRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.field, self.rule)
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
        let id = HeldId { kind: reason.into(), hash };
        Self {
            id,
            reason,
            target,
            body,
            received_at,
            answer: None,
            outcome: None,
            broken: Vec::new(),
        }
    }

    /// Its [`reasons`] on one line.
    pub fn why(&self) -> Option<String> {
        let reasons = reasons(&self.broken, self.outcome);
        (!reasons.is_empty()).then(|| reasons.join("; "))
    }
}

/// Why a delivery was rejected: the broken rules, or else its outcome.
pub fn reasons(broken: &[BrokenRule], outcome: Option<OutcomeName>) -> Vec<String> {
    match broken {
        [] => outcome.map(|outcome| outcome.words().to_owned()).into_iter().collect(),
        broken => broken.iter().map(BrokenRule::to_string).collect(),
    }
}

impl fmt::Debug for HeldAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeldAnswer").field("status", &self.status).finish_non_exhaustive()
    }
}

impl fmt::Debug for HeldDelivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeldDelivery").field("reason", &self.reason).finish_non_exhaustive()
    }
}

/// The two kinds of [`HeldReason`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum HeldKind {
    /// [`HeldReason::Invalid`].
    Invalid,
    /// [`HeldReason::Repeat`].
    Repeat,
}

impl HeldKind {
    /// The kind's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Repeat => "repeat",
        }
    }

    fn read(name: &str) -> Option<Self> {
        [Self::Invalid, Self::Repeat].into_iter().find(|kind| kind.as_str() == name)
    }
}

impl From<HeldReason> for HeldKind {
    fn from(reason: HeldReason) -> Self {
        match reason {
            HeldReason::Invalid => Self::Invalid,
            HeldReason::Repeat(_) => Self::Repeat,
        }
    }
}

/// The id of a held delivery: why it is held, and the SHA-256 of its account, target and body. It
/// may be shorter: then it names all deliveries whose ids begin with it.
///
/// It is written as `invalid-3f2a9c51d0e4`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HeldId {
    /// Why the delivery is held.
    pub kind: HeldKind,
    /// Hexadecimal digits.
    hash: String,
}

impl HeldId {
    /// How many digits are enough for people.
    const SHORT: usize = 12;

    /// The first digits of the id.
    #[must_use]
    pub fn short(&self) -> Self {
        Self { kind: self.kind, hash: self.hash.chars().take(Self::SHORT).collect() }
    }

    /// Its sort key: `<kind>#<hash>`.
    pub(crate) fn sort_key(&self) -> String {
        format!("{}#{}", self.kind.as_str(), self.hash)
    }

    pub(crate) fn from_sort_key(sk: &str) -> Option<Self> {
        let (kind, hash) = sk.split_once('#')?;
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let fits = !hash.is_empty() && hash.bytes().all(is_digit);
        fits.then_some(Self { kind: HeldKind::read(kind)?, hash: hash.to_owned() })
    }
}

impl fmt::Display for HeldId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.kind.as_str(), self.hash)
    }
}

impl FromStr for HeldId {
    type Err = NotAHeldId;

    /// Reads the first digits of an id, or all.
    fn from_str(text: &str) -> Result<Self, NotAHeldId> {
        Self::from_sort_key(&text.replacen('-', "#", 1)).ok_or(NotAHeldId)
    }
}

/// A text that is not the id of a held delivery.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not the id of a held delivery")]
pub struct NotAHeldId;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_as_it_is_written() {
        for text in ["invalid-3f2a9c51d0e4", "repeat-0", "invalid-f"] {
            assert_eq!(text.parse::<HeldId>().map(|id| id.to_string()), Ok(text.to_owned()));
        }
        for text in ["", "invalid", "invalid-", "other-3f", "invalid-3F", "invalid-3f-2", "#3f"] {
            assert_eq!(text.parse::<HeldId>(), Err(NotAHeldId), "{text}");
        }
    }
}
