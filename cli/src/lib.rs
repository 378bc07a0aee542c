//! The `leadhook` command: the local server and the operator's commands.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "only some cases of JSON values and foreign errors matter"
)]

mod commands;
mod console;
mod serve;
mod terminal;

pub use commands::{Cli, Failure, run};
pub use serve::{ServeError, ServeOptions, serve};
