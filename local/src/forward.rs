use crate::Running;
use forwarding::{Forwarder, Post, Wake};
use jiff::{SignedDuration, Timestamp};
use std::{sync::Arc, time::Duration};
use tokio::{
    task::JoinSet,
    time::{MissedTickBehavior, interval},
};

/// How often leads are forwarded.
const EVERY: Duration = Duration::from_secs(1);
/// How long a pass begins new posts.
const PASS_FOR: SignedDuration = SignedDuration::from_secs(50);
/// When a lead that another process of this machine stores is in the table.
const SETTLED_AFTER: SignedDuration = SignedDuration::from_secs(1);

/// Forwards leads every second. It never ends by itself.
///
/// Deployed functions wait five seconds before they forward a lead, because they do not know which
/// deliveries are running. This process knows: it waits for them. A destination that does not answer
/// delays no other: the next pass begins before the last one ends.
pub async fn keep_forwarding<P: Post + 'static>(forwarder: Arc<Forwarder<P>>, running: &Running) {
    let mut passes = JoinSet::new();
    let mut every_second = interval(EVERY);
    every_second.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        every_second.tick().await;
        while passes.try_join_next().is_some() {}
        // A delivery that arrives from here on gets a later id.
        let now = forwarder.sources.now();
        let settled = running.oldest().unwrap_or(now).min(now - SETTLED_AFTER);
        passes.spawn(run_pass(Arc::clone(&forwarder), settled, now + PASS_FOR));
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
