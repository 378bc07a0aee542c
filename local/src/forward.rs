use crate::{NewLeads, Running, new_leads::SETTLED_AFTER};
use forwarding::{Forwarder, Post, Wake};
use jiff::{SignedDuration, Timestamp};
use std::{pin::pin, sync::Arc, time::Duration};
use tokio::{
    task::JoinSet,
    time::{MissedTickBehavior, interval, timeout},
};

/// How often leads are forwarded.
const EVERY: Duration = Duration::from_secs(1);
/// How long a pass begins new posts.
const PASS_FOR: SignedDuration = SignedDuration::from_secs(50);
/// How long a stop waits for running passes.
const FINISH_WITHIN: Duration = Duration::from_secs(10);

/// Forwards leads every second until `stop`, and then waits a short time for the running passes.
///
/// Deployed functions wait five seconds before they forward a lead, because they do not know which
/// deliveries are running. This process knows its own: it waits for them. `new_leads` has those that
/// other processes stored late in an embedded table. Without it, the leads of other processes are
/// not known, and leads wait for five seconds too. A destination that does not answer delays no
/// other: the next pass begins before the last one ends.
pub async fn keep_forwarding<P: Post + 'static>(
    forwarder: Arc<Forwarder<P>>,
    running: &Running,
    new_leads: Option<NewLeads>,
    stop: impl Future<Output = ()>,
) {
    let margin = if new_leads.is_some() { SETTLED_AFTER } else { forwarding::SETTLED_AFTER };
    let new_leads = new_leads.unwrap_or_default();
    let mut passes = JoinSet::new();
    let mut every_second = interval(EVERY);
    every_second.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut stop = pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            _ = every_second.tick() => {}
        }
        while passes.try_join_next().is_some() {}
        // A delivery that arrives from here on gets a later id.
        let now = forwarder.sources.now();
        let settled = running.oldest().unwrap_or(now).min(now - margin);
        let (forwarder, new_leads) = (Arc::clone(&forwarder), new_leads.clone());
        passes.spawn(run_pass(forwarder, new_leads, settled, now + PASS_FOR));
    }
    // A pass that goes on longer is ended. Its leads are posted again by the next server.
    let _ = timeout(FINISH_WITHIN, passes.join_all()).await;
}

async fn run_pass(
    forwarder: Arc<Forwarder<impl Post>>,
    new_leads: NewLeads,
    settled: Timestamp,
    until: Timestamp,
) {
    let late = new_leads.take();
    if let Err(error) = forwarder.note_late_leads(&late).await {
        tracing::error!(%error, "late leads cannot be set aside yet");
        new_leads.put_back(late);
    }
    match forwarder.forward_due(Wake::Schedule, settled, until).await {
        Ok(report) if report.is_empty() => {}
        Ok(report) => {
            let (forwarded, set_aside, failed) =
                (report.forwarded, report.set_aside, report.failed);
            tracing::info!(forwarded, set_aside, failed, "forwarding");
        }
        Err(error) => tracing::error!(%error, "cannot forward"),
    }
}
