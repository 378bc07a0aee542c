//! The commands for leads: list, export, count and erase.

mod each_lead;
mod erase;
mod export;
mod filter;
mod find;
mod list;
#[cfg(feature = "parquet")]
mod parquet_file;
mod show;
mod stats;
mod unblock;
mod watch;
mod writer;

use super::{
    failure::Failure,
    table_options::{Access, TableOptions},
};
use clap::{Args, Subcommand};

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
    /// Show accounts whose leads stopped: the last lead is older than twice the longest pause
    /// between the newest 100. Fails if there is one, so that a scheduled job can tell somebody
    #[command(after_help = "Example:\n  leadhook leads watch --provider keyspot")]
    Watch(watch::Watch),
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
            Self::List(_) | Self::Show(_) | Self::Export(_) | Self::Stats(_) | Self::Watch(_) => {
                Access::Read
            }
            Self::Erase(_) | Self::Unblock(_) => Access::Write,
        }
    }
}

impl Leads {
    pub(super) async fn run(self) -> Result<(), Failure> {
        if let Command::Export(export) = &self.command {
            export.check()?;
        }
        let opened = self.table.open(self.command.access()).await?;
        let done = match self.command {
            Command::List(list) => list.run(&opened).await,
            Command::Show(show) => show.run(&opened).await,
            Command::Export(export) => export.run(&opened).await,
            Command::Stats(stats) => stats.run(&opened).await,
            Command::Watch(watch) => watch.run(&opened).await,
            Command::Erase(erase) => erase.run(&opened).await,
            Command::Unblock(unblock) => unblock.run(&opened).await,
        };
        opened.close(done).await
    }
}
