//! A piece of work of an instance, and what goes wrong meanwhile.

use jiff::SignedDuration;
use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering::SeqCst},
};
use tokio::task_local;

/// How long a request may be under way after the task gave it up: it is delayed and stalled.
pub(crate) const UNDER_WAY: SignedDuration = SignedDuration::from_secs(3);

task_local! {
    /// The task whose requests go to the table.
    static TASK: Arc<Task>;
}

/// A piece of work, and what went wrong meanwhile.
#[derive(Default)]
pub(crate) struct Task {
    pub(crate) name: String,
    /// Whether it is an operator's command.
    pub(crate) is_operator: bool,
    /// The faults of its requests.
    faults: AtomicU32,
    /// How many of its requests were slow.
    slow: AtomicU32,
    /// How often it was killed or frozen, or had to wait for longer than a timeout.
    interruptions: AtomicU32,
}

impl Task {
    pub(crate) fn new(name: String) -> Arc<Self> {
        Arc::new(Self { name, ..Self::default() })
    }

    pub(crate) fn of_operator(name: String) -> Arc<Self> {
        Arc::new(Self { name, is_operator: true, ..Self::default() })
    }

    /// Runs `steps` as this task.
    pub(crate) async fn scope<T>(self: &Arc<Self>, steps: impl Future<Output = T>) -> T {
        TASK.scope(Arc::clone(self), steps).await
    }

    /// The task that is running; `None` for what the simulation itself reads and writes.
    pub(crate) fn current() -> Option<Arc<Self>> {
        TASK.try_with(Arc::clone).ok()
    }

    pub(crate) fn note_fault(&self) {
        self.faults.fetch_add(1, SeqCst);
    }

    pub(crate) fn note_slow(&self) {
        self.slow.fetch_add(1, SeqCst);
    }

    pub(crate) fn note_interruption(&self) {
        self.interruptions.fetch_add(1, SeqCst);
    }

    /// How many of its requests failed or were slow, unless it was interrupted.
    pub(crate) fn troubles(&self) -> Option<u32> {
        let troubles = self.faults.load(SeqCst) + self.slow.load(SeqCst);
        (self.interruptions.load(SeqCst) == 0).then_some(troubles)
    }

    /// Whether nothing went wrong.
    pub(crate) fn is_calm(&self) -> bool {
        self.faults.load(SeqCst) + self.interruptions.load(SeqCst) == 0
    }
}
