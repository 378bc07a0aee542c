use jiff::{SignedDuration, Timestamp};
use shared::{
    model::{ClockAndRandom, LeadId},
    table::{LeadTable, StoreError},
};

/// How far the ids of leads may set the time ahead of this machine's clock at a start.
const AT_MOST_AHEAD: SignedDuration = SignedDuration::from_hours(1);

/// The system's clock and random numbers for a process that makes ids for a table. Time begins
/// after the highest lead id and the highest cursor, so that no new lead is behind a cursor. A lead
/// that no cursor has passed sets it at most an hour ahead of the clock.
///
/// # Errors
/// If the table cannot be read.
pub async fn system_after(table: &LeadTable) -> Result<ClockAndRandom, StoreError> {
    let now = ClockAndRandom::system().now();
    let start = start_after(table, now).await?;
    if start > now {
        let seconds = start.duration_since(now).as_secs_f64();
        tracing::warn!(
            seconds,
            "the table has later leads than this machine's clock: time begins after them, and goes at \
             half the speed until the clock is there"
        );
    }
    Ok(ClockAndRandom::system_from(start))
}

async fn start_after(table: &LeadTable, now: Timestamp) -> Result<Timestamp, StoreError> {
    let mut start = now;
    for account in table.accounts(None).await? {
        if let Some(highest) = table.highest_lead_id(&account).await? {
            start = start.max(after(highest).min(now + AT_MOST_AHEAD));
        }
    }
    for destination in table.destinations().await? {
        // An operator may choose a start that is far ahead.
        let limit = if destination.cursor > destination.starts_after {
            Timestamp::MAX
        } else {
            now + AT_MOST_AHEAD
        };
        start = start.max(after(destination.cursor).min(limit));
    }
    Ok(start)
}

/// The millisecond after an id: ids of one millisecond have no order.
fn after(id: LeadId) -> Timestamp {
    id.time() + SignedDuration::from_millis(1)
}
