use crate::{
    Account, Answer, Context, LeadId, MAX_BODY_BYTES, Outcome, RefusalReason, Rejection, Rule,
    StoreError, claim::sha256_hex,
};
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

/// The longest answer that is kept beside a body, in bytes: both must fit an item. An answer
/// may repeat what was sent.
const MAX_ANSWER_BYTES: usize = 16 * 1024;

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

    /// Keeps what the sender was answered, unless it is too long.
    #[must_use]
    pub fn answered(mut self, answer: &Answer) -> Self {
        let (status, body) = (answer.status().as_u16(), answer.body());
        let fits = body.len() <= MAX_ANSWER_BYTES;
        self.answer = fits.then(|| HeldAnswer { status, body: body.clone() });
        self
    }
}

impl fmt::Debug for HeldDelivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeldDelivery").field("reason", &self.reason).finish_non_exhaustive()
    }
}

impl RefusalReason for Rejection {
    fn as_str(&self) -> &'static str {
        match self {
            Self::Unauthorized(_) => "unauthorized",
            Self::BodyTooLarge => "body_too_large",
            Self::NotAnObject => "not_an_object",
            Self::Invalid(_) => "invalid",
            Self::IdempotencyKeyReused => "idempotency_key_reused",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
        }
    }

    /// Not where nobody knows whose it is, and not where its sender is to send it again.
    fn held_reason(&self) -> Option<HeldReason> {
        match self {
            // Who asked to be forgotten is not remembered for having come again.
            Self::Invalid(violations)
                if violations.iter().any(|violation| violation.rule == Rule::NotBlocked) =>
            {
                None
            }
            Self::NotAnObject | Self::Invalid(_) | Self::IdempotencyKeyReused => {
                Some(HeldReason::Invalid)
            }
            Self::Unauthorized(_) | Self::BodyTooLarge | Self::Unavailable | Self::Internal => None,
        }
    }
}

impl<D> Outcome<D> {
    /// Why a delivery that came to this is held, if it is.
    pub fn held_reason(&self) -> Option<HeldReason> {
        self.differs.then_some(HeldReason::Repeat(self.lead.id))
    }
}

impl Context {
    /// Holds a delivery of `account`. Its sender is not told, and hardly waits for it: where
    /// the table does not take it, or does not tell in time whether it names somebody the
    /// account blocks, it is not held.
    pub(crate) async fn hold(
        &self,
        account: &Account,
        target: Option<String>,
        body: &[u8],
        reason: HeldReason,
        answer: &Answer,
    ) {
        if body.len() > MAX_BODY_BYTES {
            return;
        }
        let now = self.sources.now();
        let held = HeldDelivery::new(account, reason, target, body.to_vec(), now).answered(answer);
        let put = async {
            // What could not be read was not looked through for a person who asked to be forgotten.
            let is_read = reason != HeldReason::Invalid;
            if is_read || !self.blocks.are_named_in(account, &held, held.received_at).await? {
                self.table.put_held(account, &held).await?;
            }
            Ok::<_, StoreError>(())
        };
        match tokio::time::timeout(self.patience.hold, put).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "a delivery could not be held"),
            Err(_) => tracing::warn!(error = "time-out", "a delivery could not be held"),
        }
    }
}
