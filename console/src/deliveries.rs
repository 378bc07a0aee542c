//! The live list of deliveries, and one delivery with all that is known of it.

mod events;
mod row;
mod send;

pub(crate) use events::events;
pub(crate) use send::{again, edited, sample, send_sample};

use crate::{
    app::{Console, Live},
    json::{Line, lines, pretty},
    page::{Answer, Failed, Frame, Tab, go, show},
    sessions::Seat,
    snippets::{Snippet, masked_headers, needs_secret, snippets},
    words::{Ending, When, ending, size},
};
use askama::Template;
use axum::{
    Extension,
    extract::{Path, Query, State},
};
use local::{REMEMBERED, SeenBody, SeenDelivery};
use providers::write_id;
use row::Rows;
use send::{SampleAddress, why_not_again};
use serde::Deserialize;
use shared::model::{BrokenRule, HeldKind, OutcomeName};
use std::sync::Arc;

/// How many rows the page has.
pub(crate) const SHOWN: usize = 100;

/// Which deliveries to show.
#[derive(Clone, Default, Deserialize)]
pub(crate) struct Filter {
    #[serde(default)]
    provider: String,
    #[serde(default)]
    outcome: String,
    #[serde(default)]
    text: String,
    /// Whether to show all that are remembered.
    #[serde(default)]
    all: String,
}

impl Filter {
    fn takes(&self, seen: &SeenDelivery) -> bool {
        (self.provider.is_empty() || seen.provider.as_str() == self.provider)
            && (self.outcome.is_empty() || ending(seen.summary.outcome).kind == self.outcome)
            && (self.text.is_empty() || self.finds(seen))
    }

    fn finds(&self, seen: &SeenDelivery) -> bool {
        let text = self.text.to_lowercase();
        let texts = [&seen.path, &seen.body.text, &seen.answer_body.text];
        texts.into_iter().any(|part| part.to_lowercase().contains(&text))
    }

    fn limit(&self) -> usize {
        if self.all.is_empty() { SHOWN } else { REMEMBERED }
    }

    fn is_empty(&self) -> bool {
        self.provider.is_empty() && self.outcome.is_empty() && self.text.is_empty()
    }

    /// As a part of an address.
    fn query(&self) -> String {
        let mut query = url_query();
        for (name, value) in
            [("provider", &self.provider), ("outcome", &self.outcome), ("text", &self.text)]
        {
            if !value.is_empty() {
                query.append(name, value);
            }
        }
        query.finish()
    }
}

/// Writes the part of an address after the question mark.
#[derive(Default)]
struct QueryText(String);

fn url_query() -> QueryText {
    QueryText::default()
}

impl QueryText {
    fn append(&mut self, name: &str, value: &str) {
        let value = askama::filters::urlencode_strict(value).map(|text| text.to_string());
        self.0 += if self.0.is_empty() { "?" } else { "&" };
        self.0 += &format!("{name}={}", value.unwrap_or_default());
    }

    fn finish(self) -> String {
        self.0
    }
}

#[derive(Template)]
#[template(path = "deliveries.html")]
struct Page {
    frame: Frame,
    rows: Rows,
    filter: Filter,
    query: String,
    total: usize,
    newest: u64,
    samples: Vec<SampleAddress>,
    base: String,
    detail: Option<Detail>,
}

/// One delivery.
struct Detail {
    number: u64,
    ending: Ending,
    when: When,
    provider: &'static str,
    path: String,
    status: u16,
    milliseconds: String,
    account: Option<String>,
    lead: Option<LeadLink>,
    held: Option<HeldLink>,
    broken: Vec<BrokenRule>,
    headers: Vec<(String, String)>,
    body: BodyView,
    answer_headers: Vec<(String, String)>,
    answer: BodyView,
    snippets: Vec<Snippet>,
    /// Whether the snippets also need a secret.
    needs_secret: bool,
    can_send: bool,
}

struct LeadLink {
    shown: String,
    path: String,
}

struct HeldLink {
    path: String,
    is_repeat: bool,
}

/// A body for people, and as it was sent.
struct BodyView {
    lines: Vec<Line>,
    raw: String,
    /// Whether the lines differ from what was sent.
    is_formatted: bool,
    /// Says what of it is not kept.
    cut: Option<String>,
}

impl BodyView {
    fn new(body: &SeenBody, broken: &[BrokenRule]) -> Self {
        let cut = why_not_again(body).map(|why| {
            if body.is_whole() {
                return why.to_owned();
            }
            format!("the first 16 KiB of {}; the rest is not kept", size(body.size))
        });
        Self {
            lines: lines(&body.text, broken),
            is_formatted: pretty(&body.text).is_some_and(|text| text != body.text),
            raw: body.text.clone(),
            cut,
        }
    }

    fn hidden() -> Self {
        let text = "a token, which is not shown here";
        Self { lines: lines(text, &[]), raw: text.to_owned(), is_formatted: false, cut: None }
    }
}

impl Detail {
    fn new(console: &Console, live: &Live, seen: &SeenDelivery) -> Self {
        let summary = &seen.summary;
        let issues_token = summary.outcome == OutcomeName::TokenIssued;
        let answer =
            if issues_token { BodyView::hidden() } else { BodyView::new(&seen.answer_body, &[]) };
        Self {
            number: seen.number,
            ending: ending(summary.outcome),
            when: When::new(seen.at, console.sources().now()),
            provider: seen.provider.as_str(),
            path: seen.path.clone(),
            status: seen.status,
            milliseconds: row::milliseconds(seen.duration),
            account: summary.account.as_ref().map(|account| account.id.to_string()),
            lead: lead_link(seen),
            held: held_link(seen),
            headers: masked_headers(&seen.headers),
            body: BodyView::new(&seen.body, &summary.broken),
            answer_headers: seen.answer_headers.clone(),
            answer,
            snippets: snippets(&live.base, seen),
            needs_secret: needs_secret(&seen.headers),
            can_send: why_not_again(&seen.body).is_none(),
            broken: summary.broken.clone(),
        }
    }

    fn status_text(&self) -> &'static str {
        let status = axum::http::StatusCode::from_u16(self.status).ok();
        status.and_then(|status| status.canonical_reason()).unwrap_or_default()
    }
}

fn lead_link(seen: &SeenDelivery) -> Option<LeadLink> {
    let (account, id) = (seen.summary.account.as_ref()?, seen.summary.lead?);
    let shown = write_id(account.provider, id);
    Some(LeadLink { path: crate::leads::path_of(account, id), shown })
}

/// Where a held delivery is shown.
fn held_link(seen: &SeenDelivery) -> Option<HeldLink> {
    let (account, id) = (seen.summary.account.as_ref()?, seen.summary.held.as_ref()?);
    let is_repeat = id.kind == HeldKind::Repeat;
    Some(HeldLink { path: crate::held::path_of(account, id), is_repeat })
}

pub(crate) async fn list(
    State(console): State<Arc<Console>>,
    Extension(seat): Extension<Seat>,
    Query(filter): Query<Filter>,
) -> Answer {
    page(&console, seat, filter, None).await
}

pub(crate) async fn one(
    State(console): State<Arc<Console>>,
    Extension(seat): Extension<Seat>,
    Path(number): Path<u64>,
    Query(filter): Query<Filter>,
) -> Answer {
    let live = live(&console)?;
    let seen = live.recent.get(number).ok_or_else(|| {
        Failed::missing(format!("the delivery {number} is not among the last {REMEMBERED}"))
    })?;
    let detail = Detail::new(&console, live, &seen);
    page(&console, seat, filter, Some(detail)).await
}

async fn page(console: &Console, seat: Seat, filter: Filter, detail: Option<Detail>) -> Answer {
    let live = live(console)?;
    let newest = live.recent.newest();
    let all = live.recent.after(0);
    let total = all.len();
    let open = detail.as_ref().map(|detail| detail.number);
    let rows = Rows::find(all, filter.clone(), console.sources().now(), open).await?;
    show(&Page {
        frame: Frame::new(console, seat, Tab::Deliveries),
        rows,
        query: filter.query(),
        filter,
        total,
        newest,
        samples: if live.has_samples { send::samples() } else { vec![] },
        base: live.base.clone(),
        detail,
    })
}

/// The local server.
fn live(console: &Console) -> Result<&Live, Failed> {
    let missing = || Failed::missing("deliveries are shown by the server that receives them");
    console.live.as_ref().ok_or_else(missing)
}

pub(crate) async fn clear(State(console): State<Arc<Console>>) -> Answer {
    live(&console)?.recent.clear();
    go(Tab::Deliveries.path())
}
