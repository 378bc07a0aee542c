//! New rows, as server-sent events.

use super::{filter::Filter, live::live, row::Rows};
use crate::{
    app::Console,
    page::{Answer, Failed},
};
use askama::Template;
use axum::{
    extract::{Query, State},
    http::HeaderMap,
    response::{
        IntoResponse, Sse,
        sse::{Event, KeepAlive},
    },
};
use futures_util::stream;
use serde::Deserialize;
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio::sync::watch;

/// How long events are collected. A page gets at most two a second, however many deliveries come.
const COLLECT_FOR: Duration = Duration::from_millis(500);

#[derive(Deserialize)]
pub(crate) struct After {
    /// The newest delivery that the page has.
    #[serde(default)]
    after: u64,
}

/// The page that waits for events.
struct Reader {
    console: Arc<Console>,
    filter: Filter,
    after: u64,
    changes: watch::Receiver<u64>,
    stop: watch::Receiver<bool>,
}

/// Sends new rows to a page. It reads the same list as the page: a delivery only counts up a
/// number, and never waits for a page.
pub(crate) async fn events(
    State(console): State<Arc<Console>>,
    Query(filter): Query<Filter>,
    Query(After { after }): Query<After>,
    headers: HeaderMap,
) -> Answer {
    // A browser that lost its connection says which event it got last.
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let after = last.unwrap_or(after);
    let changes = live(&console)?.recent.changes();
    let stop = console.stop.clone();
    let reader = Reader { console, filter, after, changes, stop };
    let events = stream::unfold(reader, |mut reader| async move {
        let event = reader.next().await?;
        Some((Ok::<_, Infallible>(event), reader))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()).into_response())
}

impl Reader {
    /// The next rows; `None` when the server stops.
    async fn next(&mut self) -> Option<Event> {
        loop {
            tokio::select! {
                changed = self.changes.wait_for(|newest| *newest > self.after) => { changed.ok()?; }
                _ = self.stop.wait_for(|stopped| *stopped) => return None,
            }
            if let Ok(Some(event)) = self.read().await {
                tokio::select! {
                    () = tokio::time::sleep(COLLECT_FOR) => {}
                    _ = self.stop.wait_for(|stopped| *stopped) => return None,
                }
                return Some(event);
            }
        }
    }

    async fn read(&mut self) -> Result<Option<Event>, Failed> {
        let recent = &live(&self.console)?.recent;
        let seen = recent.after(self.after);
        self.after = seen.first().map_or(recent.newest(), |newest| newest.number);
        let now = self.console.system().now();
        let rows = Rows::find(seen, self.filter.clone(), now, None).await?;
        let text = rows.render().unwrap_or_default().replace('\r', " ");
        let id = self.after.to_string();
        Ok((!rows.rows.is_empty()).then(|| Event::default().event("rows").id(id).data(text)))
    }
}
