use super::named::Named;
use crate::commands::{
    failure::Failure,
    listing::{Listing, Output, count},
    open_table::OpenTable,
};
use clap::Args;
use operator::{replay::retry_set_aside, times::write_time};
use providers::write_id;

#[derive(Args)]
pub(super) struct ListSetAside {
    #[command(flatten)]
    named: Named,
    /// Post all of them again now
    #[arg(long)]
    pub(super) retry: bool,
    #[command(flatten)]
    output: Output,
}

impl ListSetAside {
    pub(super) async fn run(self, opened: &OpenTable) -> Result<(), Failure> {
        let destination = self.named.find(opened).await?;
        let (account, now) = (destination.account(), opened.table_time().await?);
        if self.retry {
            let events = retry_set_aside(&opened.table, &destination, now).await?;
            eprintln!("{} will be posted again", count(events, "event"));
            return Ok(());
        }
        let events =
            opened.table.events_set_aside(&account, Some(&destination.id), None, now).await?;
        let columns = "lead event at tries status reason next_attempt_at";
        let mut listing = Listing::new(columns).sparing("at");
        for event in events {
            listing.push([
                write_id(account.provider, event.lead_id).into(),
                event.event.as_str().into(),
                write_time(event.at).into(),
                event.tries.into(),
                event.status.into(),
                event.reason.into(),
                event.next_attempt_at.map(write_time).into(),
            ]);
        }
        listing.print(self.output.output)
    }
}
