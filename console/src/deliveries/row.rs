//! The rows of the list.

use super::filter::Filter;
use crate::{
    page::{Failed, compute},
    words::{Ending, When, ending},
};
use askama::{Template, filters::HtmlSafe};
use jiff::Timestamp;
use local::SeenDelivery;
use shared::model::reasons;
use std::{sync::Arc, time::Duration};

/// Rows, the newest first.
#[derive(Template)]
#[template(path = "delivery_rows.html")]
pub(super) struct Rows {
    pub(super) rows: Vec<Row>,
    query: String,
}

// Its template escapes what senders wrote.
impl HtmlSafe for Rows {}

pub(super) struct Row {
    number: u64,
    when: When,
    provider: &'static str,
    ending: Ending,
    why: String,
    status: u16,
    milliseconds: String,
    is_open: bool,
}

impl Rows {
    /// The rows of the deliveries that the filter takes. It searches their bodies.
    pub(super) async fn find(
        seen: Vec<Arc<SeenDelivery>>,
        filter: Filter,
        now: Timestamp,
        open: Option<u64>,
    ) -> Result<Self, Failed> {
        compute(move || Self::new(&seen, &filter, now, open)).await
    }

    fn new(seen: &[Arc<SeenDelivery>], filter: &Filter, now: Timestamp, open: Option<u64>) -> Self {
        let taken = seen.iter().filter(|seen| filter.takes(seen)).take(filter.limit());
        let rows = taken.map(|seen| Row::new(seen, now, open)).collect();
        Self { rows, query: filter.query() }
    }
}

impl Row {
    fn new(seen: &SeenDelivery, now: Timestamp, open: Option<u64>) -> Self {
        Self {
            number: seen.number,
            when: When::new(seen.at, now),
            provider: seen.provider.as_str(),
            ending: ending(seen.summary.outcome),
            why: reasons(&seen.summary.broken, None).join("; "),
            status: seen.status,
            milliseconds: milliseconds(seen.duration),
            is_open: open == Some(seen.number),
        }
    }
}

/// A duration for people.
pub(super) fn milliseconds(duration: Duration) -> String {
    let exact = duration.as_secs_f64() * 1_000.0;
    if exact < 10.0 { format!("{exact:.1} ms") } else { format!("{exact:.0} ms") }
}
