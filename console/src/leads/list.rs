use super::filter::Filter;
use crate::{
    address::lead_path,
    app::Console,
    page::{Answer, Failed, Frame, Tab, show},
    sessions::SessionState,
    words::When,
};
use askama::Template;
use axum::{
    Extension,
    extract::{Query, State},
};
use shared::{
    model::{Account, LeadId, LeadSpan, StoredLead},
    table::LeadTable,
};
use std::sync::Arc;

/// How many leads a page has.
const PAGE: usize = 50;
/// How many leads are read at most to find those with a text.
const SEARCHED: usize = 2_000;
/// How many leads a search reads at a time.
const STEP: usize = 500;

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
    Extension(session): Extension<SessionState>,
    Query(filter): Query<Filter>,
) -> Answer {
    let table = console.table().afresh();
    let accounts = filter.accounts(&console).await?;
    let Found { leads, next, searched } = match filter.span(&console)? {
        Some(span) => find(&table, &filter, &accounts, span).await?,
        None => Found { leads: Vec::new(), next: None, searched: None },
    };
    let frame = Frame::new(&console, session, Tab::Leads).naming_skipped(&table);
    let now = console.system().now();
    let rows = leads.iter().map(|(account, lead)| Row {
        path: lead_path(account, lead.id),
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
