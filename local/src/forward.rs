use crate::Running;
use forwarding::{Forwarder, Post};
use jiff::SignedDuration;
use std::time::Duration;

/// How often leads are forwarded.
const EVERY: Duration = Duration::from_secs(1);
/// How long a pass begins new posts.
const PASS_FOR: SignedDuration = SignedDuration::from_secs(50);
/// When a lead that a command of this machine stores is in the table.
const SETTLED_AFTER: SignedDuration = SignedDuration::from_secs(1);

/// Forwards leads every second. It never ends by itself.
///
/// Deployed functions wait five seconds before they forward a lead, because they do not know which
/// deliveries are running. This process knows: it waits for them.
pub async fn keep_forwarding(forwarder: &Forwarder<impl Post>, running: &Running) {
    let mut every_second = tokio::time::interval(EVERY);
    every_second.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        every_second.tick().await;
        // A delivery that arrives from here on gets a later id.
        let now = forwarder.sources.now();
        let settled =
            running.oldest().map_or(now, |oldest| oldest.min(now)).min(now - SETTLED_AFTER);
        match forwarder.forward_due(settled, now + PASS_FOR).await {
            Ok(report) if report.forwarded + report.set_aside + report.failed > 0 => {
                let (forwarded, set_aside, failed) =
                    (report.forwarded, report.set_aside, report.failed);
                tracing::info!(forwarded, set_aside, failed, "forwarding");
            }
            Ok(_) => {}
            Err(error) => tracing::error!(%error, "cannot forward"),
        }
    }
}
