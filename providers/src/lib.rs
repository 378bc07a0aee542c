//! All providers, each as its package describes it: a new one is a line in [`about`](mod@about), a
//! line in [`api`], and a variant of [`Provider`](shared::model::Provider).

#![warn(missing_docs)]

mod about;
mod api;
mod app;
mod openapi;
mod record;
mod redeliver;
mod samples;

pub use about::{about, find_kind, sent_headers};
pub use api::{ROUTES, Route};
pub use app::App;
pub use openapi::openapi;
pub use record::{LeadRecord, UnreadableLead, read_id, write_id, write_time};
pub use redeliver::redeliver_held;
pub use samples::{Example, examples};
