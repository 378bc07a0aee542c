//! Plays random histories on a clock, a network and a table of their own: one number repeats a
//! history exactly.
//!
//! The functions and the commands are the real ones. The AWS SDK sends its requests to a model of
//! DynamoDB in this process. Time passes only if nothing else can happen, and every delay, fault and
//! random number comes from the history.
#![expect(clippy::unwrap_used, reason = "a simulation that cannot go on should say where and stop")]

mod clients;
mod edits;
mod forwarders;
mod history;
mod instances;
mod invariants;
mod log;
mod network;
mod notes;
mod observed;
mod operators;
mod random_history;
mod run;
mod senders;
mod stage;
pub mod table;
mod task;
mod work;
mod world;

pub use history::History;
pub use notes::Wanted;
pub use run::{ManyPlayed, Played, failures, history_of, play, play_seeds, shrink, with_stack};
