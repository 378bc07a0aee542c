//! The frame around each page, and how pages are answered.

use crate::{app::Console, mask::Mask, sessions::SessionState};
use askama::Template;
use axum::{
    http::StatusCode,
    response::{Html, IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use shared::{
    long_work::run_long,
    table::{LeadTable, SkippedItem, StoreError},
};

/// The pages, in the order of the navigation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tab {
    Deliveries,
    Leads,
    Held,
    Keys,
    Directory,
    Destinations,
}

impl Tab {
    const ALL: [Self; 6] = [
        Self::Deliveries,
        Self::Leads,
        Self::Held,
        Self::Keys,
        Self::Directory,
        Self::Destinations,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Deliveries => "Deliveries",
            Self::Leads => "Leads",
            Self::Held => "Held",
            Self::Keys => "Keys",
            Self::Directory => "Directory",
            Self::Destinations => "Destinations",
        }
    }

    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Deliveries => "/console/deliveries",
            Self::Leads => "/console/leads",
            Self::Held => "/console/held",
            Self::Keys => "/console/keys",
            Self::Directory => "/console/directory",
            Self::Destinations => "/console/destinations",
        }
    }
}

/// What the frame shows.
pub(crate) struct Frame {
    pub(crate) tab: Tab,
    pub(crate) table: String,
    pub(crate) place: String,
    pub(crate) is_live: bool,
    pub(crate) allows_changes: bool,
    /// Whether names and contacts can be masked, and are.
    pub(crate) masks: bool,
    pub(crate) mask: Mask,
    /// What the last action did.
    pub(crate) done: Option<&'static str>,
    /// What the page leaves out, because it has another shape.
    pub(crate) skipped: Vec<SkippedItem>,
}

impl Frame {
    pub(crate) fn new(console: &Console, session: SessionState, tab: Tab) -> Self {
        Self {
            tab,
            table: console.table().name().to_owned(),
            place: console.place.clone(),
            is_live: console.live.is_some(),
            allows_changes: console.allows_changes,
            masks: console.masks,
            mask: Mask { hides: console.masks && !session.unmasked },
            done: None,
            skipped: Vec::new(),
        }
    }

    /// Also says what the last action did, by its name in the address.
    pub(crate) fn after(self, done: Option<&str>) -> Self {
        let done = match done.unwrap_or_default() {
            "redelivered" => "It became this lead, and is no longer held.",
            "updated" => "The lead is updated, and the repeat is no longer held.",
            "discarded" => "It is no longer held.",
            "key" => "The key is changed. Functions that know it follow within a minute.",
            "revoked" => "The key is revoked. Functions refuse it within a minute.",
            "stored" => "The entry is stored. Functions see it within a minute.",
            "removed" => "The entry is removed. Functions see it within a minute.",
            "destination" => "The destination is changed: the next post is sent so.",
            "paused" => "It is paused. Its leads wait.",
            "resumed" => "It is active. The next pass forwards what waits.",
            "replayed" => "Its cursor moved back. The leads after it are posted again.",
            "skipped" => "The lead is set aside. The next pass forwards the ones after it.",
            "retried" => "What was set aside is posted again.",
            _ => return self,
        };
        Self { done: Some(done), ..self }
    }

    /// Also names the items that the readers of this table left out.
    pub(crate) fn naming_skipped(self, table: &LeadTable) -> Self {
        Self { skipped: table.skipped(), ..self }
    }

    pub(crate) fn tabs(&self) -> impl Iterator<Item = Tab> {
        let is_live = self.is_live;
        Tab::ALL.into_iter().filter(move |tab| is_live || *tab != Tab::Deliveries)
    }
}

/// The part of an address that names the last action.
#[derive(Deserialize)]
pub(crate) struct Done {
    pub(crate) done: Option<String>,
}

/// The answer of a page's handler.
pub(crate) type Answer = Result<Response, Failed>;

pub(crate) fn show(page: &impl Template) -> Answer {
    let text = page.render().map_err(|_| Failed::new(StatusCode::INTERNAL_SERVER_ERROR, FAULT))?;
    Ok(Html(text).into_response())
}

/// Computes what may take long, outside of the threads that answer deliveries.
pub(crate) async fn compute<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failed> {
    let ended = || Failed::new(StatusCode::SERVICE_UNAVAILABLE, FAULT);
    run_long(work).await.ok_or_else(ended)
}

/// Answers an action: the browser gets another page.
#[expect(clippy::unnecessary_wraps, reason = "handlers end with it")]
pub(crate) fn go(to: &str) -> Answer {
    Ok(Redirect::to(to).into_response())
}

const FAULT: &str = "the page cannot be shown";

/// A page that says why there is no other.
#[derive(Template)]
#[template(path = "failed.html")]
pub(crate) struct Failed {
    status: StatusCode,
    text: String,
}

impl Failed {
    pub(crate) fn new(status: StatusCode, text: impl Into<String>) -> Self {
        Self { status, text: text.into() }
    }

    pub(crate) fn missing(text: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, text)
    }

    pub(crate) fn input(text: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, text)
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        let page = Html(self.render().unwrap_or_else(|_| FAULT.to_owned()));
        (self.status, page).into_response()
    }
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string())
    }
}

impl From<operator::Failure> for Failed {
    fn from(failure: operator::Failure) -> Self {
        match failure {
            operator::Failure::Input(text) => Self::input(text),
            operator::Failure::NotFound(text) => Self::missing(text),
            operator::Failure::Changed(text) => Self::new(StatusCode::CONFLICT, text),
            operator::Failure::Store(error) => error.into(),
            operator::Failure::Unreadable(error) => Self::input(error.to_string()),
        }
    }
}

/// The page for a browser without a session.
#[derive(Template)]
#[template(path = "no_session.html")]
pub(crate) struct NoSessionPage;

impl IntoResponse for NoSessionPage {
    fn into_response(self) -> Response {
        let page = Html(self.render().unwrap_or_else(|_| FAULT.to_owned()));
        (StatusCode::UNAUTHORIZED, page).into_response()
    }
}
