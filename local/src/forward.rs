use crate::{NewLeads, Running};
use forwarding::{Forwarder, Post, SETTLED_AFTER, Wake};
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
/// deliveries are running. This process knows its own and waits for them. `new_leads` are the leads
/// that an embedded table got, so that a lead is found which a cursor has passed. Without them, leads
/// wait for five seconds as in a deployed function, and a lead of another process that is later than
/// that is not noticed. A destination that does not answer delays no other: the next pass begins
/// before the last one ends.
pub async fn keep_forwarding<P: Post + 'static>(
    forwarder: Arc<Forwarder<P>>,
    running: &Running,
    new_leads: Option<NewLeads>,
    stop: impl Future<Output = ()>,
) {
    let finds_late = new_leads.is_some();
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
        let settled = running.settled(SETTLED_AFTER, finds_late);
        // What is settled is compared before a pass reads it: afterwards it would look late.
        if set_late_leads_aside(&forwarder, &new_leads).await {
            let until = forwarder.sources.now() + PASS_FOR;
            passes.spawn(run_pass(Arc::clone(&forwarder), settled, until));
        }
    }
    // A pass that goes on longer is ended. The next server posts again what it did not store.
    let finished = async { while passes.join_next().await.is_some() {} };
    let _ = timeout(FINISH_WITHIN, finished).await;
    set_late_leads_aside(&forwarder, &new_leads).await;
}

/// False if the table fails. Then the leads are compared the next time.
async fn set_late_leads_aside(forwarder: &Forwarder<impl Post>, new_leads: &NewLeads) -> bool {
    let new = new_leads.take();
    let noted = forwarder.note_late_leads(&new).await;
    if let Err(error) = &noted {
        tracing::error!(%error, "late leads cannot be set aside yet");
        new_leads.put_back(new);
    }
    noted.is_ok()
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
