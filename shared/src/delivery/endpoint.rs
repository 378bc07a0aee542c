//! The steps around every provider's handler. Their order matters: no lead may get lost.

use super::{
    access::{Endpoint, add_limit_headers, authenticate},
    answer::Answer,
    context::Context,
    handled::{DeliverySummary, Handled},
    log::DeliveryLog,
    rejection::Rejection,
};
use crate::{
    model::{
        Account, BrokenRule, Claims, HeldDelivery, HeldId, IDEMPOTENCY_KEY, IdempotencyKeyTooLong,
        Lead, MAX_IDEMPOTENCY_KEY, NewLead, Outcome, Scope,
    },
    request::{Fields, Request, Rule, Violation, read_body},
    table::CreateLeadError,
};
use jiff::Timestamp;
use lambda_http::http::HeaderValue;
use serde::{Serialize, de::DeserializeOwned};

/// A provider's address for leads: the parts of [`create_lead`] that differ between providers.
pub trait LeadEndpoint: Endpoint {
    /// The fields of a lead that only this provider has.
    type Details: Send;

    /// Reads a delivery and stores it as a lead.
    fn accept(delivery: &mut Delivery<'_>) -> impl Future<Output = Accepted<Self>> + Send;

    /// The answer to a delivery that is a lead.
    fn answer(outcome: &Outcome<Self::Details>) -> Answer;
}

/// The fields of a lead, as the bodies of one provider have them.
pub trait LeadFields: Sized {
    /// The name of the field with the person's e-mail.
    const EMAIL: &'static str = "email";
    /// The name of the field with the person's phone number.
    const PHONE: &'static str;

    /// Reads each field with its rules, in the provider's order.
    fn read(body: &mut Fields<'_>) -> Self;

    /// The e-mail as it was sent. It may have several addresses.
    fn email(&self) -> Option<&str>;

    /// The phone number as it was sent. It may have several numbers.
    fn phone(&self) -> Option<&str>;
}

/// Reads a body. The fields of a person whom the account blocks are invalid fields. A lenient key may
/// break the other rules of form; the body that is returned knows which.
///
/// # Errors
/// If the body cannot be read, a field is invalid, the person is blocked, or the table cannot be
/// read.
pub(super) async fn read_fields<'a, F: LeadFields>(
    context: &Context,
    account: &Account,
    body: &'a [u8],
    is_lenient: bool,
) -> Result<(F, Fields<'a>), Rejection> {
    let mut body = read_body(body)?;
    let fields = F::read(&mut body);
    if !is_lenient && !body.is_valid() {
        return Err(body.violations().into());
    }
    let (email, phone) = ((F::EMAIL, fields.email()), (F::PHONE, fields.phone()));
    match context.blocks.find_field(account, email, phone, context.system.now()).await? {
        Some(field) => Err(Violation { field, rule: Rule::NotBlocked, sent: None }.into()),
        None => Ok((fields, body)),
    }
}

/// The result of a delivery: a lead, or the reason why there is none.
pub type Accepted<E> = Result<Outcome<<E as LeadEndpoint>::Details>, Rejection>;

/// A delivery whose account is known.
pub struct Delivery<'a> {
    /// The context of its handler.
    pub context: &'a Context,
    /// The account of the delivery.
    pub account: &'a Account,
    /// The part of the account that the path named: a chatbot.
    pub target: Option<&'a str>,
    /// The body as it was sent.
    pub body: &'a [u8],
    /// The value of its `Idempotency-Key` header.
    pub idempotency_key: Option<&'a [u8]>,
    /// The id of the held delivery that is redelivered.
    pub held: Option<&'a HeldId>,
    /// When it was received.
    pub received_at: Timestamp,
    is_lenient: bool,
    broken_rules: Vec<BrokenRule>,
    log: &'a DeliveryLog,
}

impl Delivery<'_> {
    /// Reads the body. The fields of a person whom the account blocks are invalid fields.
    ///
    /// # Errors
    /// If the body cannot be read, a field is invalid, the person is blocked, or the table cannot
    /// be read.
    pub async fn read<F: LeadFields>(&mut self) -> Result<F, Rejection> {
        let Self { context, account, body, is_lenient, .. } = *self;
        let (fields, body) = read_fields(context, account, body, is_lenient).await?;
        self.broken_rules = body.broken_rules();
        Ok(fields)
    }

    /// Refuses a delivery whose field breaks a rule. With a lenient key, the rule is noted.
    ///
    /// # Errors
    /// The violation, unless the key is lenient.
    pub fn break_rule(&mut self, violation: Violation) -> Result<(), Violation> {
        if !self.is_lenient {
            return Err(violation);
        }
        self.broken_rules.push(violation.to_broken_rule());
        Ok(())
    }

    /// The claims that a delivery of any provider makes: its `Idempotency-Key`, if it has one, or
    /// that it is a redelivery.
    ///
    /// # Errors
    /// A key that is too long.
    pub fn claims(&self) -> Result<Claims, Violation> {
        let Self { body, target, idempotency_key, held, received_at, .. } = *self;
        let claims = Claims::new(body, target, idempotency_key, received_at);
        let claims = claims.map_err(|IdempotencyKeyTooLong| {
            let rule = Rule::Length { max: MAX_IDEMPOTENCY_KEY };
            Violation { field: IDEMPOTENCY_KEY, rule, sent: None }
        })?;
        Ok(match held {
            Some(id) => claims.redelivery(id),
            None => claims,
        })
    }

    /// A lead of this delivery with these details and no fields yet.
    pub fn new_lead<D>(&self, details: D) -> Lead<D> {
        let id = self.context.system.new_lead_id(self.received_at);
        Lead { broken_rules: self.broken_rules.clone(), ..Lead::new(id, self.received_at, details) }
    }

    /// Stores the lead of this delivery.
    ///
    /// # Errors
    /// Those of [`LeadTable::create_lead`](crate::table::LeadTable::create_lead).
    pub async fn store<D: Serialize + DeserializeOwned>(
        &self,
        claims: Claims,
        lead: Lead<D>,
    ) -> Result<Outcome<D>, CreateLeadError> {
        let Context { table, system, .. } = self.context;
        let new = NewLead { account: self.account.clone(), claims, lead };
        self.log.time_store(table.create_lead(new, system)).await
    }
}

/// Answers a request to a provider's address for leads.
pub async fn create_lead<E: LeadEndpoint>(state: &E::State, request: &Request) -> Handled {
    let context = state.as_ref();
    let log = DeliveryLog::start(context.report, E::PROVIDER, request.id.clone());
    let target = E::target(request);
    let (mut account, mut usage) = (None, None);
    let steps = async {
        let caller = authenticate::<E>(state, request, Scope::Create, &mut usage).await?;
        let mut delivery = Delivery {
            context,
            account: account.insert(caller.account),
            target: target.as_deref(),
            body: &request.body,
            idempotency_key: request.headers.get(IDEMPOTENCY_KEY).map(HeaderValue::as_bytes),
            held: None,
            received_at: context.system.now(),
            is_lenient: caller.is_lenient,
            broken_rules: Vec::new(),
            log: &log,
        };
        E::accept(&mut delivery).await
    };
    let result = context.in_time(steps).await;
    let reason = result.as_ref().map_or_else(Rejection::held_reason, Outcome::held_reason);
    let mut summary = summarize::<E>(&result);
    let mut answer = answer::<E>(result);
    add_limit_headers::<E>(&mut answer, usage);
    if let (Some(account), Some(reason)) = (&account, reason) {
        let held =
            HeldDelivery::new(account, reason, target, request.body.clone(), context.system.now());
        summary.held = context.hold(account, held, &answer, &summary).await;
    }
    summary.account = account;
    log.finish(summary.outcome, &answer);
    Handled { answer, summary }
}

fn answer<E: LeadEndpoint>(result: Accepted<E>) -> Answer {
    match result {
        Ok(outcome) => E::answer(&outcome),
        Err(rejection) => E::reject(rejection),
    }
}

fn summarize<E: LeadEndpoint>(result: &Accepted<E>) -> DeliverySummary {
    match result {
        Ok(outcome) => {
            let lead = Some(outcome.lead.id);
            DeliverySummary { lead, ..DeliverySummary::of(outcome.name()) }
        }
        Err(rejection) => DeliverySummary {
            lead: rejection.known_lead(),
            broken: rejection.broken_rules(),
            ..DeliverySummary::of(rejection.name())
        },
    }
}

/// Redelivers a held delivery of an account with another body. A second redelivery within a day
/// makes no second lead.
pub async fn redeliver<E: LeadEndpoint>(
    context: &Context,
    account: &Account,
    held: &HeldDelivery,
    body: &[u8],
) -> Handled {
    let log = DeliveryLog::start(context.report, E::PROVIDER, None);
    let mut delivery = Delivery {
        context,
        account,
        target: held.target.as_deref(),
        body,
        idempotency_key: None,
        held: Some(&held.id),
        received_at: context.system.now(),
        is_lenient: false,
        broken_rules: Vec::new(),
        log: &log,
    };
    let result = context.in_time(E::accept(&mut delivery)).await;
    let summary = summarize::<E>(&result);
    let answer = answer::<E>(result);
    log.finish(summary.outcome, &answer);
    Handled { answer, summary }
}
