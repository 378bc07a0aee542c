use super::new_destination::NewDestination;
use crate::commands::{
    failure::Failure,
    listing::{Listing, Output},
    open_table::OpenTable,
    signing_secret::SecretOptions,
};
use clap::Args;
use jiff::Timestamp;
use operator::{
    destinations::host,
    times::{WrittenTime, read_time, write_time},
};
use shared::{
    model::{Destination, DestinationFormat, LeadId},
    table::MAX_DESTINATIONS,
};

#[derive(Args)]
pub(super) struct Add {
    #[command(flatten)]
    new: NewDestination,
    /// The first lead to forward: now (only new leads), all, or leads from this time on: 2h,
    /// 2026-11-21
    #[arg(long, value_name = "TIME", default_value = "now", value_parser = read_start)]
    from: Start,
    /// Your name for the destination
    #[arg(long, short)]
    label: Option<String>,
    #[command(flatten)]
    secret: SecretOptions,
    #[command(flatten)]
    output: Output,
}

/// Which leads are forwarded.
#[derive(Clone, Copy)]
pub(super) enum Start {
    Now,
    All,
    At(WrittenTime),
}

/// Reads `now`, `all` or a time.
fn read_start(text: &str) -> Result<Start, String> {
    match text {
        "now" => Ok(Start::Now),
        "all" => Ok(Start::All),
        time => read_time(time)
            .map(Start::At)
            .map_err(|_| "write now, all, or a time: 2h, 2026-11-21, 2026-11-21T12:00:00Z".into()),
    }
}

impl Start {
    /// The cursor before the first of these leads.
    fn cursor(self, now: Timestamp) -> Result<LeadId, Failure> {
        let at = match self {
            Self::All => return Ok(LeadId::FIRST),
            Self::Now => now,
            Self::At(time) => time.resolve(now).map_err(Failure::Input)?,
        };
        if at > now {
            return Err(Failure::input("--from must not be in the future"));
        }
        Ok(LeadId::new(at, 0).previous())
    }
}

impl Add {
    pub(super) async fn run(self, opened: &OpenTable) -> Result<(), Failure> {
        let Self { new, from, label, secret, output } = self;
        let master = secret.read(opened).await?;
        let new = new.read(opened, label, Some(&master)).await?;
        let now = opened.table_time().await?;
        let cursor = from.cursor(now)?;
        let destination = Destination { created_at: now, starts_after: cursor, cursor, ..new };
        if opened.table.count_destinations(&destination.account()).await? >= MAX_DESTINATIONS {
            return Err(Failure::Input(format!("the account has {MAX_DESTINATIONS} destinations")));
        }
        opened.table.add_destination(&destination).await?;
        show_secret(&destination, &master.secret(&destination.id, 1), &output)
    }
}

/// Shows a destination with its new secret.
pub(super) fn show_secret(
    destination: &Destination,
    secret: &str,
    output: &Output,
) -> Result<(), Failure> {
    let mut listing = Listing::new("id provider account label host format from secret");
    let is_all = destination.starts_after == LeadId::FIRST;
    let from = if is_all { "all".to_owned() } else { write_time(destination.starts_after.time()) };
    listing.push([
        destination.id.as_str().into(),
        destination.provider.as_str().into(),
        destination.account.as_str().into(),
        destination.label.clone().into(),
        host(destination).into(),
        destination.format.as_str().into(),
        from.into(),
        secret.into(),
    ]);
    listing.print_one(output.output)?;
    match destination.format {
        DestinationFormat::Standard => {
            eprintln!("note the secret down: it is not shown again, and its receiver needs it");
        }
        DestinationFormat::Slack => eprintln!("Slack does not need the secret"),
    }
    Ok(())
}
