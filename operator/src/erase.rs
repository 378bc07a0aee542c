//! Matches a person's leads and held deliveries, and erases them.

mod find;

pub use find::{FoundItem, Match, Matches, find_person};

use crate::Failure;
use jiff::Timestamp;
use shared::{
    model::{Account, ClockAndRandom},
    table::{Erased, LeadTable},
};

/// Erases what was found, and sets messages aside for the destinations that may have one of the
/// leads. The accounts and their leads are erased in the order of `matches`. Calls `receipt` with
/// what was done in each account.
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
) -> Result<(), Failure> {
    for (account, matches) in matches {
        receipt(account, erase(table, account, matches, now, system).await?);
    }
    Ok(())
}

/// Held deliveries first: after an interruption, the leads that they are linked to can still be
/// found.
async fn erase(
    table: &LeadTable,
    account: &Account,
    matches: &[Match],
    now: Timestamp,
    system: &ClockAndRandom,
) -> Result<Erased, Failure> {
    let held = matches.iter().filter_map(|found| match &found.item {
        FoundItem::Held(id) => Some(id.clone()),
        FoundItem::Lead(_) => None,
    });
    let mut erased = table.erase_held(account, &held.collect::<Vec<_>>()).await?;
    for lead in matches.iter().filter_map(Match::lead_id) {
        let Erased { leads, claims, messages, .. } =
            table.erase_lead(account, lead, now, &system.random_mark()).await?;
        erased.leads += leads;
        erased.claims += claims;
        erased.messages += messages;
    }
    Ok(erased)
}
