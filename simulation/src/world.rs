//! The world of a history: its time, its random numbers and its table.

use crate::{
    history::{History, Place},
    log::Log,
    notes::{Notes, Wanted},
    table::Table,
    task::Task,
};
use jiff::{SignedDuration, Timestamp};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use std::{
    collections::BTreeMap,
    ops::Range,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};
use tests::{Fault, TestTable};
use tokio::{sync::Notify, time::Instant};

/// Everything that a history runs on. Time passes only if nothing else can happen.
pub(crate) struct World {
    started: Instant,
    beginning: Timestamp,
    random: Mutex<StdRng>,
    /// The low bits of the last random number of an instance.
    last: AtomicU64,
    pub(crate) notes: Notes,
    /// The faults of the requests to the table, by the number of the request.
    pub(crate) faults: BTreeMap<u16, Fault>,
    pub(crate) requests: AtomicU64,
    /// Until when no request reaches the table.
    pub(crate) away_until: Mutex<Timestamp>,
    /// Whether nothing fails any more.
    is_healed: AtomicBool,
    /// Wakes the stream when a lead is stored, and at its end.
    pub(crate) records: Notify,
    pub(crate) table: Mutex<Table>,
    pub(crate) log: Mutex<Log>,
    pub(crate) places: Vec<Place>,
}

impl World {
    /// The world of a history, before it begins.
    pub(crate) fn new(history: &History, wanted: Wanted) -> Arc<Self> {
        let History { schedule, places, faults, .. } = history;
        // The SDK takes the random part of its waits from this thread's generator.
        fastrand::seed(*schedule);
        let beginning = TestTable::BEGINNING.parse().unwrap();
        Arc::new(Self {
            started: Instant::now(),
            beginning,
            random: Mutex::new(StdRng::seed_from_u64(*schedule)),
            last: AtomicU64::new(0),
            notes: Notes::new(wanted),
            faults: faults.clone(),
            requests: AtomicU64::new(0),
            away_until: Mutex::new(beginning),
            is_healed: AtomicBool::new(false),
            records: Notify::new(),
            table: Mutex::default(),
            log: Mutex::default(),
            places: places.clone(),
        })
    }

    /// The time of the table.
    pub(crate) fn now(&self) -> Timestamp {
        self.beginning + SignedDuration::try_from(self.started.elapsed()).unwrap()
    }

    pub(crate) fn log(&self) -> MutexGuard<'_, Log> {
        // A history whose task panicked still has its numbers.
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A random number of this range.
    pub(crate) fn number(&self, range: Range<u64>) -> u64 {
        self.random.lock().unwrap().random_range(range)
    }

    /// A request or an answer takes a random time. It decides which of several tasks goes on first.
    pub(crate) async fn delay(&self, task: &Task) {
        let milliseconds = match self.number(0..200) {
            0 => {
                task.note_slow();
                self.number(100..900)
            }
            1..8 => self.number(5..60),
            _ => self.number(0..4),
        };
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    }

    /// From now on, nothing fails.
    pub(crate) fn heal(&self) {
        self.trace("the world", || "nothing fails from now on".to_owned());
        self.is_healed.store(true, SeqCst);
        *self.away_until.lock().unwrap() = self.beginning;
    }

    pub(crate) fn is_healed(&self) -> bool {
        self.is_healed.load(SeqCst)
    }

    /// Writes a line of the trace.
    pub(crate) fn trace(&self, who: &str, what: impl FnOnce() -> String) {
        self.notes.trace(self.now().duration_since(self.beginning), who, what);
    }

    /// The random numbers of the instances. Some have equal low bits, to test conflicts of ids too.
    pub(crate) fn random(&self) -> u128 {
        let [high, low]: [u64; 2] = self.random.lock().unwrap().random();
        let low = if high.is_multiple_of(8) { self.last.load(SeqCst) } else { low };
        self.last.store(low, SeqCst);
        (u128::from(high) << 64) | u128::from(low)
    }
}
