//! The steps around every provider's handler, in the order that keeps leads safe.

use super::{
    answer::Answer,
    context::Context,
    log::DeliveryLog,
    rejection::{RefusalReason, Rejection},
};
use crate::{
    model::{
        Account, ApiKey, Claims, EntryId, EntryKey, HeldDelivery, IDEMPOTENCY_KEY,
        IdempotencyKeyTooLong, Lead, LeadId, MAX_IDEMPOTENCY_KEY, NewLead, Outcome, Provider,
        TokenHash,
    },
    request::{Request, Rule, Violation, bearer_token},
    table::{CreateLeadError, StoreError},
};
use jiff::Timestamp;
use serde::{Serialize, de::DeserializeOwned};

/// A provider's address for leads: what differs between providers in the steps that
/// [`create_lead`] takes.
pub trait LeadEndpoint: Sized {
    /// Whose address it is.
    const PROVIDER: Provider;
    /// What its function is given besides the request.
    type State: AsRef<Context> + Sync;
    /// What this provider alone knows of a lead.
    type Details: Send;
    /// Why it refuses a delivery.
    type Refusal: RefusalReason;

    /// The account whose key the sender has: a key that is the request's bearer token, unless
    /// the provider asks for something else.
    fn authenticate(
        state: &Self::State,
        request: &Request,
    ) -> impl Future<Output = Result<Account, Self::Refusal>> + Send {
        async move {
            let token = TokenHash::of(bearer_token(&request.headers)?);
            let account_of = |key: &ApiKey| Self::account_of(key, request);
            state.as_ref().authenticate(Self::PROVIDER, token, account_of).await
        }
    }

    /// The account that a request with this key is for.
    ///
    /// # Errors
    /// A request that the key does not allow.
    fn account_of(key: &ApiKey, _request: &Request) -> Result<Account, Self::Refusal> {
        Ok(key.account.clone())
    }

    /// What of the account the request is for, where its path says so.
    fn target(_request: &Request) -> Option<String> {
        None
    }

    /// Reads a delivery, makes a lead of it and stores it.
    fn accept(delivery: &Delivery<'_>) -> impl Future<Output = Accepted<Self>> + Send;

    /// What the sender is answered.
    fn answer(accepted: Accepted<Self>) -> Answer;
}

/// What an endpoint's delivery came to: a lead, or why there is none.
pub type Accepted<E> = Result<Outcome<<E as LeadEndpoint>::Details>, <E as LeadEndpoint>::Refusal>;

/// A delivery whose account is known.
pub struct Delivery<'a> {
    /// What its handler is given besides it.
    pub context: &'a Context,
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
        let Self { body, target, idempotency_key, received_at, .. } = *self;
        Claims::new(body, target, idempotency_key, received_at).map_err(|IdempotencyKeyTooLong| {
            let rule = Rule::Length { max: MAX_IDEMPOTENCY_KEY };
            Violation { field: IDEMPOTENCY_KEY, rule, sent: None }
        })
    }

    /// A new id for the lead that the delivery is.
    pub fn draw_lead_id(&self) -> LeadId {
        self.context.sources.draw_lead_id(self.received_at)
    }

    /// The entry of the account's directory that a delivery points to, where there is one.
    ///
    /// # Errors
    /// Where the table could not be read, or the entry is of another shape.
    pub async fn find_entry<T: DeserializeOwned>(
        &self,
        kind: &'static str,
        id: &str,
    ) -> Result<Option<T>, StoreError> {
        let Ok(id) = id.parse::<EntryId>() else { return Ok(None) };
        let key = EntryKey::new(kind, id);
        let keys = vec![key.clone()];
        self.context.directory.find(self.account, keys, self.received_at).await?.get(&key)
    }

    /// Lets a delivery pass unless the account blocks its person. The e-mail and the phone are
    /// each given with the name of their field; either may be several.
    ///
    /// # Errors
    /// A field at fault where the person is blocked; where the table could not tell.
    pub async fn check_blocks(
        &self,
        email: (&'static str, Option<&str>),
        phone: (&'static str, Option<&str>),
    ) -> Result<(), Rejection> {
        let blocks = &self.context.blocks;
        match blocks.find_field(self.account, email, phone, self.received_at).await? {
            Some(field) => Err(Violation { field, rule: Rule::NotBlocked, sent: None }.into()),
            None => Ok(()),
        }
    }

    /// Stores the lead that the delivery is.
    ///
    /// # Errors
    /// Those of [`LeadTable::create_lead`](crate::table::LeadTable::create_lead).
    pub async fn store<D: Serialize + DeserializeOwned>(
        &self,
        claims: Claims,
        lead: Lead<D>,
    ) -> Result<Outcome<D>, CreateLeadError> {
        let Context { table, sources, .. } = self.context;
        let new = NewLead { account: self.account.clone(), claims, lead };
        self.log.time_store(table.create_lead(new, sources)).await
    }
}

/// Answers a request to a provider's address for leads.
pub async fn create_lead<E: LeadEndpoint>(state: &E::State, request: &Request) -> Answer {
    let context = state.as_ref();
    let log = DeliveryLog::start(context.report, E::PROVIDER, request.id.clone());
    let target = E::target(request);
    let mut account = None;
    let steps = async {
        let delivery = Delivery {
            context,
            account: account.insert(E::authenticate(state, request).await?),
            target: target.as_deref(),
            body: &request.body,
            idempotency_key: request
                .headers
                .get(IDEMPOTENCY_KEY)
                .map(lambda_http::http::HeaderValue::as_bytes),
            received_at: context.sources.now(),
            log: &log,
        };
        E::accept(&delivery).await
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
    let log = DeliveryLog::start(context.report, E::PROVIDER, None);
    let delivery = Delivery {
        context,
        account,
        target: held.target.as_deref(),
        body,
        idempotency_key: Some(held.id.as_bytes()),
        received_at: context.sources.now(),
        log: &log,
    };
    let result = context.in_time(E::accept(&delivery)).await;
    let became_lead = result.as_ref().is_ok_and(Outcome::is_new);
    let outcome = result.as_ref().map_or_else(RefusalReason::as_str, Outcome::as_str);
    Redelivered { answer: log.finish(outcome, E::answer(result)), became_lead }
}
