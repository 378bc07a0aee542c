//! Matches a person's leads and held deliveries, and erases them.

mod find;

pub use find::{FoundItem, Match, Matches, find_person};

use crate::Failure;
use jiff::Timestamp;
use shared::{
    model::{Account, ClockAndRandom, Destination, DestinationId, LeadId, SetAside, SetAsideEvent},
    table::{Erased, LeadTable},
};
use std::collections::HashSet;

/// Erases what was found, and sets messages aside for the destinations that may have one of the
/// leads. The accounts and their leads are erased in the order of `matches`. Calls `receipt` with
/// what was deleted in each account. Returns how many messages will be sent.
///
/// # Errors
/// If the table cannot be read or written. Some may be deleted nevertheless; another call deletes
/// the rest.
pub async fn erase_matches(
    table: &LeadTable,
    matches: &Matches,
    now: Timestamp,
    system: &ClockAndRandom,
    mut receipt: impl FnMut(&Account, Erased),
) -> Result<usize, Failure> {
    let mut messages = Messages::new(table, matches, now);
    // Before the leads are deleted: a crash in between must not leave a deleted lead without its
    // message. The message is posted when the lead is deleted.
    messages.set_aside().await?;
    for (account, matches) in matches {
        receipt(account, erase(table, account, matches, system).await?);
    }
    // A destination may have got a lead meanwhile.
    messages.set_aside().await?;
    Ok(messages.set_aside.len())
}

/// Held deliveries first: after an interruption, the leads that they are linked to can still be
/// found.
async fn erase(
    table: &LeadTable,
    account: &Account,
    matches: &[Match],
    system: &ClockAndRandom,
) -> Result<Erased, Failure> {
    let held = matches.iter().filter_map(|found| match &found.item {
        FoundItem::Held(id) => Some(id.clone()),
        FoundItem::Lead(_) => None,
    });
    let mut erased = table.erase_held(account, &held.collect::<Vec<_>>()).await?;
    for lead in matches.iter().filter_map(Match::lead_id) {
        let Erased { leads, claims, .. } =
            table.erase_lead(account, lead, &system.random_mark()).await?;
        erased.leads += leads;
        erased.claims += claims;
    }
    Ok(erased)
}

/// The messages to destinations about erased leads.
struct Messages<'a> {
    table: &'a LeadTable,
    leads: Vec<(Account, LeadId)>,
    now: Timestamp,
    set_aside: HashSet<(LeadId, DestinationId)>,
}

impl<'a> Messages<'a> {
    fn new(table: &'a LeadTable, found: &Matches, now: Timestamp) -> Self {
        let of_account = |(account, matches): &(Account, Vec<Match>)| {
            let leads = matches.iter().filter_map(Match::lead_id);
            leads.map(|lead| (account.clone(), lead)).collect::<Vec<_>>()
        };
        let leads = found.iter().flat_map(of_account).collect();
        Self { table, leads, now, set_aside: HashSet::new() }
    }

    /// Sets a message aside for each destination that may have one of the leads.
    async fn set_aside(&mut self) -> Result<(), Failure> {
        if self.leads.is_empty() {
            return Ok(());
        }
        let destinations = self.table.destinations().await?;
        for (account, lead) in &self.leads {
            let reached = destinations.iter().filter(|destination| {
                destination.account() == *account && destination.may_have(*lead)
            });
            for Destination { id, .. } in reached {
                if self.set_aside.insert((*lead, id.clone())) {
                    let event = SetAsideEvent::Erased;
                    let event = SetAside::due(*lead, id.clone(), event, self.now);
                    self.table.set_aside(account, &event).await?;
                }
            }
        }
        Ok(())
    }
}
