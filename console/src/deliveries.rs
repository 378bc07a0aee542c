//! The live list of deliveries, and one delivery with all that is known of it.

mod detail;
mod events;
mod filter;
mod live;
mod row;
mod send;

pub(crate) use events::events;
pub(crate) use send::{again, edited, sample};

use crate::{
    app::Console,
    page::{Answer, Failed, Frame, Tab, go, show},
    sessions::SessionState,
};
use askama::Template;
use axum::{
    Extension,
    extract::{Path, Query, State},
};
use detail::Detail;
use filter::Filter;
use live::live;
use local::REMEMBERED;
use row::Rows;
use send::SampleAddress;
use std::sync::Arc;

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

pub(crate) async fn list(
    State(console): State<Arc<Console>>,
    Extension(session): Extension<SessionState>,
    Query(filter): Query<Filter>,
) -> Answer {
    page(&console, session, filter, None).await
}

pub(crate) async fn one(
    State(console): State<Arc<Console>>,
    Extension(session): Extension<SessionState>,
    Path(number): Path<u64>,
    Query(filter): Query<Filter>,
) -> Answer {
    let live = live(&console)?;
    let seen = live.recent.get(number).ok_or_else(|| {
        Failed::missing(format!("the delivery {number} is not among the last {REMEMBERED}"))
    })?;
    let detail = Detail::new(&console, live, &seen);
    page(&console, session, filter, Some(detail)).await
}

async fn page(
    console: &Console,
    session: SessionState,
    filter: Filter,
    detail: Option<Detail>,
) -> Answer {
    let live = live(console)?;
    let newest = live.recent.newest();
    let all = live.recent.after(0);
    let total = all.len();
    let open = detail.as_ref().map(|detail| detail.number);
    let rows = Rows::find(all, filter.clone(), console.system().now(), open).await?;
    show(&Page {
        frame: Frame::new(console, session, Tab::Deliveries),
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

pub(crate) async fn clear(State(console): State<Arc<Console>>) -> Answer {
    live(&console)?.recent.clear();
    go(Tab::Deliveries.path())
}
