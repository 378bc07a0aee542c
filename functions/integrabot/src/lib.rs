//! Integrabot's lead API, `POST /v1/leads`, as <https://docs.integrabot.ai> documents it.

mod about;
mod access;
mod answer;
mod contract;
mod create_lead;

pub use about::{ABOUT, API};
pub use access::Integrabot;
pub use contract::TYPES;
