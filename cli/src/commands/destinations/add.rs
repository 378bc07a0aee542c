use super::new_destination::NewDestination;
use crate::commands::{
    failure::Failure,
    listing::{Listing, Output},
    open_table::OpenTable,
    signing_secret::SecretOptions,
};
use clap::Args;
use operator::{
    destinations::host,
    settings::{Start, add_destination},
    times::write_time,
};
use shared::model::{Destination, DestinationFormat, LeadId};
use std::str::FromStr;

#[derive(Args)]
pub(super) struct Add {
    #[command(flatten)]
    new: NewDestination,
    /// The first lead to forward: now (only new leads), all, or leads from this time on: 2h,
    /// 2026-11-21
    #[arg(long, value_name = "TIME", default_value = "now", value_parser = Start::from_str)]
    from: Start,
    /// Your name for the destination
    #[arg(long, short)]
    label: Option<String>,
    #[command(flatten)]
    secret: SecretOptions,
    #[command(flatten)]
    output: Output,
}

impl Add {
    pub(super) async fn run(self, opened: &OpenTable) -> Result<(), Failure> {
        let Self { new, from, label, secret, output } = self;
        let master = secret.read(opened).await?;
        let new = new.read(opened, label, Some(&master)).await?;
        let now = opened.table_time().await?;
        let destination = add_destination(&opened.table, new, from, now).await?;
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
