//! Pauses, resumes and removes destinations, and skips the lead at which one fails.

use super::named::Named;
use crate::{
    commands::{confirm::confirm, failure::Failure, open_table::OpenTable},
    terminal::visible,
};
use clap::Args;
use operator::destinations::{host, pause_destination, resume_destination, skip_lead};
use providers::write_id;
use shared::model::Destination;

#[derive(Args)]
pub(super) struct Remove {
    #[command(flatten)]
    named: Named,
    /// Remove it without asking
    #[arg(long, short)]
    yes: bool,
}

pub(super) async fn pause(opened: &OpenTable, named: &Named) -> Result<(), Failure> {
    pause_destination(&opened.table, &named.id).await?;
    eprintln!("it is paused: its leads wait until `leadhook destinations resume`");
    Ok(())
}

pub(super) async fn resume(opened: &OpenTable, named: &Named) -> Result<(), Failure> {
    resume_destination(&opened.table, &named.id).await?;
    eprintln!("it is active: the next pass forwards what waits");
    Ok(())
}

pub(super) async fn skip(opened: &OpenTable, named: &Named) -> Result<(), Failure> {
    let destination = named.find(opened).await?;
    let lead = skip_lead(&opened.table, &destination, opened.table_time().await?).await?;
    let lead = write_id(destination.provider, lead);
    eprintln!("the lead {lead} is set aside: the next pass forwards the ones after it");
    Ok(())
}

impl Remove {
    pub(super) async fn run(self, opened: &OpenTable) -> Result<(), Failure> {
        let destination = self.named.find(opened).await?;
        if !self.yes {
            ask(&destination)?;
        }
        opened.table.remove_destination(&destination, opened.system.now()).await?;
        eprintln!("{} is removed", destination.id);
        Ok(())
    }
}

fn ask(destination: &Destination) -> Result<(), Failure> {
    let Destination { id, provider, account, .. } = destination;
    let (host, provider) = (host(destination), provider.as_str());
    let account = visible(account.as_str());
    let question = format!("Remove {id}, which forwards leads of {provider} {account} to {host}?");
    confirm(&question, "nothing was removed")
}
