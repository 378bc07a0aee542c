//! Destinations: their states, what waits for them, and where a lead was forwarded.

use crate::Failure;
use forwarding::{Addresses, Refusal, check_url, meets, refused};
use jiff::Timestamp;
use serde::Serialize;
use shared::{
    model::{
        Account, Destination, DestinationState, LeadId, LeadSpan, SetAside, SetAsideEvent,
        StoredLead, Stuck,
    },
    table::{DestinationChange, LeadPage, LeadTable, Order},
};

/// How many waiting leads are counted at most.
pub const COUNTED: usize = 10_000;

/// A number of leads that were counted up to [`COUNTED`].
pub fn write_counted(leads: usize) -> String {
    if leads > COUNTED { format!("{COUNTED}+") } else { leads.to_string() }
}

/// The only destination whose id begins with `id`.
///
/// # Errors
/// If there is none, or more than one.
pub async fn find_destination(table: &LeadTable, id: &str) -> Result<Destination, Failure> {
    let mut found = table.destinations().await?;
    found.retain(|destination| !id.is_empty() && destination.id.as_str().starts_with(id));
    match <[Destination; 1]>::try_from(found) {
        Ok([destination]) => Ok(destination),
        Err(found) if found.is_empty() => Err(unknown(id)),
        Err(_) => {
            Err(Failure::Input(format!("several destinations begin with {id}; write more of it")))
        }
    }
}

/// The failure of a destination that does not exist.
pub fn unknown(id: &str) -> Failure {
    let text = format!("there is no destination {id}; `leadhook destinations list` shows them");
    Failure::NotFound(text)
}

/// Pauses a destination: its leads wait.
///
/// # Errors
/// If there is no such destination, or if the table cannot be used.
pub async fn pause_destination(table: &LeadTable, id: &str) -> Result<(), Failure> {
    let found = find_destination(table, id).await?;
    let paused = Destination { state: DestinationState::Paused, ..found };
    store(table, &paused, DestinationChange::Pause).await
}

/// Resumes a destination. One that waits after a failure is due at once.
///
/// # Errors
/// If there is no such destination, or if the table cannot be used.
pub async fn resume_destination(table: &LeadTable, id: &str) -> Result<(), Failure> {
    let found = find_destination(table, id).await?;
    let state = DestinationState::Active;
    let resumed = Destination { state, next_attempt_at: None, ..found };
    store(table, &resumed, DestinationChange::Resume).await
}

/// Sets the lead aside at which a destination fails, so that the next ones are posted at once. The
/// lead is posted again as after a refusal. Returns the lead. `now` is the table's time.
///
/// # Errors
/// If the destination fails at no lead, if the lead was taken meanwhile, or if the table cannot be
/// used.
pub async fn skip_lead(
    table: &LeadTable,
    destination: &Destination,
    now: Timestamp,
) -> Result<LeadId, Failure> {
    let Some(Stuck { lead, .. }) = destination.stuck else {
        let text = "nothing to skip: it does not fail at a lead";
        return Err(Failure::Input(text.to_owned()));
    };
    let event = SetAside::due(lead, destination.id.clone(), SetAsideEvent::Created, now);
    let status = destination.last.as_ref().and_then(|last| last.status);
    // First the event: if the lead cannot be passed over, it is posted twice, but not lost.
    table
        .set_aside(&destination.account(), &refused(event, Refusal::answered(status), now))
        .await?;
    if table.pass_over_lead(destination, lead).await? {
        Ok(lead)
    } else {
        let text = "the lead was taken or set aside meanwhile; `leadhook destinations show` \
                    shows where it is now";
        Err(Failure::Changed(text.to_owned()))
    }
}

pub(crate) async fn store(
    table: &LeadTable,
    destination: &Destination,
    change: DestinationChange,
) -> Result<(), Failure> {
    let is_stored = table.change_destination(destination, change).await?;
    if is_stored { Ok(()) } else { Err(unknown(destination.id.as_str())) }
}

/// The state in one word: `active`, `waiting` after a failure, `failing`, `paused`, or `gone`.
pub fn destination_state(destination: &Destination, now: Timestamp) -> &'static str {
    let is_waiting = destination.next_attempt_at.is_some_and(|at| now < at);
    match destination.state {
        DestinationState::Active if is_waiting => "waiting",
        DestinationState::Active if destination.is_failing() => "failing",
        DestinationState::Active | DestinationState::Paused | DestinationState::Gone => {
            destination.state.as_str()
        }
    }
}

/// The host of a destination's URL, and its port. The rest of the URL may be a secret.
pub fn host(destination: &Destination) -> String {
    let Ok(url) = check_url(&destination.url, Addresses::Any) else { return String::new() };
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// The leads after a destination's cursor.
pub struct Waiting {
    /// How many there are. A number above [`COUNTED`] means that more were not counted.
    pub leads: usize,
    pub oldest: Option<LeadId>,
}

impl Waiting {
    /// Counts them.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub async fn count(table: &LeadTable, destination: &Destination) -> Result<Self, Failure> {
        let account = destination.account();
        let Some(span) = LeadSpan::ALL.after(destination.cursor) else {
            return Ok(Self { leads: 0, oldest: None });
        };
        let oldest: LeadPage = table.leads(&account, span, Order::OldestFirst, Some(1)).await?;
        let oldest = oldest.leads.first().map(|lead| lead.id);
        let leads = match oldest {
            Some(_) => table.count_leads(&account, span, COUNTED).await?,
            None => 0,
        };
        Ok(Self { leads, oldest })
    }
}

/// A destination of a lead's account, and whether the lead was forwarded to it.
#[derive(Serialize)]
pub struct ForwardingState {
    pub id: String,
    pub host: String,
    pub state: &'static str,
    /// The status of the last refusal.
    pub status: Option<u16>,
}

/// Where a lead was forwarded: its state at each of `destinations` that is of its account.
///
/// # Errors
/// If the table cannot be read.
pub async fn forwarding_states(
    table: &LeadTable,
    destinations: &[Destination],
    account: &Account,
    lead: &StoredLead,
) -> Result<Vec<ForwardingState>, Failure> {
    let of_account = destinations.iter().filter(|destination| destination.account() == *account);
    let destinations: Vec<_> = of_account.cloned().collect();
    let events = table.lead_set_aside(lead.id, &destinations).await?;
    let forwarded = |destination: &Destination| {
        let event = events.iter().find(|event| event.destination == destination.id);
        let is_wanted = meets(&destination.only, account, lead);
        let (state, status) = lead_state(destination, lead.id, is_wanted, event);
        ForwardingState { id: destination.id.to_string(), host: host(destination), state, status }
    };
    Ok(destinations.iter().map(forwarded).collect())
}

/// The state of a lead at a destination, and the status of the last refusal.
fn lead_state(
    destination: &Destination,
    lead: LeadId,
    is_wanted: bool,
    event: Option<&SetAside>,
) -> (&'static str, Option<u16>) {
    let Destination { starts_after, cursor, reached, .. } = destination;
    let state = match event {
        Some(event) if event.tries > 0 => return ("set aside", event.status),
        None if lead <= *starts_after => "older than its start",
        None if !is_wanted => "not one that it gets",
        None if lead <= *cursor || destination.ahead.contains(&lead) => "forwarded",
        None if reached.is_some_and(|reached| lead <= reached) => {
            "perhaps forwarded, waiting to be posted again"
        }
        Some(_) | None => "waiting",
    };
    (state, None)
}
