//! The `leadhook` command: the local server, and what its operator does.

mod commands;
mod demo;
mod embedded;
mod gateway;
mod held;
mod listen;
mod samples;
mod serve;

pub use commands::{Cli, Failure, run};
pub use demo::seed_demo_accounts;
pub use embedded::{EmbeddedError, EmbeddedTable, Storage};
pub use gateway::{ROUTES, Route, router};
pub use held::replay_held;
pub use listen::listen;
pub use samples::{Example, examples};
pub use serve::{ServeError, ServeOptions, serve};

use serve::seeded_table;
