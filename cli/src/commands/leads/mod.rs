//! Leads: seeing what came in, handing it on, and forgetting a person who asks.

mod erase;
mod export;
mod find;
mod list;
mod show;
mod stats;
mod unblock;
mod writer;

use super::{
    Failure,
    accounts::AccountOptions,
    moment::{read_moment, start_of},
    session::{Session, TableOptions},
};
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::{Timestamp, civil::Date};
use shared::{Account, LeadSpan, Order, StoredLead};
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
  leadhook leads list --day 2026-11-21 --output csv
  leadhook leads list --outcome repeat        # people who came again, saying something else
  leadhook leads list --before 373481529142520  # the page after that lead")]
    List(list::List),
    /// Show one lead whole
    #[command(after_help = "\
Examples:
  leadhook leads show 373481529142520
  leadhook leads show lead_0AKN21CC0B1 --output json")]
    Show(show::Show),
    /// Hand leads on as CSV, JSON lines or Parquet, the oldest first
    #[command(after_help = "\
Examples:
  leadhook leads export > leads.csv
  leadhook leads export --format parquet --file november.parquet --since 2026-11-01
  leadhook leads export --format jsonl | jq -r .email")]
    Export(export::Export),
    /// Count leads by day and source, and draw them
    #[command(
        after_help = "Example:\n  leadhook leads stats --since 2026-11-01 --provider keyspot"
    )]
    Stats(stats::Stats),
    /// Forget a person: leads, claims and held deliveries
    #[command(after_help = "\
Examples:
  leadhook leads erase --email maria@exemplo.com
  leadhook leads erase --email maria@exemplo.com --phone 5511999998888 --phone 11999998888
  leadhook leads erase --email maria@exemplo.com --keep 373481529142520 --account acme --yes
  leadhook leads erase --email maria@exemplo.com --block    # and take them no more")]
    Erase(erase::Erase),
    /// Take a person again whom `erase --block` blocked
    #[command(
        after_help = "Example:\n  leadhook leads unblock --email maria@exemplo.com --account acme"
    )]
    Unblock(unblock::Unblock),
}

impl Leads {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let session = self.table.open().await?;
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
    #[arg(long, value_name = "DATE", conflicts_with_all = ["since", "until"])]
    day: Option<Date>,
    /// Received from this day or time on, in UTC
    #[arg(long, value_name = "TIME", value_parser = read_moment)]
    since: Option<Timestamp>,
    /// Received before this day or time, in UTC
    #[arg(long, value_name = "TIME", value_parser = read_moment)]
    until: Option<Timestamp>,
}

impl Filter {
    /// From when on, and before when.
    fn times(&self) -> (Option<Timestamp>, Option<Timestamp>) {
        match self.day {
            Some(day) => (start_of(day), day.tomorrow().ok().and_then(start_of)),
            None => (self.since, self.until),
        }
    }

    /// The ids of the leads that are meant.
    fn span(&self) -> Result<LeadSpan, Failure> {
        let (since, until) = self.times();
        let nothing = || Failure::input("--until must be later than --since");
        LeadSpan::of_time(since, until).ok_or_else(nothing)
    }
}

/// Reads the leads of accounts one by one, the oldest of each first, and gives the read units
/// that took.
async fn each_lead(
    session: &Session,
    accounts: &[Account],
    span: LeadSpan,
    mut take: impl FnMut(&Account, StoredLead) -> Result<(), Failure>,
) -> Result<Read, Failure> {
    let (mut read, bar) = (Read { leads: 0, units: 0.0 }, progress());
    for account in accounts {
        let mut rest = Some(span);
        while let Some(span) = rest {
            let page = session.table.leads(account, span, Order::OldestFirst, None).await?;
            for lead in page.leads {
                take(account, lead)?;
                bar.inc(1);
            }
            read.units += page.units;
            rest = page.rest;
        }
    }
    bar.finish_and_clear();
    read.leads = bar.position();
    Ok(read)
}

/// What was read.
struct Read {
    leads: u64,
    units: f64,
}

impl fmt::Display for Read {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} leads, {} read units", self.leads, self.units)
    }
}

/// Says how far a long reading has come, on a terminal.
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
