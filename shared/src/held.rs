use crate::{
    Account, Context, LeadId, MAX_BODY_BYTES, Outcome, RefusalReason, Rejection, Rule, StoreError,
    claim::sha256_hex,
};
use jiff::{SignedDuration, Timestamp};
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
    /// Why it is held.
    pub reason: HeldReason,
    /// What it was delivered to, where an account has several: a chatbot.
    pub target: Option<String>,
    /// The body as it was sent.
    pub body: Vec<u8>,
    /// When it came last.
    pub received_at: Timestamp,
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
    /// The delivery's id in its account.
    pub fn id(&self) -> String {
        let target = self.target.as_deref().unwrap_or_default();
        let words = [self.body.as_slice(), b"#", target.as_bytes()].concat();
        format!("{}#{}", self.reason.as_str(), sha256_hex(&words))
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
    ) {
        if body.len() > MAX_BODY_BYTES {
            return;
        }
        let (body, received_at) = (body.to_vec(), self.sources.now());
        let held = HeldDelivery { reason, target, body, received_at };
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
