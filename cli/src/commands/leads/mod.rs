//! The commands for leads: list, export, count and erase.

mod erase;
mod export;
mod find;
mod list;
#[cfg(feature = "parquet")]
mod parquet_file;
mod show;
mod stats;
mod unblock;
mod writer;

use super::{
    Failure,
    accounts::AccountOptions,
    listing::count,
    moment::{Day, Moment, read_day, read_moment},
    session::{Access, Session, TableOptions},
};
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use shared::model::{Account, LeadId, LeadSpan, StoredLead};
use std::{fmt, time::Duration};

/// Leads.
#[derive(Args)]
pub(super) struct Leads {
    #[command(flatten)]
    table: TableOptions,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// List leads, the newest first
    #[command(after_help = "\
Examples:
  leadhook leads list --provider integrabot --account acme
  leadhook leads list --day today --output csv
  leadhook leads list --outcome repeat   # people who came again
  leadhook leads list --before 373481529142520   # the page after that lead")]
    List(list::List),
    /// Show all fields of one lead
    #[command(after_help = "\
Examples:
  leadhook leads show 373481529142520
  leadhook leads show lead_0AKN21CC0B1 --output json")]
    Show(show::Show),
    /// Export leads as CSV, JSON lines or Parquet, the oldest first
    #[command(after_help = "\
Examples:
  leadhook leads export > leads.csv
  leadhook leads export --spreadsheet-safe --since 7d > leads.csv
  leadhook leads export --format jsonl --file november.jsonl --since 2026-11-01
  leadhook leads export --format jsonl | jq -r .email")]
    Export(export::Export),
    /// Count leads by day and source, with a chart
    #[command(
        after_help = "Example:\n  leadhook leads stats --since 2026-11-01 --provider keyspot"
    )]
    Stats(stats::Stats),
    /// Erase a person: leads, claims and held deliveries
    #[command(after_help = "\
Examples:
  leadhook leads erase --email maria@exemplo.com
  leadhook leads erase --email maria@exemplo.com --phone 5511999998888 \\
    --phone 11999998888 --yes
  leadhook leads erase --email maria@exemplo.com --keep 373481529142520 --yes
  leadhook leads erase --email maria@exemplo.com --block --yes")]
    Erase(erase::Erase),
    /// Unblock a person that `erase --block` blocked
    #[command(
        after_help = "Example:\n  leadhook leads unblock --email maria@exemplo.com --account acme"
    )]
    Unblock(unblock::Unblock),
}

impl Command {
    fn access(&self) -> Access {
        match self {
            Self::List(_) | Self::Show(_) | Self::Export(_) | Self::Stats(_) => Access::Read,
            Self::Erase(_) | Self::Unblock(_) => Access::Write,
        }
    }
}

impl Leads {
    pub(super) async fn run(self) -> Result<(), Failure> {
        match &self.command {
            Command::List(list) => list.check()?,
            Command::Export(export) => export.check()?,
            _ => {}
        }
        let session = self.table.open(self.command.access()).await?;
        let done = match self.command {
            Command::List(list) => list.run(&session).await,
            Command::Show(show) => show.run(&session).await,
            Command::Export(export) => export.run(&session).await,
            Command::Stats(stats) => stats.run(&session).await,
            Command::Erase(erase) => erase.run(&session).await,
            Command::Unblock(unblock) => unblock.run(&session).await,
        };
        session.close(done).await
    }
}

/// Which leads to read.
#[derive(Args)]
struct Filter {
    #[command(flatten)]
    accounts: AccountOptions,
    /// Received on this day, in UTC
    #[arg(long, value_parser = read_day, conflicts_with_all = ["since", "until"])]
    day: Option<Day>,
    /// Received from this day or time on, in UTC: 2026-11-21, today, 7d
    #[arg(long, value_name = "TIME", value_parser = read_moment)]
    since: Option<Moment>,
    /// Received before this day or time, in UTC
    #[arg(long, value_name = "TIME", value_parser = read_moment)]
    until: Option<Moment>,
}

impl Filter {
    /// The start, and the end (exclusive).
    fn times(&self, now: Timestamp) -> Result<Times, Failure> {
        let resolve = |moment: Option<Moment>| {
            moment.map(|moment| moment.resolve(now)).transpose().map_err(Failure::Input)
        };
        let Some(day) = self.day else { return Ok((resolve(self.since)?, resolve(self.until)?)) };
        let start = day.start(now).map_err(Failure::Input)?;
        Ok((Some(start), Some(day.end(now).map_err(Failure::Input)?)))
    }

    /// The ids of the selected leads.
    fn span(&self, now: Timestamp) -> Result<LeadSpan, Failure> {
        let (since, until) = self.times(now)?;
        if until.is_some_and(|until| until <= LeadId::beginning()) {
            return Err(Failure::input("no lead is that old: lead ids begin on 2024-01-01"));
        }
        let nothing = || Failure::input("--until must be later than --since");
        LeadSpan::of_time(since, until).ok_or_else(nothing)
    }
}

/// The start, and the end (exclusive).
type Times = (Option<Timestamp>, Option<Timestamp>);

/// Calls `take` with each lead of the accounts, the oldest of each account first.
async fn each_lead(
    session: &Session,
    accounts: &[Account],
    span: LeadSpan,
    mut take: impl FnMut(&Account, StoredLead) -> Result<(), Failure>,
) -> Result<Read, Failure> {
    let bar = progress();
    let take = |account: &Account, lead| {
        bar.inc(1);
        take(account, lead)
    };
    let read = operator::leads::each_lead(&session.table, accounts, span, take).await?;
    bar.finish_and_clear();
    Ok(Read(read))
}

/// How many leads were read, and the read units.
struct Read(operator::leads::Read);

impl fmt::Display for Read {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(operator::leads::Read { leads, units }) = *self;
        let leads = count(leads, "lead");
        write!(f, "{leads}, {units} read {}", if units == 1.0 { "unit" } else { "units" })
    }
}

/// Shows the progress on a terminal.
fn progress() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) =
        ProgressStyle::with_template("{spinner} {human_pos} leads, {per_sec}, {elapsed}")
    {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
