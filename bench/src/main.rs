//! Measures leadhook: `bench/run.sh` builds what it needs and runs it.
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on should say where and stop")]

mod compare;
mod cost;
mod figures;
mod fill;
mod forwarding;
mod instance;
mod instructions;
mod load;
mod measured;
mod report;
mod runtime_api;
mod senders;
mod share;
mod table;
mod timeline;

use clap::{Parser, Subcommand};
use std::{path::PathBuf, process::ExitCode};

#[derive(Parser)]
#[command(about = "Measures leadhook")]
struct Options {
    #[command(subcommand)]
    measurement: Measurement,
}

#[derive(Subcommand)]
enum Measurement {
    /// Compare a function with others that take the same lead
    Compare {
        #[arg(long, default_value_t = 20)]
        rounds: usize,
    },
    /// Count the instructions and the allocations of each function, and compare them with ceilings
    Instructions,
    /// Send as many leads to the local server as it takes
    Load {
        /// How long the longest case lasts
        #[arg(long, default_value_t = 600)]
        seconds: u64,
    },
    /// Forward waiting leads, and leads as they arrive beside bad destinations
    Forwarding {
        #[arg(long, default_value_t = 10_000)]
        leads: u32,
        /// How long leads arrive
        #[arg(long, default_value_t = 60)]
        seconds: usize,
    },
    /// Fill the local table of a folder with leads, to measure what reads them
    Fill { folder: PathBuf, leads: u64 },
    /// Run the table of the other measurements
    #[command(hide = true)]
    Table { port: u16 },
}

#[tokio::main]
async fn main() -> ExitCode {
    match Options::parse().measurement {
        Measurement::Compare { rounds } => compare::compare(rounds).await,
        Measurement::Instructions => return instructions::check().await,
        Measurement::Load { seconds } => load::measure(seconds).await,
        Measurement::Forwarding { leads, seconds } => forwarding::measure(leads, seconds).await,
        Measurement::Fill { folder, leads } => fill::fill(folder, leads).await,
        Measurement::Table { port } => table::run_engine(port).await,
    }
    ExitCode::SUCCESS
}
