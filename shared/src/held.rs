use crate::{
    Account, Context, LeadId, MAX_BODY_BYTES, Outcome, Rejection, Rule, StoreError,
    claim::{IDEMPOTENCY_KEY, sha256_hex},
};
use jiff::{SignedDuration, Timestamp};
use lambda_http::{Body, Request, RequestExt, Response, http::HeaderValue};
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

/// What a delivery came to that was held and comes again.
pub struct Replayed {
    /// What its sender would have been answered.
    pub answer: Response<Body>,
    /// Whether it is a lead now, and need not be held any longer.
    pub became_lead: bool,
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

    /// The delivery as it comes again, saying `body`: under an `Idempotency-Key` of its own,
    /// so that a replay that is repeated makes no second lead.
    pub fn request(&self, body: Vec<u8>) -> Request {
        let mut request = Request::new(Body::Binary(body));
        if let Ok(key) = HeaderValue::try_from(self.id()) {
            request.headers_mut().insert(IDEMPOTENCY_KEY, key);
        }
        match &self.target {
            Some(chatbot) => request.with_raw_http_path(format!("/chatbots/{chatbot}/leads")),
            None => request,
        }
    }
}

impl fmt::Debug for HeldDelivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeldDelivery").field("reason", &self.reason).finish_non_exhaustive()
    }
}

impl Rejection {
    /// Why a delivery that was refused so is held, if it is: not where nobody knows whose it
    /// is, and not where its sender is to send it again.
    pub fn held_reason(&self) -> Option<HeldReason> {
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
    /// Holds a delivery of `account`, where there is a `reason` to. Its sender is not told,
    /// and hardly waits for it: where the table does not take it, or does not tell in time
    /// whether it names somebody the account blocks, it is let go.
    pub async fn hold(
        &self,
        account: Option<Account>,
        target: Option<String>,
        request: &Request,
        reason: Option<HeldReason>,
    ) {
        let (Some(account), Some(reason)) = (account, reason) else { return };
        let body = request.body().as_ref().to_vec();
        if body.len() > MAX_BODY_BYTES {
            return;
        }
        let held = HeldDelivery { reason, target, body, received_at: self.sources.now() };
        let put = async {
            // What could not be read was not looked through for a person who asked to be forgotten.
            let is_read = reason != HeldReason::Invalid;
            if is_read || !self.blocks.are_named_in(&account, &held, held.received_at).await? {
                self.table.put_held(&account, &held).await?;
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
