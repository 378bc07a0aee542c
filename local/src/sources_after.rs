use jiff::SignedDuration;
use shared::{
    model::{LeadId, Sources},
    table::{LeadTable, StoreError},
};

/// How far time may be ahead of this machine's clock at a start.
const AT_MOST_AHEAD: SignedDuration = SignedDuration::from_hours(1);

/// The system's clock and random numbers for a process that draws ids for a table. Time begins after
/// the highest lead id and the highest cursor, so that new leads are not behind the cursors; but it
/// begins at most an hour ahead of the clock.
///
/// # Errors
/// If the table cannot be read.
pub async fn sources_after(table: &LeadTable) -> Result<Sources, StoreError> {
    let now = Sources::system().now();
    let highest = highest_id(table).await?;
    // The next millisecond: ids of one millisecond have no order.
    let start = highest.map_or(now, |id| id.time() + SignedDuration::from_millis(1));
    let start = start.min(now + AT_MOST_AHEAD);
    if start > now {
        let seconds = start.duration_since(now).as_secs_f64();
        tracing::warn!(
            seconds,
            "the table has later leads than this machine's clock: time begins after them, and goes at \
             half the speed until the clock is there"
        );
    }
    Ok(Sources::system_from(start))
}

async fn highest_id(table: &LeadTable) -> Result<Option<LeadId>, StoreError> {
    let mut highest = None;
    for account in table.accounts(None).await? {
        highest = highest.max(table.highest_lead_id(&account).await?);
    }
    let cursors = table.destinations().await?.into_iter().map(|destination| destination.cursor);
    Ok(cursors.fold(highest, |highest, cursor| highest.max(Some(cursor))))
}
