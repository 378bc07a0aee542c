use crate::other_writers::OtherWriters;
use forwarding::SETTLED_AFTER;
use jiff::{SignedDuration, Timestamp};
use shared::model::ClockAndRandom;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;

/// The deliveries that are handled now. A delivery that was read completely is finished even if its
/// sender does not wait.
#[derive(Clone)]
pub struct Running {
    system: ClockAndRandom,
    tasks: TaskTracker,
    arrivals: Arc<Mutex<Arrivals>>,
}

#[derive(Default)]
struct Arrivals {
    next: u64,
    /// When each running delivery arrived, by a number that counts up.
    running: BTreeMap<u64, Timestamp>,
}

impl Running {
    /// No delivery. The clock of `system` is also that of the lead ids.
    pub fn new(system: ClockAndRandom) -> Self {
        Self { system, tasks: TaskTracker::new(), arrivals: Arc::default() }
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
        // The lock is held, so no delivery arrives before a time that `settled` has returned.
        noted.running.insert(number, self.system.now());
        Arrival { number, running: self.clone() }
    }

    /// The time before which all leads are in the table. Cursors move only up to such a time, so no
    /// lead comes behind a cursor. The id of a lead is a time:
    ///
    /// - This server takes it after it has noted the delivery here, and no delivery is running that
    ///   was noted before the time returned.
    /// - Another process takes it after a read that makes it expected. From then on, all leads have
    ///   the margin of a deployed function; the times returned before are earlier than the id. Its
    ///   clock must agree with this server's as in AWS.
    pub(crate) fn settled(&self, others: &OtherWriters) -> Timestamp {
        let noted = lock(&self.arrivals);
        let now = self.system.now();
        // Read after the clock: a process that is expected only then takes later ids.
        let margin = if others.are_expected() { SETTLED_AFTER } else { SignedDuration::ZERO };
        noted.running.values().copied().fold(now - margin, Timestamp::min)
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
        lock(&self.running.arrivals).running.remove(&self.number);
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

    /// Deliveries, and a clock that the test sets.
    fn running() -> (Running, Arc<AtomicI64>) {
        let clock = Arc::new(AtomicI64::new(100_000));
        let wall = Arc::clone(&clock);
        (Running::new(ClockAndRandom::new(move || at(wall.load(SeqCst)), || 0)), clock)
    }

    #[test]
    fn own_leads_are_settled_when_no_older_delivery_runs() {
        let (running, clock) = running();
        let settled = || running.settled(&OtherWriters::default());
        assert_eq!(settled(), at(100_000), "no delivery");
        let first = running.begin();
        clock.store(101_000, SeqCst);
        drop(running.begin());
        assert_eq!(settled(), at(100_000), "the first one runs");
        drop(first);
        assert_eq!(settled(), at(101_000), "one may arrive in this millisecond");
    }

    #[test]
    fn leads_of_other_processes_are_settled_after_five_seconds() {
        let (running, clock) = running();
        let others = OtherWriters::default();
        others.expect();
        let settled = || running.settled(&others);
        assert_eq!(settled(), at(95_000), "no delivery");
        let slow = running.begin();
        clock.store(103_000, SeqCst);
        drop(running.begin());
        assert_eq!(settled(), at(98_000), "the margin is longer than the slow one has run");
        clock.store(107_000, SeqCst);
        assert_eq!(settled(), at(100_000), "the slow one has run for longer");
        drop(slow);
        assert_eq!(settled(), at(102_000), "both have ended");
    }
}
