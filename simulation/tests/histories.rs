//! Histories that break no rule: those that did once, and new ones. `SIMULATED_HISTORIES` sets how
//! many, and `FIRST_SEED` the seed of the first.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where and stop")]

use simulation::{Wanted, failures, play, play_seeds, with_stack};
use std::{env, process::Command};

const THREADS: usize = 2;

fn number(variable: &str, default: u64) -> u64 {
    env::var(variable).map_or(default, |number| number.parse().unwrap())
}

#[test]
fn histories_that_failed_once_break_no_rule() {
    let play_all = || {
        for (name, history) in failures() {
            assert_eq!(play(&history, Wanted::Result).result, Ok(()), "{name}");
        }
    };
    with_stack(play_all);
}

#[test]
fn new_histories_break_no_rule() {
    let first = number("FIRST_SEED", 0);
    let seeds = first..first + number("SIMULATED_HISTORIES", 300);
    let played = play_seeds(seeds, THREADS);
    println!("{played}");
    assert!(played.broken.is_none(), "{:?}", played.broken);
}

/// What happened in the history of a seed, as another process plays it.
fn trace(seed: &str) -> Vec<u8> {
    let simulate = Command::new(env!("CARGO_BIN_EXE_simulate")).args(["--seed", seed]).output();
    simulate.unwrap().stdout
}

#[test]
fn a_seed_repeats_its_history_byte_for_byte_in_another_process() {
    for seed in ["3", "7", "11"] {
        let [one, other] = [trace(seed), trace(seed)];
        assert!(one.len() > 1_000, "{seed}: the history has a trace");
        assert!(one == other, "{seed}: the two traces differ");
    }
}
