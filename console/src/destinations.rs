//! Where leads are forwarded to.

use crate::{
    app::Console,
    leads::host,
    page::{Answer, Failed, Frame, Tab, go, show},
    sessions::Seat,
    words::When,
};
use askama::Template;
use axum::{
    Extension,
    extract::{Path, Query, State},
};
use jiff::Timestamp;
use serde::Deserialize;
use shared::{
    model::{Destination, DestinationId, DestinationState, LeadSpan},
    operator::DestinationChange,
    table::Order,
};
use std::sync::Arc;

/// How many waiting leads are counted.
const COUNTED: i32 = 100;

#[derive(Template)]
#[template(path = "destinations.html")]
struct ListPage {
    frame: Frame,
    rows: Vec<Row>,
    can_test: bool,
}

struct Row {
    id: String,
    label: String,
    host: String,
    provider: &'static str,
    account: String,
    state: &'static str,
    is_active: bool,
    last: String,
    last_at: Option<When>,
    next_at: Option<When>,
    waiting: String,
    set_aside: usize,
    format: &'static str,
}

#[derive(Deserialize)]
pub(crate) struct Done {
    done: Option<String>,
}

pub(crate) async fn list(
    State(console): State<Arc<Console>>,
    Extension(seat): Extension<Seat>,
    Query(Done { done }): Query<Done>,
) -> Answer {
    let mut rows = Vec::new();
    for destination in console.table().destinations().await? {
        rows.push(Row::read(&console, &destination).await?);
    }
    let frame = Frame::new(&console, seat, Tab::Destinations).after(done.as_deref());
    show(&ListPage { frame, rows, can_test: console.forwarder.is_some() })
}

impl Row {
    async fn read(console: &Console, destination: &Destination) -> Result<Self, Failed> {
        let now = console.sources().now();
        let (table, account) = (console.table(), destination.account());
        let waiting = match LeadSpan::ALL.after(destination.cursor) {
            Some(span) => {
                let page = table.leads(&account, span, Order::OldestFirst, Some(COUNTED)).await?;
                let more = if page.rest.is_some() { "+" } else { "" };
                format!("{}{more}", page.leads.len())
            }
            None => "0".to_owned(),
        };
        let set_aside =
            table.events_set_aside(&account, Some(&destination.id), None, now).await?.len();
        let last = destination.last.as_ref();
        Ok(Self {
            id: destination.id.to_string(),
            label: destination.label.clone().unwrap_or_default(),
            host: host(destination),
            provider: destination.provider.as_str(),
            account: destination.account.to_string(),
            state: state(destination, now),
            is_active: destination.state == DestinationState::Active,
            last: last.map_or_else(String::new, |last| {
                let error = || last.error.clone().unwrap_or_default();
                last.status.map_or_else(error, |status| status.to_string())
            }),
            last_at: last.map(|last| When::new(last.at, now)),
            next_at: destination.next_attempt_at.map(|at| When::new(at, now)),
            waiting,
            set_aside,
            format: destination.format.as_str(),
        })
    }
}

/// The state in words.
fn state(destination: &Destination, now: Timestamp) -> &'static str {
    let waits = destination.next_attempt_at.is_some_and(|at| now < at);
    match destination.state {
        DestinationState::Active if waits => "waiting after a failure",
        DestinationState::Active if destination.is_failing() => "failing",
        DestinationState::Active => "active",
        DestinationState::Paused => "paused",
        DestinationState::Gone => "paused: it answered 410 Gone",
    }
}

async fn find(console: &Console, id: &str) -> Result<Destination, Failed> {
    let missing = || Failed::missing("there is no such destination");
    let id = id.parse::<DestinationId>().map_err(|_| missing())?;
    let all = console.table().destinations().await?;
    all.into_iter().find(|destination| destination.id == id).ok_or_else(missing)
}

async fn set(console: &Console, id: &str, state: DestinationState) -> Result<(), Failed> {
    let found = find(console, id).await?;
    let next_attempt_at = match state {
        // It is due at once.
        DestinationState::Active => None,
        DestinationState::Paused | DestinationState::Gone => found.next_attempt_at,
    };
    let changed = Destination { state, next_attempt_at, ..found };
    if console.table().change_destination(&changed, DestinationChange::State).await? {
        Ok(())
    } else {
        Err(Failed::missing("there is no such destination"))
    }
}

pub(crate) async fn pause(State(console): State<Arc<Console>>, Path(id): Path<String>) -> Answer {
    set(&console, &id, DestinationState::Paused).await?;
    go("/console/destinations?done=paused")
}

pub(crate) async fn resume(State(console): State<Arc<Console>>, Path(id): Path<String>) -> Answer {
    set(&console, &id, DestinationState::Active).await?;
    go("/console/destinations?done=resumed")
}

#[derive(Template)]
#[template(path = "destination_tested.html")]
struct TestedPage {
    frame: Frame,
    host: String,
    status: Option<u16>,
    text: String,
    is_good: bool,
}

/// Posts a test message, and shows the answer.
pub(crate) async fn test(
    State(console): State<Arc<Console>>,
    Extension(seat): Extension<Seat>,
    Path(id): Path<String>,
) -> Answer {
    let destination = find(&console, &id).await?;
    let unsigned = || Failed::missing("no secret signs messages here");
    let forwarder = console.forwarder.as_ref().ok_or_else(unsigned)?;
    let answer = forwarder.test(&destination).await;
    let (status, text) = match answer {
        Ok(answer) => (Some(answer.status), answer.body),
        Err(error) => (None, error.to_string()),
    };
    let is_good = status.is_some_and(|status| (200..300).contains(&status));
    let frame = Frame::new(&console, seat, Tab::Destinations);
    show(&TestedPage { frame, host: host(&destination), status, text, is_good })
}
