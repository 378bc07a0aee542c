//! The steps around every provider's handler, in the order that keeps leads safe.

use crate::{
    Account, Answer, Claims, Context, CreateLeadError, DeliveryLog, HeldDelivery, HeldReason, Lead,
    NewLead, Outcome, Provider, Rejection, Request, Violation, claim::IDEMPOTENCY_KEY,
};
use jiff::Timestamp;
use serde::{Serialize, de::DeserializeOwned};

/// A provider's address for leads: what differs between providers in the steps that
/// [`create_lead`] takes.
pub trait LeadEndpoint {
    /// Whose address it is.
    const PROVIDER: Provider;
    /// What its function is given besides the request.
    type State: AsRef<Context> + Sync;
    /// What this provider alone knows of a lead.
    type Details: Send;
    /// Why it refuses a delivery.
    type Refusal: RefusalReason;

    /// The account whose key the sender has.
    fn authenticate(
        state: &Self::State,
        request: &Request,
    ) -> impl Future<Output = Result<Account, Self::Refusal>> + Send;

    /// What of the account the request is for, where its path says so.
    fn target(_request: &Request) -> Option<String> {
        None
    }

    /// Reads a delivery, makes a lead of it and stores it.
    fn accept(
        context: &Context,
        delivery: &Delivery<'_>,
    ) -> impl Future<Output = Result<Outcome<Self::Details>, Self::Refusal>> + Send;

    /// What the sender is answered.
    fn answer(result: Result<Outcome<Self::Details>, Self::Refusal>) -> Answer;
}

/// Why a provider refuses a delivery: a reason any provider may have, or one of its own.
pub trait RefusalReason: From<Rejection> + Send {
    /// The reason's name in logs.
    fn as_str(&self) -> &'static str;

    /// Why a delivery that was refused so is held, if it is.
    fn held_reason(&self) -> Option<HeldReason>;
}

/// A delivery whose account is known.
pub struct Delivery<'a> {
    /// The account it is for.
    pub account: &'a Account,
    /// What of the account it is for, where an account has several: a chatbot.
    pub target: Option<&'a str>,
    /// The body as it was sent.
    pub body: &'a [u8],
    /// The value of its `Idempotency-Key` header.
    pub idempotency_key: Option<&'a [u8]>,
    /// When it came.
    pub received_at: Timestamp,
    log: &'a DeliveryLog,
}

impl Delivery<'_> {
    /// The claims that any provider's delivery makes: so far, its `Idempotency-Key`.
    ///
    /// # Errors
    /// A key that is too long.
    pub fn claims(&self) -> Result<Claims, Violation> {
        Claims::new(self.body, self.target, self.idempotency_key, self.received_at)
    }

    /// Stores the lead that the delivery is.
    ///
    /// # Errors
    /// Those of [`LeadTable::create_lead`](crate::LeadTable::create_lead).
    pub async fn store<D: Serialize + DeserializeOwned>(
        &self,
        context: &Context,
        claims: Claims,
        lead: Lead<D>,
    ) -> Result<Outcome<D>, CreateLeadError> {
        let new = NewLead { account: self.account.clone(), claims, lead };
        self.log.time_store(context.table.create_lead(new, &context.sources)).await
    }
}

/// Answers a request to a provider's address for leads.
pub async fn create_lead<E: LeadEndpoint>(state: &E::State, request: &Request) -> Answer {
    let context = state.as_ref();
    let log = DeliveryLog::start(context, E::PROVIDER, request.id.clone());
    let target = E::target(request);
    let mut account = None;
    let steps = async {
        let delivery = Delivery {
            account: account.insert(E::authenticate(state, request).await?),
            target: target.as_deref(),
            body: &request.body,
            idempotency_key: request.headers.get(IDEMPOTENCY_KEY).map(|value| value.as_bytes()),
            received_at: context.sources.now(),
            log: &log,
        };
        E::accept(context, &delivery).await
    };
    let result = context.in_time(steps).await;
    let reason = result.as_ref().map_or_else(RefusalReason::held_reason, Outcome::held_reason);
    let outcome = result.as_ref().map_or_else(RefusalReason::as_str, Outcome::as_str);
    let answer = E::answer(result);
    if let (Some(account), Some(reason)) = (account, reason) {
        context.hold(&account, target, &request.body, reason, &answer).await;
    }
    log.finish(outcome, answer)
}

/// What became of a held delivery that its account's owner delivered again.
pub struct Redelivered {
    /// What its sender would have been answered.
    pub answer: Answer,
    /// Whether it is a lead now, and need not be held any longer.
    pub became_lead: bool,
}

/// Delivers again what was held for an account, with `body` in place of its own: under an
/// `Idempotency-Key` of its own, so that a redelivery that is repeated makes no second lead.
pub async fn redeliver<E: LeadEndpoint>(
    context: &Context,
    account: &Account,
    held: &HeldDelivery,
    body: &[u8],
) -> Redelivered {
    let log = DeliveryLog::start(context, E::PROVIDER, None);
    let delivery = Delivery {
        account,
        target: held.target.as_deref(),
        body,
        idempotency_key: Some(held.id.as_bytes()),
        received_at: context.sources.now(),
        log: &log,
    };
    let result = context.in_time(E::accept(context, &delivery)).await;
    let became_lead = result.as_ref().is_ok_and(Outcome::is_new);
    let outcome = result.as_ref().map_or_else(RefusalReason::as_str, Outcome::as_str);
    Redelivered { answer: log.finish(outcome, E::answer(result)), became_lead }
}
