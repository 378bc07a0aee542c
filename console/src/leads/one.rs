use crate::{
    address::{lead_path, read_account},
    app::Console,
    json::{Line, lines},
    page::{Answer, Done, Failed, Frame, Tab, compute, show},
    sessions::SessionState,
    words::When,
};
use askama::Template;
use axum::{
    Extension,
    extract::{Path, Query, State},
};
use jiff::Timestamp;
use operator::destinations::{ForwardingState, forwarding_states};
use providers::{LeadRecord, read_id};
use shared::{
    model::{Account, BrokenRule, ClaimKind, ContactKind, LeadId, StoredLead},
    table::LeadClaim,
};
use std::sync::Arc;

#[derive(Template)]
#[template(path = "lead.html")]
struct LeadPage {
    frame: Frame,
    id: String,
    provider: &'static str,
    account: String,
    when: When,
    name: String,
    email: String,
    phone: String,
    source: String,
    status: String,
    broken: Vec<String>,
    details: Vec<Line>,
    extra: Vec<Line>,
    claims: Vec<Claim>,
    forwarded: Vec<ForwardingState>,
    can_erase: bool,
    erase: String,
}

struct Claim {
    kind: &'static str,
    means: &'static str,
    expires: Option<When>,
}

impl Claim {
    fn new(LeadClaim { kind, expires_at }: LeadClaim, now: Timestamp) -> Self {
        let expires = expires_at.map(|at| When::new(at, now));
        Self { kind: kind.as_str(), means: means(kind), expires }
    }
}

pub(crate) async fn one(
    State(console): State<Arc<Console>>,
    Extension(session): Extension<SessionState>,
    Path((provider, account, id)): Path<(String, String, String)>,
    Query(Done { done }): Query<Done>,
) -> Answer {
    let account = read_account(&provider, account)?;
    let (_, id) = read_id(&id).ok_or_else(|| Failed::missing("this is not a lead's id"))?;
    let frame = Frame::new(&console, session, Tab::Leads).after(done.as_deref());
    let lead = get(&console, &account, id).await?;
    let (now, at) = (console.system().now(), lead.created_at);
    let claims = console.table().lead_claims(&account, id).await?;
    let claims = claims.into_iter().map(|claim| Claim::new(claim, now)).collect();
    let destinations = console.table().destinations().await?;
    let forwarded = forwarding_states(console.table(), &destinations, &account, &lead).await?;
    let can_erase = lead.email.is_some() || lead.phone.is_some();
    let record = LeadRecord::new(&account, lead).map_err(operator::Failure::from)?;
    let mask = frame.mask;
    let page = move || {
        show(&LeadPage {
            erase: format!("{}/erase", lead_path(&account, id)),
            name: mask.text(record.name.as_deref()),
            email: mask.text(record.email.as_deref()),
            phone: mask.text(record.phone.as_deref()),
            broken: record.broken_rules.iter().map(BrokenRule::to_string).collect(),
            details: lines(&mask.all(&record.details_text()), &[]),
            extra: record.extra_text().map(|text| lines(&mask.all(text), &[])).unwrap_or_default(),
            provider: account.provider.as_str(),
            account: account.id.to_string(),
            when: When::new(at, now),
            source: mask.text(record.source.as_deref()),
            status: mask.text(record.status.as_deref()),
            id: record.id,
            claims,
            forwarded,
            can_erase,
            frame,
        })
    };
    // The details may be long.
    compute(page).await?
}

pub(crate) async fn get(
    console: &Console,
    account: &Account,
    id: LeadId,
) -> Result<StoredLead, Failed> {
    let leads = console.table().get_leads(&[(account.clone(), id)]).await?;
    let lead = leads.into_iter().next().map(|(_, lead)| lead);
    lead.ok_or_else(|| Failed::missing("there is no such lead; it may have been erased"))
}

fn means(kind: ClaimKind) -> &'static str {
    match kind {
        ClaimKind::Contact(ContactKind::Email) => "no other lead of the account has this e-mail",
        ClaimKind::Contact(ContactKind::Phone) => {
            "no other lead of the account has this phone number"
        }
        ClaimKind::Replay => "the same body again is answered as the first time",
        ClaimKind::Redelivery => "the held delivery that it was made from makes no second lead",
        ClaimKind::IdempotencyKey => "the same Idempotency-Key again is answered as the first time",
    }
}
