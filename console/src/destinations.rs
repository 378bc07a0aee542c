//! Where leads are forwarded to.

use crate::{
    app::Console,
    page::{Answer, Done, Failed, Frame, Tab, go, show},
    sessions::SessionState,
    words::When,
};
use askama::Template;
use axum::{
    Extension, Form,
    extract::{Path, Query, State},
};
use jiff::Timestamp;
use operator::{
    destinations::{
        Waiting, destination_state, find_destination, host, pause_destination, resume_destination,
        skip_lead, write_counted,
    },
    replay::{ReplayStart, plan_replay, replay, retry_set_aside},
};
use providers::write_id;
use serde::Deserialize;
use shared::{
    model::{Destination, DestinationState, OwnRequest, Provider, RequestMethod},
    table::LeadTable,
};
use std::sync::Arc;

#[derive(Template)]
#[template(path = "destinations.html")]
struct ListPage {
    frame: Frame,
    rows: Vec<Row>,
    /// Whether there is a secret that signs messages and seals headers.
    can_test: bool,
    providers: [&'static str; Provider::ALL.len()],
    fields: Fields,
}

/// What a form has of a destination's settings.
struct Fields {
    label: String,
    method: &'static str,
    in_flight: String,
    only: String,
    template: String,
    content_type: String,
    signature_header: String,
}

impl Fields {
    /// Those of a new destination.
    fn empty() -> Self {
        Self {
            label: String::new(),
            method: RequestMethod::Post.as_str(),
            in_flight: "1".to_owned(),
            only: String::new(),
            template: String::new(),
            content_type: String::new(),
            signature_header: String::new(),
        }
    }

    fn of(destination: &Destination) -> Self {
        let OwnRequest { method, template, content_type, signature_header, .. } =
            destination.request.clone();
        Self {
            label: destination.label.clone().unwrap_or_default(),
            method: method.as_str(),
            in_flight: destination.in_flight.to_string(),
            only: destination.only.iter().map(|condition| format!("{condition}\n")).collect(),
            template: template.unwrap_or_default(),
            content_type: content_type.unwrap_or_default(),
            signature_header: signature_header.unwrap_or_default(),
        }
    }
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
    /// The next attempt, if it is active.
    next_at: Option<When>,
    /// The lead at which it fails.
    stuck_at: Option<String>,
    waiting: String,
    /// The oldest of them.
    oldest: Option<When>,
    passed_over: u64,
    set_aside: usize,
    format: &'static str,
    headers: String,
    fields: Fields,
}

pub(crate) async fn list(
    State(console): State<Arc<Console>>,
    Extension(session): Extension<SessionState>,
    Query(Done { done }): Query<Done>,
) -> Answer {
    let (table, now) = (console.table().afresh(), console.system().now());
    let mut rows = Vec::new();
    for destination in table.destinations().await? {
        rows.push(Row::read(&table, &destination, now).await?);
    }
    let frame = Frame::new(&console, session, Tab::Destinations).after(done.as_deref());
    let frame = frame.naming_skipped(&table);
    show(&ListPage {
        frame,
        rows,
        can_test: console.forwarder.is_some(),
        providers: Provider::ALL.map(Provider::as_str),
        fields: Fields::empty(),
    })
}

impl Row {
    async fn read(
        table: &LeadTable,
        destination: &Destination,
        now: Timestamp,
    ) -> Result<Self, Failed> {
        let account = destination.account();
        let waiting = Waiting::count(table, destination).await?;
        let oldest = waiting.oldest.map(|lead| When::new(lead.time(), now));
        let waiting = write_counted(waiting.leads);
        let set_aside =
            table.events_set_aside(&account, Some(&destination.id), None, now).await?.len();
        let last = destination.last.as_ref();
        let is_active = destination.state == DestinationState::Active;
        let next_at = destination.next_attempt_at.filter(|_| is_active);
        Ok(Self {
            id: destination.id.to_string(),
            label: destination.label.clone().unwrap_or_default(),
            host: host(destination),
            provider: destination.provider.as_str(),
            account: destination.account.to_string(),
            state: destination_state(destination, now),
            is_active,
            last: last.map_or_else(String::new, |last| {
                let error = || last.error.clone().unwrap_or_default();
                last.status.map_or_else(error, |status| status.to_string())
            }),
            last_at: last.map(|last| When::new(last.at, now)),
            next_at: next_at.map(|at| When::new(at, now)),
            stuck_at: destination.stuck.map(|stuck| write_id(destination.provider, stuck.lead)),
            waiting,
            oldest,
            passed_over: destination.passed_over,
            set_aside,
            format: destination.format.as_str(),
            headers: destination.request.headers.keys().cloned().collect::<Vec<_>>().join(", "),
            fields: Fields::of(destination),
        })
    }
}

pub(crate) async fn pause(State(console): State<Arc<Console>>, Path(id): Path<String>) -> Answer {
    pause_destination(console.table(), &id).await?;
    go("/console/destinations?done=paused")
}

pub(crate) async fn resume(State(console): State<Arc<Console>>, Path(id): Path<String>) -> Answer {
    resume_destination(console.table(), &id).await?;
    go("/console/destinations?done=resumed")
}

/// Sets the lead aside at which a destination fails.
pub(crate) async fn skip(State(console): State<Arc<Console>>, Path(id): Path<String>) -> Answer {
    let destination = find_destination(console.table(), &id).await?;
    skip_lead(console.table(), &destination, console.system().now()).await?;
    go("/console/destinations?done=skipped")
}

#[derive(Deserialize)]
pub(crate) struct ReplayForm {
    from: String,
}

#[derive(Template)]
#[template(path = "destination_replay.html")]
struct ReplayPage {
    frame: Frame,
    host: String,
    leads: String,
    path: String,
}

/// Shows how many leads would be posted again.
pub(crate) async fn confirm_replay(
    State(console): State<Arc<Console>>,
    Extension(session): Extension<SessionState>,
    Path(id): Path<String>,
    Form(ReplayForm { from }): Form<ReplayForm>,
) -> Answer {
    let start = ReplayStart::read(from.trim()).map_err(Failed::input)?;
    let destination = find_destination(console.table(), &id).await?;
    let now = console.system().now();
    let plan = plan_replay(console.table(), &destination, start, now).await?;
    let frame = Frame::new(&console, session, Tab::Destinations);
    let plural = if plan.leads == 1 { "" } else { "s" };
    let leads = format!("{} lead{plural}", write_counted(plan.leads));
    let path = format!("/console/destinations/{}/replay/{}", destination.id, plan.cursor);
    show(&ReplayPage { frame, host: host(&destination), leads, path })
}

/// Posts leads again that were forwarded.
pub(crate) async fn post_again(
    State(console): State<Arc<Console>>,
    Path((id, cursor)): Path<(String, String)>,
) -> Answer {
    let cursor = cursor.parse().map_err(|_| Failed::missing("this is not a lead's id"))?;
    replay(console.table(), &id, cursor).await?;
    go("/console/destinations?done=replayed")
}

/// Posts again what the destination refused.
pub(crate) async fn retry(State(console): State<Arc<Console>>, Path(id): Path<String>) -> Answer {
    let destination = find_destination(console.table(), &id).await?;
    retry_set_aside(console.table(), &destination, console.system().now()).await?;
    go("/console/destinations?done=retried")
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
    Extension(session): Extension<SessionState>,
    Path(id): Path<String>,
) -> Answer {
    let destination = find_destination(console.table(), &id).await?;
    let unsigned = || Failed::missing("no secret signs messages here");
    let forwarder = console.forwarder.as_ref().ok_or_else(unsigned)?;
    let answer = forwarder.test(&destination).await;
    let (status, text) = match answer {
        Ok(answer) => (Some(answer.status), answer.body),
        Err(error) => (None, error.to_string()),
    };
    let is_good = status.is_some_and(|status| (200..300).contains(&status));
    let frame = Frame::new(&console, session, Tab::Destinations);
    show(&TestedPage { frame, host: host(&destination), status, text, is_good })
}
