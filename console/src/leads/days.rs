//! The chart of leads per day.

use super::filter::Filter;
use crate::{
    app::Console,
    page::{Answer, Failed, show},
    words::count,
};
use askama::Template;
use axum::extract::{Query, State};
use jiff::{ToSpan, civil::Date};
use operator::times::day_of;
use shared::model::LeadSpan;
use std::{collections::BTreeMap, sync::Arc};

/// How many days the chart has.
const DAYS: i64 = 14;
/// How many leads are counted at most. The chart says if there are more.
const COUNTED: usize = 20_000;
/// How many leads are read at a time.
const STEP: usize = 2_000;
/// The height of the highest bar.
const HEIGHT: u64 = 60;
/// The width of a bar and of the space after it.
const WIDTH: usize = 20;

#[derive(Template)]
#[template(path = "days.html")]
struct Chart {
    bars: Vec<Bar>,
    title: String,
    first: Date,
    last: Date,
    highest: u64,
    is_cut: bool,
    /// What is left out, because it has another shape.
    skipped: Option<String>,
}

struct Bar {
    x: usize,
    y: u64,
    height: u64,
    day: Date,
    leads: String,
}

/// The chart, which the page loads after the list.
pub(crate) async fn days(
    State(console): State<Arc<Console>>,
    Query(filter): Query<Filter>,
) -> Answer {
    let out_of_range = |_| Failed::input("the time is out of range");
    let last = day_of(console.system().now());
    let first = last.checked_sub((DAYS - 1).days()).map_err(out_of_range)?;
    let accounts = filter.accounts(&console).await?;
    let mut counts = BTreeMap::<Date, u64>::new();
    let start = first.to_zoned(jiff::tz::TimeZone::UTC).map_err(out_of_range)?.timestamp();
    let (mut rest, mut read) = (LeadSpan::of_time(Some(start), None), 0);
    let table = console.table().afresh();
    while let Some(span) = rest.filter(|_| read < COUNTED) {
        let page = table.newest_leads(&accounts, span, STEP).await?;
        read += page.len();
        let oldest = page.last().map(|(_, lead)| lead.id);
        rest = oldest.filter(|_| page.len() == STEP).and_then(|oldest| span.before(oldest));
        for (_, lead) in page {
            *counts.entry(day_of(lead.created_at)).or_default() += 1;
        }
    }
    let skipped = table.skipped().len();
    let skipped = (skipped > 0).then(|| count(skipped, "item", "items"));
    show(&Chart { skipped, ..Chart::new(&counts, (first, last), rest.is_some()) })
}

impl Chart {
    fn new(counts: &BTreeMap<Date, u64>, (first, last): (Date, Date), is_cut: bool) -> Self {
        let highest = counts.values().copied().max().unwrap_or_default();
        let bars = first.series(1.day()).take(DAYS as usize).enumerate().map(|(index, day)| {
            let leads = counts.get(&day).copied().unwrap_or_default();
            // A day with a lead has a bar that can be seen.
            let height = (leads * HEIGHT).div_ceil(highest.max(1));
            let leads = count(leads as usize, "lead", "leads");
            Bar { x: index * WIDTH, y: HEIGHT - height, height, day, leads }
        });
        let total: u64 = counts.values().sum();
        let title = format!("{} in the last {DAYS} days", count(total as usize, "lead", "leads"));
        Self { bars: bars.collect(), title, first, last, highest, is_cut, skipped: None }
    }
}
