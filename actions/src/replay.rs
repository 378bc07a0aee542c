//! Posting to a destination again: leads that were forwarded, and events that were set aside.

use crate::{
    Failure,
    destinations::COUNTED,
    moment::{Moment, read_moment},
};
use forwarding::read_id;
use jiff::Timestamp;
use shared::{
    model::{Destination, LeadId, LeadSpan, Provider, SetAside},
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
    At(Moment),
}

impl ReplayStart {
    /// Reads `all`, a lead's id in any form, or a time.
    ///
    /// # Errors
    /// If it is none of them. The text says what to write.
    pub fn read(text: &str) -> Result<Self, String> {
        if text == "all" {
            return Ok(Self::All);
        }
        if let Some((provider, id)) = read_id(text) {
            return Ok(Self::Lead(provider, id));
        }
        let wrong = |_| "write all, a lead's id, or a time: 2h, 2026-11-21".to_owned();
        read_moment(text).map(Self::At).map_err(wrong)
    }

    /// The cursor before the first of these leads.
    fn cursor(self, destination: &Destination, now: Timestamp) -> Result<LeadId, Failure> {
        match self {
            Self::All => Ok(LeadId::FIRST),
            Self::Lead(Some(provider), _) if provider != destination.provider => {
                let text = "the lead is not one of the destination's provider";
                Err(Failure::Input(text.to_owned()))
            }
            Self::Lead(_, id) => Ok(id.previous()),
            Self::At(moment) => {
                Ok(LeadId::new(moment.resolve(now).map_err(Failure::Input)?, 0).previous())
            }
        }
    }
}

/// Moves a destination's cursor back, so that the leads from `start` on are posted again. Returns
/// how many they are; a number above [`COUNTED`] means that more were not counted. `now` is the
/// table's time.
///
/// # Errors
/// If no lead from there on was forwarded yet, if leads were forwarded meanwhile, or if the table
/// cannot be used. Then nothing is changed.
pub async fn replay(
    table: &LeadTable,
    destination: &Destination,
    start: ReplayStart,
    now: Timestamp,
) -> Result<usize, Failure> {
    let cursor = start.cursor(destination, now)?;
    let span = LeadSpan::ALL.after(cursor).filter(|_| cursor < destination.cursor);
    let Some(span) = span else {
        let text = "nothing to post again: no lead from there on was forwarded yet";
        return Err(Failure::Input(text.to_owned()));
    };
    let span = LeadSpan { last: destination.cursor, ..span };
    let leads = table.count_leads(&destination.account(), span, COUNTED).await?;
    if table.move_cursor_back(destination, cursor).await? {
        Ok(leads)
    } else {
        let text = "leads were forwarded meanwhile, so nothing was changed; try again";
        Err(Failure::Changed(text.to_owned()))
    }
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
