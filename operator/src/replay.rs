//! Posting to a destination again: leads that were forwarded, and events that were set aside.

use crate::{
    Failure,
    destinations::{COUNTED, find_destination},
    times::{WrittenTime, read_time},
};
use jiff::Timestamp;
use providers::{read_id, write_id};
use shared::{
    model::{Account, Destination, LeadId, LeadSpan, Provider, SetAside},
    table::LeadTable,
};

/// The first lead to post again.
#[derive(Clone, Copy, Debug)]
pub enum ReplayStart {
    /// The first one that is stored.
    All,
    /// This one; its form may name the provider.
    Lead(Option<Provider>, LeadId),
    /// The first one from this time on.
    At(WrittenTime),
}

impl ReplayStart {
    /// Reads `all`, a time, or a lead's id in any form. A number is never a time.
    ///
    /// # Errors
    /// If it is none of them. The text says what to write.
    pub fn read(text: &str) -> Result<Self, String> {
        if text == "all" {
            return Ok(Self::All);
        }
        if let Ok(time) = read_time(text) {
            return Ok(Self::At(time));
        }
        let wrong = || "write all, a lead's id, or a time: 2h, 2026-11-21".to_owned();
        read_id(text).map(|(provider, id)| Self::Lead(provider, id)).ok_or_else(wrong)
    }

    /// The cursor before the first of these leads.
    async fn cursor(
        self,
        table: &LeadTable,
        account: &Account,
        now: Timestamp,
    ) -> Result<LeadId, Failure> {
        match self {
            Self::All => Ok(LeadId::FIRST),
            Self::Lead(provider, id) => {
                let is_of_account = provider.is_none_or(|provider| provider == account.provider)
                    && !table.get_leads(&[(account.clone(), id)]).await?.is_empty();
                is_of_account.then(|| id.previous()).ok_or_else(|| no_lead(account, id))
            }
            Self::At(time) => {
                Ok(LeadId::new(time.resolve(now).map_err(Failure::Input)?, 0).previous())
            }
        }
    }
}

fn no_lead(account: &Account, id: LeadId) -> Failure {
    let (provider, id) = (account.provider.as_str(), write_id(account.provider, id));
    Failure::NotFound(format!(
        "{provider} {} has no lead {id}; write a time with its unit: 2h, 7d",
        account.id
    ))
}

/// The leads that a replay posts again.
pub struct Replay {
    /// The cursor before the first of them.
    pub cursor: LeadId,
    /// How many they are. A number above [`COUNTED`] means that more were not counted.
    pub leads: usize,
}

/// Finds the leads from `start` on that were forwarded, and changes nothing. `now` is the table's
/// time.
///
/// # Errors
/// If the cursor is not after `start`, if there is no such lead, or if the table cannot be read.
pub async fn plan_replay(
    table: &LeadTable,
    destination: &Destination,
    start: ReplayStart,
    now: Timestamp,
) -> Result<Replay, Failure> {
    let account = destination.account();
    let cursor = start.cursor(table, &account, now).await?;
    let span = LeadSpan::ALL.after(cursor).filter(|_| cursor < destination.cursor);
    let Some(span) = span else {
        let text = "nothing to post again: no lead from there on was forwarded yet";
        return Err(Failure::Input(text.to_owned()));
    };
    let span = LeadSpan { last: destination.cursor, ..span };
    let leads = table.count_leads(&account, span, COUNTED).await?;
    Ok(Replay { cursor, leads })
}

/// Moves the cursor of the destination `id` back, so that the leads after `cursor` are posted
/// again.
///
/// # Errors
/// If there is no such destination, if leads were forwarded meanwhile, or if the table cannot be
/// used. Then nothing is changed.
pub async fn replay(table: &LeadTable, id: &str, cursor: LeadId) -> Result<(), Failure> {
    let destination = find_destination(table, id).await?;
    if cursor >= destination.cursor || table.move_cursor_back(&destination, cursor).await? {
        return Ok(());
    }
    let text = "leads were forwarded meanwhile, so nothing was changed; try again";
    Err(Failure::Changed(text.to_owned()))
}

/// Makes all events that are set aside for a destination due. Returns how many they are. `now` is
/// the table's time.
///
/// # Errors
/// If the table cannot be used.
pub async fn retry_set_aside(
    table: &LeadTable,
    destination: &Destination,
    now: Timestamp,
) -> Result<usize, Failure> {
    let account = destination.account();
    let events = table.events_set_aside(&account, Some(&destination.id), None, now).await?;
    for event in &events {
        let due = SetAside { next_attempt_at: Some(now), ..event.clone() };
        table.set_aside(&account, &due).await?;
    }
    Ok(events.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_number_is_a_lead_or_a_date_and_never_a_time_span() {
        for number in ["24", "999", "0", "1", "2026", "202611", "373481529142520"] {
            let read = ReplayStart::read(number);
            assert!(matches!(read, Ok(ReplayStart::Lead(None, _))), "{number}: {read:?}");
            assert!(read_time(number).is_err(), "{number} is no time");
        }
        let day = read_time("20261129").unwrap().resolve(Timestamp::UNIX_EPOCH);
        assert_eq!(day, Ok("2026-11-29T00:00:00Z".parse().unwrap()));
        for text in ["", "-1", "24 ", "soon", "1e3", "0x18"] {
            assert!(ReplayStart::read(text).is_err(), "{text}");
        }
    }
}
