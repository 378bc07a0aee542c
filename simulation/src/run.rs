//! Plays histories, and makes failing ones smaller.

use crate::{
    history::History, invariants::Broken, notes::Wanted, random_history::history, stage::Stage,
    table::Exchange, world::World,
};
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner},
};
use shared::long_work::do_long_work_inline;
use std::{
    fmt, fs,
    ops::Range,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    thread,
    time::{Duration, Instant},
};
use tokio::runtime::Builder;

/// The stack of a player, in bytes: futures of a debug build are large.
const STACK: usize = 16 << 20;
/// How often a failing history is made smaller at most.
const MOST_SHRINKS: u32 = 2_000;

/// What came of a history.
pub struct Played {
    /// What happened, line by line.
    pub trace: String,
    /// The requests to the table, in the order in which it did them.
    pub exchanges: Vec<Exchange>,
    /// The rule that it broke.
    pub result: Result<(), Broken>,
    /// How many deliveries were sent.
    pub deliveries: usize,
    /// How many messages were posted.
    pub posts: usize,
    /// How many requests the table got.
    pub requests: u64,
}

/// Plays a history. If a task panics, that is the rule that it broke.
///
/// # Panics
/// If there is no runtime.
pub fn play(history: &History, wanted: Wanted) -> Played {
    do_long_work_inline();
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let world = {
        // Its clock is that of the runtime.
        let _entered = runtime.enter();
        World::new(history, wanted)
    };
    let steps = async {
        let stage = Stage::new(&world).await;
        stage.play(history.clone()).await;
        stage.check().await
    };
    let result = catch_unwind(AssertUnwindSafe(|| runtime.block_on(steps)));
    let (trace, exchanges) = world.notes.take();
    let log = world.log();
    Played {
        trace,
        exchanges,
        result: result.unwrap_or_else(|_| Err("a task panicked".to_owned())),
        deliveries: log.attempts.len(),
        posts: log.posts.len(),
        requests: world.requests.load(SeqCst),
    }
}

fn runner_of(seed: u64) -> TestRunner {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let config =
        Config { failure_persistence: None, max_shrink_iters: MOST_SHRINKS, ..Config::default() };
    TestRunner::new_with_rng(config, random)
}

/// The history of a seed.
///
/// # Panics
/// If there is none, which cannot be.
pub fn history_of(seed: u64) -> History {
    history().new_tree(&mut runner_of(seed)).unwrap().current()
}

/// The smallest history found that fails, from the one of this seed. `None` if that does not fail.
///
/// # Panics
/// If the seed has no history, which cannot be.
pub fn shrink(seed: u64) -> Option<History> {
    let mut runner = runner_of(seed);
    let tree = history().new_tree(&mut runner).unwrap();
    let failed = runner.run_one(tree, |history| {
        play(&history, Wanted::Result).result.map_err(TestCaseError::fail)
    });
    match failed {
        Err(TestError::Fail(_, smallest)) => Some(smallest),
        Ok(_) | Err(TestError::Abort(_)) => None,
    }
}

/// The stored histories that failed once, by the names of their files.
///
/// # Panics
/// If one cannot be read.
pub fn failures() -> Vec<(String, History)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("failures");
    let mut found: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (name, serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap())
        })
        .collect();
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    found
}

/// What came of many histories.
#[derive(Default)]
pub struct ManyPlayed {
    /// How many there were.
    pub histories: u64,
    /// How many deliveries were sent.
    pub deliveries: usize,
    /// How many messages were posted.
    pub posts: usize,
    /// How many requests the table got.
    pub requests: u64,
    /// How long it took.
    pub took: Duration,
    /// The lowest seed of a history that broke a rule, and the rule.
    pub broken: Option<(u64, Broken)>,
}

impl fmt::Display for ManyPlayed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { histories, deliveries, posts, requests, took, .. } = self;
        let seconds = took.as_secs_f64();
        let rate = *histories as f64 / seconds;
        write!(
            f,
            "{histories} histories in {seconds:.1} s, {rate:.0} a second: {deliveries} deliveries, \
             {posts} posts, {requests} requests to the table"
        )
    }
}

/// Plays the histories of these seeds, several at a time, until one breaks a rule.
///
/// # Panics
/// If a part of leadhook panics.
pub fn play_seeds(seeds: Range<u64>, threads: usize) -> ManyPlayed {
    let (started, next) = (Instant::now(), AtomicU64::new(seeds.start));
    let total = Mutex::new(ManyPlayed::default());
    let play_some = || {
        loop {
            let seed = next.fetch_add(1, SeqCst);
            if seed >= seeds.end || total.lock().unwrap().broken.is_some() {
                return;
            }
            let played = play(&history_of(seed), Wanted::Result);
            let mut total = total.lock().unwrap();
            total.histories += 1;
            total.deliveries += played.deliveries;
            total.posts += played.posts;
            total.requests += played.requests;
            if let Err(rule) = played.result
                && total.broken.as_ref().is_none_or(|(lowest, _)| seed < *lowest)
            {
                total.broken = Some((seed, rule));
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..threads {
            thread::Builder::new().stack_size(STACK).spawn_scoped(scope, play_some).unwrap();
        }
    });
    ManyPlayed { took: started.elapsed(), ..total.into_inner().unwrap() }
}

/// Runs `play` on a thread with a stack that is large enough.
///
/// # Panics
/// If `play` panics.
pub fn with_stack<T: Send + 'static>(play: impl FnOnce() -> T + Send + 'static) -> T {
    thread::Builder::new().stack_size(STACK).spawn(play).unwrap().join().unwrap()
}
