//! All providers, each as its package describes it. Its list is in `all.rs`.

#![warn(missing_docs)]

mod all;
mod api;
mod app;
mod openapi;
mod record;
mod redeliver;
mod samples;

pub use all::{ROUTES, about, demo_entries, find_kind, methods, sent_headers};
pub use api::Route;
pub use app::App;
pub use openapi::openapi;
pub use record::{LeadRecord, UnreadableLead, read_id, write_id, write_time};
pub use redeliver::{redeliver_held, update_by_held};
pub use samples::{Example, examples};
