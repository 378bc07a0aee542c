//! The `leadhook` command: the local server, and what its operator does.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "of a JSON value or a foreign error, only some cases matter"
)]

mod commands;
mod serve;

pub use commands::{Cli, Failure, run};
pub use serve::{ServeError, ServeOptions, serve};
