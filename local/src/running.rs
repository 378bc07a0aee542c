use jiff::Timestamp;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;

/// The deliveries that are handled now. A delivery that was read completely is finished even if its
/// sender does not wait.
#[derive(Clone, Default)]
pub struct Running {
    tasks: TaskTracker,
    arrivals: Arc<Mutex<Arrivals>>,
}

/// When each running delivery arrived, by a number that counts up.
#[derive(Default)]
struct Arrivals {
    next: u64,
    running: BTreeMap<u64, Timestamp>,
}

impl Running {
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
        Arrival::note(&self.arrivals)
    }

    /// When the oldest running delivery arrived. All leads before that time are in the table.
    pub fn oldest(&self) -> Option<Timestamp> {
        lock(&self.arrivals).running.values().min().copied()
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
    arrivals: Arc<Mutex<Arrivals>>,
}

impl Arrival {
    fn note(arrivals: &Arc<Mutex<Arrivals>>) -> Self {
        let mut noted = lock(arrivals);
        let number = noted.next;
        noted.next += 1;
        noted.running.insert(number, Timestamp::now());
        Self { number, arrivals: Arc::clone(arrivals) }
    }
}

impl Drop for Arrival {
    fn drop(&mut self) {
        lock(&self.arrivals).running.remove(&self.number);
    }
}

fn lock(arrivals: &Mutex<Arrivals>) -> MutexGuard<'_, Arrivals> {
    arrivals.lock().unwrap_or_else(PoisonError::into_inner)
}
