use crate::commands::{accounts::AccountOptions, failure::Failure};
use clap::Args;
use jiff::Timestamp;
use operator::times::{Day, WrittenTime, read_day, read_time};
use shared::model::{LeadId, LeadSpan};

/// The start, and the end (exclusive).
type Times = (Option<Timestamp>, Option<Timestamp>);

/// Which leads to read.
#[derive(Args)]
pub(super) struct Filter {
    #[command(flatten)]
    pub(super) accounts: AccountOptions,
    /// Received on this day, in UTC
    #[arg(long, value_parser = read_day, conflicts_with_all = ["since", "until"])]
    day: Option<Day>,
    /// Received from this day or time on, in UTC: 2026-11-21, today, 7d
    #[arg(long, value_name = "TIME", value_parser = read_time)]
    since: Option<WrittenTime>,
    /// Received before this day or time, in UTC
    #[arg(long, value_name = "TIME", value_parser = read_time)]
    until: Option<WrittenTime>,
}

impl Filter {
    /// The start, and the end (exclusive).
    fn times(&self, now: Timestamp) -> Result<Times, Failure> {
        let resolve = |time: Option<WrittenTime>| {
            time.map(|time| time.resolve(now)).transpose().map_err(Failure::Input)
        };
        let Some(day) = self.day else { return Ok((resolve(self.since)?, resolve(self.until)?)) };
        let start = day.start(now).map_err(Failure::Input)?;
        Ok((Some(start), Some(day.end(now).map_err(Failure::Input)?)))
    }

    pub(super) fn span(&self, now: Timestamp) -> Result<LeadSpan, Failure> {
        let (since, until) = self.times(now)?;
        if until.is_some_and(|until| until <= LeadId::beginning()) {
            return Err(Failure::input("no lead is that old: lead ids begin on 2024-01-01"));
        }
        let nothing = || Failure::input("--until must be later than --since");
        LeadSpan::of_time(since, until).ok_or_else(nothing)
    }
}
