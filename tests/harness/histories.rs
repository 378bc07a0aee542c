use crate::test_table::TestTable;
use proptest::{
    strategy::Strategy,
    test_runner::{Config, FileFailurePersistence, TestCaseError, TestRunner},
};
use std::{cell::Cell, env, thread};
use tokio::runtime::Builder;

/// The stack of a player, in bytes. Futures of a debug build are large, and those of the test come
/// on top: a history needs up to 1.6 of a thread's two megabytes, and one overflowed them.
const STACK: usize = 16 << 20;

/// How many random histories a test plays, and where it stores the seeds of those that failed.
pub struct Histories {
    /// The variable that sets the number.
    pub variable: &'static str,
    /// The number without the variable.
    pub default: u32,
    /// How many run at the same time. Most of the time they wait.
    pub players: u32,
    /// The file with the seeds, below `tests/`. They are played first.
    pub seeds: &'static str,
}

impl Histories {
    /// Plays the histories. Each player has a database of its own. `play` returns how many steps a
    /// history had, or what it broke. Returns the numbers of histories and of steps.
    pub fn play<S: Strategy>(
        &self,
        strategy: fn() -> S,
        play: impl AsyncFn(&TestTable, S::Value) -> Result<usize, String> + Sync,
    ) -> (u32, usize) {
        let set = env::var(self.variable).map(|number| number.parse().unwrap());
        let histories = set.unwrap_or(self.default);
        let play_one = || {
            let runtime = Builder::new_current_thread().enable_all().build().unwrap();
            let database = runtime.block_on(TestTable::embedded());
            let play = |history| runtime.block_on(play(&database, history));
            self.run(histories.div_ceil(self.players), &strategy(), play)
        };
        let steps = thread::scope(|scope| {
            let start = |_| thread::Builder::new().stack_size(STACK).spawn_scoped(scope, play_one);
            let players: Vec<_> = (0..self.players).map(start).collect::<Result<_, _>>().unwrap();
            players.into_iter().map(|player| player.join().unwrap()).sum()
        });
        (histories, steps)
    }

    fn run<S: Strategy>(
        &self,
        cases: u32,
        strategy: &S,
        play: impl Fn(S::Value) -> Result<usize, String>,
    ) -> usize {
        let seeds = format!("{}/{}", env!("CARGO_MANIFEST_DIR"), self.seeds);
        let config = Config {
            cases,
            // The library wants a text that lives as long as the process.
            failure_persistence: Some(Box::new(FileFailurePersistence::Direct(seeds.leak()))),
            max_shrink_iters: 2_000,
            ..Config::default()
        };
        let steps = Cell::new(0);
        let outcome = TestRunner::new(config).run(strategy, |history| {
            steps.set(steps.get() + play(history).map_err(TestCaseError::fail)?);
            Ok(())
        });
        if let Err(fault) = outcome {
            panic!("{fault}");
        }
        steps.get()
    }
}
