use jiff::{SignedDuration, Timestamp};
use shared::model::Sources;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;

/// The time of a lead id is in whole milliseconds.
const MILLISECOND: SignedDuration = SignedDuration::from_millis(1);

/// The deliveries that are handled now. A delivery that was read completely is finished even if its
/// sender does not wait.
#[derive(Clone)]
pub struct Running {
    sources: Sources,
    tasks: TaskTracker,
    arrivals: Arc<Mutex<Arrivals>>,
}

#[derive(Default)]
struct Arrivals {
    next: u64,
    /// When each running delivery arrived, by a number that counts up.
    running: BTreeMap<u64, Timestamp>,
    /// When the last delivery ended.
    ended: Option<Timestamp>,
}

impl Running {
    /// No delivery. `sources` have the clock that also tells the times of lead ids.
    pub fn new(sources: Sources) -> Self {
        Self { sources, tasks: TaskTracker::new(), arrivals: Arc::default() }
    }

    /// Handles a delivery that arrives now.
    pub(crate) fn spawn<T: Send + 'static>(
        &self,
        delivery: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        let arrival = self.begin();
        self.tasks.spawn(async move {
            let _arrival = arrival;
            delivery.await
        })
    }

    /// Notes a delivery that begins now. It is running until the result is dropped.
    pub fn begin(&self) -> Arrival {
        let mut noted = lock(&self.arrivals);
        let number = noted.next;
        noted.next += 1;
        // The lock is held, so no delivery arrives before a time that `settled` has told.
        noted.running.insert(number, self.sources.now());
        Arrival { number, running: self.clone() }
    }

    /// The time before which all leads are in the table: no delivery is running that arrived before
    /// it, and the leads that others store have this `margin`. With `finds_late`, it is never before
    /// the last lead of this process: then a later lead of others is found in another way.
    pub(crate) fn settled(&self, margin: SignedDuration, finds_late: bool) -> Timestamp {
        let noted = lock(&self.arrivals);
        let now = self.sources.now();
        let ended = noted.ended.filter(|_| finds_late).map(|ended| ended + MILLISECOND);
        let settled = ended.map_or(now - margin, |ended| ended.min(now).max(now - margin));
        noted.running.values().copied().fold(settled, Timestamp::min)
    }

    /// Waits until no delivery is running.
    pub async fn finish(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// A running delivery. It also ends if its handler panics.
#[must_use]
pub struct Arrival {
    number: u64,
    running: Running,
}

impl Drop for Arrival {
    fn drop(&mut self) {
        let mut noted = lock(&self.running.arrivals);
        noted.running.remove(&self.number);
        noted.ended = Some(self.running.sources.now());
    }
}

fn lock(arrivals: &Mutex<Arrivals>) -> MutexGuard<'_, Arrivals> {
    arrivals.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicI64, Ordering::SeqCst};

    fn at(millisecond: i64) -> Timestamp {
        Timestamp::from_millisecond(millisecond).unwrap()
    }

    #[test]
    fn own_leads_are_settled_when_no_older_delivery_runs_and_others_after_the_margin() {
        let clock = Arc::new(AtomicI64::new(100_000));
        let wall = Arc::clone(&clock);
        let running = Running::new(Sources::new(move || at(wall.load(SeqCst)), || 0));
        let settled = || {
            let margin = SignedDuration::from_secs(5);
            (running.settled(margin, true), running.settled(margin, false))
        };
        assert_eq!(settled(), (at(95_000), at(95_000)), "no delivery");
        let first = running.begin();
        clock.store(101_000, SeqCst);
        let second = running.begin();
        drop(second);
        assert_eq!(settled(), (at(100_000), at(96_000)), "the first one runs");
        drop(first);
        assert_eq!(settled(), (at(101_000), at(96_000)), "one may arrive in this millisecond");
        clock.store(102_000, SeqCst);
        assert_eq!(settled(), (at(101_001), at(97_000)), "both have ended");
        clock.store(102_500, SeqCst);
        let slow = running.begin();
        clock.store(109_000, SeqCst);
        drop(running.begin());
        assert_eq!(settled(), (at(102_500), at(102_500)), "a slow one runs");
        drop(slow);
    }
}
