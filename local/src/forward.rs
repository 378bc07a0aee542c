use crate::{other_writers::OtherWriters, running::Running};
use forwarding::{Forwarder, PASS_FOR, Post, Wake};
use jiff::Timestamp;
use std::{pin::pin, sync::Arc, time::Duration};
use tokio::{
    task::JoinSet,
    time::{MissedTickBehavior, interval, timeout},
};

/// How often leads are forwarded.
const EVERY: Duration = Duration::from_secs(1);
/// How long a stop waits for running passes.
const FINISH_WITHIN: Duration = Duration::from_secs(2);

/// Forwards leads every second until `stop`, and then waits a short time for the running passes.
///
/// A lead waits until those before it are in the table, which `Running::settled` says. A
/// destination that does not answer delays no other: the next pass begins before the last one ends.
pub async fn keep_forwarding<P: Post + 'static>(
    forwarder: Arc<Forwarder<P>>,
    running: &Running,
    others: &OtherWriters,
    stop: impl Future<Output = ()>,
) {
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
        passes.spawn(run_pass(Arc::clone(&forwarder), running.settled(others)));
    }
    // A pass that goes on longer is ended. The next server posts again what it did not store.
    let finished = async { while passes.join_next().await.is_some() {} };
    let _ = timeout(FINISH_WITHIN, finished).await;
}

async fn run_pass(forwarder: Arc<Forwarder<impl Post>>, settled: Timestamp) {
    let until = forwarder.system.now() + PASS_FOR;
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
