//! The `leadhook` command: the local server, and what its operator does.

mod commands;
mod serve;

pub use commands::{Cli, Failure, run};
pub use serve::{ServeError, ServeOptions, serve};
