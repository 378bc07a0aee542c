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
const FINISH_WITHIN: Duration = Duration::from_secs(2);

/// Forwards leads every second until `stop`, and then waits a short time for the running passes.
///
/// Deployed functions wait five seconds before they forward a lead, because they do not know which
/// deliveries are running. This process knows its own and waits for them. `new_leads` tells which
/// leads other processes stored late in an embedded table. Without it, this process does not know
/// them: leads wait for five seconds as in a deployed function, and a lead that is later than that is
/// not noticed. A destination that does not answer delays no other: the next pass begins before the
/// last one ends.
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
        set_late_leads_aside(&forwarder, &new_leads).await;
        passes.spawn(run_pass(Arc::clone(&forwarder), settled, now + PASS_FOR));
    }
    // A pass that goes on longer is ended. The next server posts again what it did not store.
    let finished = async { while passes.join_next().await.is_some() {} };
    let _ = timeout(FINISH_WITHIN, finished).await;
    set_late_leads_aside(&forwarder, &new_leads).await;
}

/// If the table fails, the leads are set aside the next time.
async fn set_late_leads_aside(forwarder: &Forwarder<impl Post>, new_leads: &NewLeads) {
    let late = new_leads.take();
    if let Err(error) = forwarder.note_late_leads(&late).await {
        tracing::error!(%error, "late leads cannot be set aside yet");
        new_leads.put_back(late);
    }
}

async fn run_pass(forwarder: Arc<Forwarder<impl Post>>, settled: Timestamp, until: Timestamp) {
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
