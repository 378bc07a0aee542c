//! The console: a page that shows what comes in, and lets its owner act.
//!
//! Each page is a template of [askama], filled with what the same functions return that the
//! commands call. The page needs no script: one small file makes it live.
//!
//! Everything that a sender wrote is text here: askama escapes it, and the policy of each answer
//! allows no script but our own file.

mod address;
mod app;
mod assets;
mod deliveries;
mod destination_form;
mod destinations;
mod directory;
mod erase;
mod held;
mod json;
mod keys;
mod leads;
mod mask;
mod page;
mod routes;
mod safety;
mod sessions;
mod snippets;
mod words;

pub use app::{Console, Live};
pub use routes::routes;
pub use sessions::{START_PATH, Sessions};
