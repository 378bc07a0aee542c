//! The instances of the functions, and the operator's machine.

use crate::{history::Jump, network::connect, world::World};
use jiff::{SignedDuration, Timestamp};
use keyspot::SigningSecret;
use providers::App;
use shared::{
    delivery::{Context, DEFAULT_REPLAY_WINDOW, SenderTimeouts},
    model::ClockAndRandom,
    table::{LeadTable, Timeouts},
};
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicI64, Ordering::SeqCst},
};
use tests::SIGNING_KEY;
use tokio::time::Instant;

/// How many instances take deliveries, and how many forward.
const INSTANCES: usize = 2;
/// The name of the table.
pub(crate) const TABLE: &str = "leads";

/// An instance of a function.
struct Instance {
    ahead: Arc<AtomicI64>,
    app: Arc<App>,
}

/// The instances of the functions, and the operator's machine. Each has a clock of its own.
pub(crate) struct Instances {
    world: Arc<World>,
    pub(crate) table: LeadTable,
    all: Mutex<Vec<Instance>>,
}

impl Instances {
    pub(crate) fn new(world: &Arc<World>) -> Self {
        let table = LeadTable::new(connect(world, Timeouts::DEPLOYED), TABLE);
        let instance = |_| {
            let ahead = Arc::default();
            let app = start(world, &table, &ahead);
            Instance { ahead, app }
        };
        let all = Mutex::new((0..=2 * INSTANCES).map(instance).collect());
        Self { world: Arc::clone(world), table, all }
    }

    /// The clock of an instance jumps.
    pub(crate) fn jump(&self, Jump { instance, ahead, is_new }: Jump) {
        let mut all = self.all.lock().unwrap();
        let count = all.len();
        let jumping = &mut all[usize::from(instance) % count];
        jumping.ahead.store(ahead, SeqCst);
        if is_new {
            jumping.app = start(&self.world, &self.table, &jumping.ahead);
        }
    }

    /// All instances start again, with a clock that is right.
    pub(crate) fn renew(&self) {
        for instance in 0..=2 * INSTANCES as u8 {
            self.jump(Jump { instance, ahead: 0, is_new: true });
        }
    }

    /// An instance that takes deliveries.
    pub(crate) fn receiver(&self, n: u8) -> Arc<App> {
        self.app(usize::from(n) % INSTANCES)
    }

    /// The clock of an instance that forwards.
    pub(crate) fn forwarder(&self, n: u8) -> ClockAndRandom {
        self.app(INSTANCES + usize::from(n) % INSTANCES).context.system.clone()
    }

    /// The clock of the operator's machine.
    pub(crate) fn operator(&self) -> ClockAndRandom {
        self.app(2 * INSTANCES).context.system.clone()
    }

    fn app(&self, instance: usize) -> Arc<App> {
        Arc::clone(&self.all.lock().unwrap()[instance].app)
    }
}

/// An instance that starts now, with empty caches.
fn start(world: &Arc<World>, table: &LeadTable, ahead: &Arc<AtomicI64>) -> Arc<App> {
    Arc::new(app(table.clone(), system(world, ahead)))
}

/// The state of the functions on a table.
pub(crate) fn app(table: LeadTable, system: ClockAndRandom) -> App {
    let timeouts = SenderTimeouts::DEPLOYED;
    let context = Context::new(table, system, DEFAULT_REPLAY_WINDOW, timeouts);
    App::new(context, SigningSecret::fixed(SIGNING_KEY).unwrap())
}

/// The clock and random numbers of an instance that starts now. Its clock is `ahead` milliseconds
/// ahead of the table's.
fn system(world: &Arc<World>, ahead: &Arc<AtomicI64>) -> ClockAndRandom {
    let (of_wall, ahead) = (Arc::clone(world), Arc::clone(ahead));
    let wall = move || of_wall.now() + SignedDuration::from_millis(ahead.load(SeqCst));
    let (started, of_random) = (Instant::now(), Arc::clone(world));
    let random = move || of_random.random();
    ClockAndRandom::steady(wall, move || started.elapsed(), Timestamp::MIN, random)
}
