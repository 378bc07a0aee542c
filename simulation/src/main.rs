//! Plays histories on a simulated clock, network and table.
#![expect(clippy::unwrap_used, reason = "a simulation that cannot go on should say where and stop")]

use clap::Parser;
use simulation::{History, Wanted, history_of, play, play_seeds, shrink, with_stack};
use std::{fs, path::PathBuf, process::ExitCode};

#[derive(Parser)]
struct Options {
    /// Plays the history of this seed, and prints its trace
    #[arg(long)]
    seed: Option<u64>,
    /// Plays a stored history, and prints its trace
    #[arg(long, conflicts_with = "seed")]
    file: Option<PathBuf>,
    /// Plays this many histories, and stops at the first that breaks a rule
    #[arg(long, default_value_t = 10_000)]
    histories: u64,
    /// The seed of the first of them
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Does not make a history smaller that breaks a rule
    #[arg(long)]
    no_shrink: bool,
    /// How many are played at the same time
    #[arg(long, default_value_t = 2)]
    threads: usize,
}

fn main() -> ExitCode {
    let options = Options::parse();
    if let Some(seed) = options.seed {
        return with_stack(move || print_one(&history_of(seed)));
    }
    if let Some(file) = options.file {
        let history: History = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
        return with_stack(move || print_one(&history));
    }
    play_many(&options)
}

fn print_one(history: &History) -> ExitCode {
    let played = play(history, Wanted::Trace);
    print!("{}", played.trace);
    match played.result {
        Ok(()) => {
            println!("no rule is broken");
            ExitCode::SUCCESS
        }
        Err(broken) => {
            println!("{broken}");
            ExitCode::FAILURE
        }
    }
}

fn play_many(options: &Options) -> ExitCode {
    let Options { from, histories, threads, no_shrink, .. } = *options;
    let played = play_seeds(from..from + histories, threads);
    println!("{played}");
    let Some((seed, rule)) = played.broken else { return ExitCode::SUCCESS };
    println!("seed {seed}: {rule}");
    if no_shrink {
        return ExitCode::FAILURE;
    }
    let Some(smallest) = with_stack(move || shrink(seed)) else {
        println!("it does not fail again");
        return ExitCode::FAILURE;
    };
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("failures/{seed}.json"));
    fs::write(&file, serde_json::to_string_pretty(&smallest).unwrap() + "\n").unwrap();
    println!("a smaller history that fails is in {}", file.display());
    ExitCode::FAILURE
}
