//! A pass: each destination gets the leads after its cursor, and the cursor moves.
//!
//! The pass of one destination takes the destination's lease, posts the events set aside and then
//! the leads, and gives the lease back. `next.rs` decides what follows a page, an answer and a
//! failure, and reads and writes nothing. `leads.rs`, `events.rs` and `probe.rs` do it.

use crate::{
    forwarder::Forwarder,
    lease::{Ended, Leased},
    post::Post,
    poster::Poster,
    report::Report,
};
use futures_util::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use shared::{
    model::{Destination, LeadId},
    table::StoreError,
};
use std::num::NonZeroU8;

/// How long a pass begins new posts. The timeout of the function is longer by the time of a post.
pub const PASS_FOR: SignedDuration = SignedDuration::from_secs(50);
/// When all leads of a time are in the table. Its sender gets an answer within 2.5 seconds, so a
/// lead is written by then, even if the clock of its function is two seconds behind.
pub const SETTLED_AFTER: SignedDuration = SignedDuration::from_secs(5);
/// How many destinations are forwarded to at once. One that does not answer keeps its place for 15
/// seconds, then it waits.
const AT_ONCE: usize = 64;

/// What wakes a pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wake {
    /// The schedule: all destinations get what waits.
    Schedule,
    /// New leads: the destinations that await them get what waits.
    NewLeads(Vec<Destination>),
}

impl<P: Post> Forwarder<P> {
    /// Forwards what waits, to several destinations at once and to each in the order of the leads'
    /// ids. Leads younger than `settled` wait. No post begins after `until`.
    ///
    /// # Errors
    /// If the destinations cannot be read. A fault of a single destination is only logged.
    pub async fn forward_due(
        &self,
        wake: Wake,
        settled: Timestamp,
        until: Timestamp,
    ) -> Result<Report, StoreError> {
        let now = self.system.now();
        let destinations = match wake {
            Wake::Schedule => self.table.destinations().await?,
            Wake::NewLeads(awaiting) => awaiting,
        };
        let passes = destinations.into_iter().map(|destination| {
            let is_due = destination.is_due(now);
            forward_to(destination, is_due, Poster::new(self, settled, until))
        });
        let reports = stream::iter(passes).buffer_unordered(AT_ONCE);
        Ok(reports.fold(Report::default(), async |sum, report| sum.plus(report)).await)
    }
}

/// Forwards to a destination if it is due, and reports its state.
async fn forward_to<P: Post>(
    mut destination: Destination,
    is_due: bool,
    mut poster: Poster<'_, P>,
) -> Report {
    if is_due && let Err(error) = forward(&mut destination, &mut poster).await {
        poster.report.table_faults += 1;
        tracing::error!(%error, destination = destination.id.as_str(), "cannot forward");
    }
    poster.report.note_state(&destination, poster.forwarder.system.now());
    poster.report
}

/// Forwards what waits for a destination. Changes nothing if another pass does so.
async fn forward<P: Post>(
    destination: &mut Destination,
    poster: &mut Poster<'_, P>,
) -> Result<(), StoreError> {
    let Forwarder { table, system, .. } = poster.forwarder;
    if !poster.has_leads(destination).await? && poster.due_events(destination).await?.is_empty() {
        return Ok(());
    }
    let settled = LeadId::new(poster.settled, 0).previous();
    let Some(mut leased) = Leased::take(destination, table, system, settled).await? else {
        return Ok(());
    };
    let posted = post_all(&mut leased, poster).await;
    let done = match posted {
        Err(Ended::LeaseLost) => posted,
        Ok(()) | Err(Ended::Stopped | Ended::Store(_)) => leased.release().await.and(posted),
    };
    *destination = leased.destination;
    match done {
        Ok(()) | Err(Ended::Stopped | Ended::LeaseLost) => Ok(()),
        Err(Ended::Store(error)) => Err(error),
    }
}

async fn post_all<P: Post>(
    leased: &mut Leased<'_>,
    poster: &mut Poster<'_, P>,
) -> Result<(), Ended> {
    poster.post_events(leased).await?;
    if leased.destination.in_flight == NonZeroU8::MIN {
        poster.post_leads(leased).await?;
    } else {
        poster.post_window(leased).await?;
    }
    Ok(poster.delay_suspect(&mut leased.destination).await?)
}
