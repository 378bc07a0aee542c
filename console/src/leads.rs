//! Leads: the list, one lead, the chart, and exports.

mod days;
mod export;

pub(crate) use days::days;
pub(crate) use export::export;

use crate::{
    app::Console,
    json::{Line, lines},
    page::{Answer, Failed, Frame, Tab, compute, show},
    sessions::Seat,
    words::When,
};
use askama::Template;
use axum::{
    Extension,
    extract::{Path, Query, State},
};
use operator::{
    destinations::{Way, ways_of_lead},
    moment::read_day,
};
use providers::{LeadRecord, read_id};
use serde::Deserialize;
use shared::{
    model::{Account, AccountId, LeadId, LeadSpan, Provider, StoredLead},
    table::{LeadClaim, LeadTable},
};
use std::sync::Arc;

/// How many leads a page has.
const PAGE: usize = 50;
/// How many leads are read at most to find those with a text.
const SEARCHED: usize = 2_000;
/// How many leads a search reads at a time.
const STEP: usize = 500;

/// Which leads to show.
#[derive(Clone, Default, Deserialize)]
pub(crate) struct Filter {
    #[serde(default)]
    provider: String,
    #[serde(default)]
    account: String,
    #[serde(default)]
    day: String,
    #[serde(default)]
    source: String,
    #[serde(default)]
    text: String,
    /// Only leads before this one: the next page.
    #[serde(default)]
    before: String,
}

impl Filter {
    /// The accounts that it selects.
    async fn accounts(&self, console: &Console) -> Result<Vec<Account>, Failed> {
        let provider = read_provider(&self.provider)?;
        let mut accounts = console.table().accounts(provider).await?;
        accounts.retain(|account| {
            self.account.is_empty() || account.id.as_str() == self.account.trim()
        });
        Ok(accounts)
    }

    /// The ids that it selects; none: there can be no such lead.
    fn span(&self, console: &Console) -> Result<Option<LeadSpan>, Failed> {
        let mut span = Some(LeadSpan::ALL);
        if !self.day.is_empty() {
            let (now, day) = (console.sources().now(), read_day(&self.day).map_err(Failed::input)?);
            let (start, end) = (day.start(now), day.end(now));
            let (start, end) = (start.map_err(Failed::input)?, end.map_err(Failed::input)?);
            span = LeadSpan::of_time(Some(start), Some(end));
        }
        if self.before.is_empty() {
            return Ok(span);
        }
        let before = self.before.parse::<LeadId>();
        let before = before.map_err(|_| Failed::input("the page's address names no lead"))?;
        Ok(span.and_then(|span| span.before(before)))
    }

    /// Whether leads must be read to know which it selects.
    fn searches(&self) -> bool {
        !self.source.is_empty() || !self.text.is_empty()
    }

    fn is_empty(&self) -> bool {
        self.provider.is_empty()
            && self.account.is_empty()
            && self.day.is_empty()
            && !self.searches()
    }

    fn takes(&self, lead: &StoredLead) -> bool {
        let source = lead.source.as_deref().unwrap_or_default();
        (self.source.is_empty() || source.eq_ignore_ascii_case(self.source.trim()))
            && (self.text.is_empty() || self.finds(lead))
    }

    fn finds(&self, lead: &StoredLead) -> bool {
        let text = self.text.trim().to_lowercase();
        let own = [&lead.name, &lead.email, &lead.phone, &lead.source, &lead.status];
        let has = |part: &str| part.to_lowercase().contains(&text);
        own.into_iter().flatten().any(|part| has(part))
            || lead.details.values().any(|value| has(&value.to_string()))
            || lead.extra.as_ref().is_some_and(|extra| has(extra.as_sent()))
    }
}

/// Reads the name of a provider; an empty text selects all.
pub(crate) fn read_provider(text: &str) -> Result<Option<Provider>, Failed> {
    if text.is_empty() {
        return Ok(None);
    }
    let provider = text.parse::<Provider>();
    provider.map(Some).map_err(|_| Failed::missing(format!("there is no provider {text}")))
}

/// Where a lead is shown.
pub(crate) fn path_of(account: &Account, id: LeadId) -> String {
    format!("/console/leads/{}/{}/{id}", account.provider.as_str(), encoded(account.id.as_str()))
}

/// A text as one segment of a path.
pub(crate) fn encoded(text: &str) -> String {
    askama::filters::urlencode_strict(text).map(|text| text.to_string()).unwrap_or_default()
}

/// Reads the account of a page's address.
pub(crate) fn read_account(provider: &str, id: String) -> Result<Account, Failed> {
    let missing = || Failed::missing("there is no such account");
    let provider = read_provider(provider)?.ok_or_else(missing)?;
    Ok(Account { provider, id: AccountId::try_from(id).map_err(|_| missing())? })
}

#[derive(Template)]
#[template(path = "leads.html")]
struct ListPage {
    frame: Frame,
    filter: Filter,
    rows: Vec<Row>,
    accounts: Vec<String>,
    /// The lead before which the next page begins.
    next: Option<LeadId>,
    /// How many leads a search read.
    searched: Option<usize>,
}

struct Row {
    path: String,
    name: String,
    contact: String,
    provider: &'static str,
    account: String,
    source: String,
    when: When,
}

pub(crate) async fn list(
    State(console): State<Arc<Console>>,
    Extension(seat): Extension<Seat>,
    Query(filter): Query<Filter>,
) -> Answer {
    let table = console.table().afresh();
    let accounts = filter.accounts(&console).await?;
    let Found { leads, next, searched } = match filter.span(&console)? {
        Some(span) => find(&table, &filter, &accounts, span).await?,
        None => Found { leads: Vec::new(), next: None, searched: None },
    };
    let frame = Frame::new(&console, seat, Tab::Leads).naming_skipped(&table);
    let now = console.sources().now();
    let rows = leads.iter().map(|(account, lead)| Row {
        path: path_of(account, lead.id),
        name: frame.mask.text(lead.name.as_deref()),
        contact: frame.mask.text(lead.email.as_deref().or(lead.phone.as_deref())),
        provider: account.provider.as_str(),
        account: account.id.to_string(),
        source: frame.mask.text(lead.source.as_deref()),
        when: When::new(lead.created_at, now),
    });
    let rows = rows.collect();
    let mut accounts: Vec<_> = accounts.iter().map(|account| account.id.to_string()).collect();
    accounts.dedup();
    show(&ListPage { frame, filter, rows, accounts, next, searched })
}

struct Found {
    leads: Vec<(Account, StoredLead)>,
    next: Option<LeadId>,
    searched: Option<usize>,
}

/// One page of leads. Without a text to search for, it takes as many requests to the table as
/// `leads list` does.
async fn find(
    table: &LeadTable,
    filter: &Filter,
    accounts: &[Account],
    span: LeadSpan,
) -> Result<Found, Failed> {
    if !filter.searches() {
        let leads = table.newest_leads(accounts, span, PAGE).await?;
        let next = leads.last().filter(|_| leads.len() == PAGE).map(|(_, lead)| lead.id);
        return Ok(Found { leads, next, searched: None });
    }
    let (mut leads, mut read, mut rest) = (Vec::new(), 0, Some(span));
    while let Some(span) = rest {
        let page = table.newest_leads(accounts, span, STEP).await?;
        let oldest = page.last().map(|(_, lead)| lead.id);
        rest = oldest.filter(|_| page.len() == STEP).and_then(|oldest| span.before(oldest));
        read += page.len();
        leads.extend(page.into_iter().filter(|(_, lead)| filter.takes(lead)));
        if leads.len() >= PAGE {
            leads.truncate(PAGE);
            let next = leads.last().map(|(_, lead)| lead.id);
            return Ok(Found { leads, next, searched: Some(read) });
        }
        if read >= SEARCHED {
            let next = oldest.filter(|_| rest.is_some());
            return Ok(Found { leads, next, searched: Some(read) });
        }
    }
    Ok(Found { leads, next: None, searched: Some(read) })
}

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
    details: Vec<Line>,
    extra: Vec<Line>,
    claims: Vec<Claim>,
    ways: Vec<Way>,
    can_erase: bool,
    erase: String,
}

struct Claim {
    kind: String,
    means: &'static str,
    expires: Option<When>,
}

#[derive(Deserialize)]
pub(crate) struct Done {
    done: Option<String>,
}

pub(crate) async fn one(
    State(console): State<Arc<Console>>,
    Extension(seat): Extension<Seat>,
    Path((provider, account, id)): Path<(String, String, String)>,
    Query(Done { done }): Query<Done>,
) -> Answer {
    let account = read_account(&provider, account)?;
    let (_, id) = read_id(&id).ok_or_else(|| Failed::missing("this is not a lead's id"))?;
    let frame = Frame::new(&console, seat, Tab::Leads).after(done.as_deref());
    let lead = get(&console, &account, id).await?;
    let (now, at) = (console.sources().now(), lead.created_at);
    let claims = console.table().lead_claims(&account, id).await?;
    let claims = claims.into_iter().map(|LeadClaim { kind, expires_at }| Claim {
        means: means(&kind),
        kind,
        expires: expires_at.map(|at| When::new(at, now)),
    });
    let claims = claims.collect();
    let destinations = console.table().destinations().await?;
    let ways = ways_of_lead(console.table(), &destinations, &account, id).await?;
    let can_erase = lead.email.is_some() || lead.phone.is_some();
    let record = LeadRecord::new(&account, lead).map_err(operator::Failure::from)?;
    let mask = frame.mask;
    let page = move || {
        show(&LeadPage {
            erase: format!("{}/erase", path_of(&account, id)),
            name: mask.text(record.name.as_deref()),
            email: mask.text(record.email.as_deref()),
            phone: mask.text(record.phone.as_deref()),
            details: lines(&mask.all(&record.details_text()), &[]),
            extra: record.extra_text().map(|text| lines(&mask.all(text), &[])).unwrap_or_default(),
            provider: account.provider.as_str(),
            account: account.id.to_string(),
            when: When::new(at, now),
            source: mask.text(record.source.as_deref()),
            status: mask.text(record.status.as_deref()),
            id: record.id,
            claims,
            ways,
            can_erase,
            frame,
        })
    };
    // The details may be long.
    compute(page).await?
}

/// The lead of an account.
pub(crate) async fn get(
    console: &Console,
    account: &Account,
    id: LeadId,
) -> Result<StoredLead, Failed> {
    let leads = console.table().get_leads(&[(account.clone(), id)]).await?;
    let lead = leads.into_iter().next().map(|(_, lead)| lead);
    lead.ok_or_else(|| Failed::missing("there is no such lead; it may have been erased"))
}

fn means(kind: &str) -> &'static str {
    match kind {
        "email" => "no other lead of the account has this e-mail",
        "phone" => "no other lead of the account has this phone number",
        "replay" => "the same body again is answered as the first time",
        "redelivery" => "the held delivery that it was made from makes no second lead",
        "idempotency-key" => "the same Idempotency-Key again is answered as the first time",
        _ => "",
    }
}
