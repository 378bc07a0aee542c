//! Pauses, resumes and removes destinations.

use super::{
    super::{
        Failure,
        session::Session,
        terminal::{can_ask, is_confirmed, visible},
    },
    Named, host, unknown,
};
use clap::Args;
use shared::{
    model::{Destination, DestinationState},
    operator::DestinationChange,
};

#[derive(Args)]
pub(super) struct Remove {
    #[command(flatten)]
    named: Named,
    /// Remove it without asking
    #[arg(long, short)]
    yes: bool,
}

pub(super) async fn pause(session: &Session, named: &Named) -> Result<(), Failure> {
    let found = named.find(session).await?;
    store(session, &Destination { state: DestinationState::Paused, ..found }).await?;
    eprintln!("it is paused: its leads wait until `leadhook destinations resume`");
    Ok(())
}

pub(super) async fn resume(session: &Session, named: &Named) -> Result<(), Failure> {
    let found = named.find(session).await?;
    let state = DestinationState::Active;
    store(session, &Destination { state, next_attempt_at: None, ..found }).await?;
    eprintln!("it is active: what waits is forwarded now");
    Ok(())
}

async fn store(session: &Session, destination: &Destination) -> Result<(), Failure> {
    let change = DestinationChange::State;
    if session.table.change_destination(destination, change).await? {
        Ok(())
    } else {
        Err(unknown(destination.id.as_str()))
    }
}

impl Remove {
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let destination = self.named.find(session).await?;
        if !self.yes {
            confirm(&destination)?;
        }
        session.table.remove_destination(&destination, session.sources.now()).await?;
        eprintln!("{} is removed", destination.id);
        Ok(())
    }
}

fn confirm(destination: &Destination) -> Result<(), Failure> {
    let Destination { id, provider, account, .. } = destination;
    if !can_ask() {
        let text = "nothing was removed: no terminal to ask on: confirm with --yes";
        return Err(Failure::Input(text.to_owned()));
    }
    let (host, provider) = (host(destination), provider.as_str());
    let account = visible(account.as_str());
    let question = format!("Remove {id}, which forwards leads of {provider} {account} to {host}?");
    if is_confirmed(&question)? {
        Ok(())
    } else {
        Err(Failure::Failed("nothing was removed".to_owned()))
    }
}
