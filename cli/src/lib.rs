//! The `leadhook` command: the local server.

mod demo;
mod embedded;
mod gateway;
mod held;
mod listen;
mod serve;

pub use demo::{Example, examples, seed_demo_accounts};
pub use embedded::{EmbeddedError, EmbeddedTable, Storage};
pub use gateway::{ROUTES, Route, router};
pub use held::replay_held;
pub use listen::listen;
pub use serve::{ServeError, ServeOptions, serve};
