//! The `leadhook` command: the local server.

mod demo;
mod embedded;
mod gateway;
mod serve;

pub use demo::{DEMO_ACCOUNTS, DemoAccount};
pub use embedded::{EmbeddedError, EmbeddedTable, Storage};
pub use gateway::{ROUTES, Route, router};
pub use serve::{ServeError, ServeOptions, serve};
