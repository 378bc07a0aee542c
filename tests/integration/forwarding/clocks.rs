//! The clocks of the instances. None of them is the table's clock, and each may jump.

use super::{next_number, play::Play};
use jiff::Timestamp;
use proptest::prelude::*;
use shared::model::ClockAndRandom;
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

/// The instances: one stores the leads of each account, and two make the passes.
const INSTANCES: usize = 4;
const FIRST_FORWARDER: usize = 2;

/// The clock of an instance jumps.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    instance: usize,
    /// How many milliseconds it is ahead of the table's clock from now on.
    ahead: i64,
    /// Whether a new instance replaces it, which does not know the time of the one before.
    is_new: bool,
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    let ahead = prop_oneof![
        1 => Just(0_i64),
        3 => -4_000..0_i64,
        1 => -12_000..-4_000_i64,
        3 => 0..12_000_i64,
        1 => prop::sample::select(&[-3_600_000_i64, 3_600_000, -90_000, 90_000][..]),
    ];
    (0..INSTANCES, ahead, any::<bool>()).prop_map(|(instance, ahead, is_new)| Step {
        instance,
        ahead,
        is_new,
    })
}

/// The clocks of all instances.
pub(super) struct Clocks {
    table: Arc<AtomicI64>,
    instances: [(Arc<AtomicI64>, Mutex<ClockAndRandom>); INSTANCES],
    counter: Arc<AtomicU64>,
}

impl Clocks {
    /// All clocks agree with the table's. `counter` are the random numbers.
    pub(super) fn new(table: &Arc<AtomicI64>, counter: &Arc<AtomicU64>) -> Self {
        let instance = |_| {
            let ahead = Arc::default();
            let system = start(table, &ahead, counter);
            (ahead, Mutex::new(system))
        };
        let instances = std::array::from_fn(instance);
        Self { table: Arc::clone(table), instances, counter: Arc::clone(counter) }
    }

    fn step(&self, Step { instance, ahead, is_new }: Step) {
        let (offset, system) = &self.instances[instance];
        offset.store(ahead, SeqCst);
        if is_new {
            *system.lock().unwrap() = start(&self.table, offset, &self.counter);
        }
    }

    /// The instance that stores the leads of an account.
    pub(super) fn of_account(&self, account: u8) -> ClockAndRandom {
        self.instances[usize::from(account) % FIRST_FORWARDER].1.lock().unwrap().clone()
    }

    /// The instance that makes a pass, of which so many are running.
    pub(super) fn of_pass(&self, running: usize) -> ClockAndRandom {
        let forwarder = FIRST_FORWARDER + running % (INSTANCES - FIRST_FORWARDER);
        self.instances[forwarder].1.lock().unwrap().clone()
    }
}

/// The clock of an instance that starts now.
fn start(
    table: &Arc<AtomicI64>,
    ahead: &Arc<AtomicI64>,
    counter: &Arc<AtomicU64>,
) -> ClockAndRandom {
    let (table, ahead, counter) = (Arc::clone(table), Arc::clone(ahead), Arc::clone(counter));
    let (started, clock) = (table.load(SeqCst), Arc::clone(&table));
    let wall =
        move || Timestamp::from_millisecond(table.load(SeqCst) + ahead.load(SeqCst)).unwrap();
    let elapsed = move || Duration::from_millis((clock.load(SeqCst) - started) as u64);
    ClockAndRandom::steady(wall, elapsed, Timestamp::MIN, move || next_number(&counter))
}

impl Play {
    pub(super) fn step(&self, step: Step) {
        self.clocks.step(step);
        let mut log = self.log();
        log.has_stepped = true;
        // A pass whose clock jumps may take the lease of another.
        if self.passes.load(SeqCst) > 0 {
            log.excuse_all();
        }
    }
}
