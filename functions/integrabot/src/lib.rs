//! Integrabot's lead API, `POST /v1/leads`, as <https://docs.integrabot.ai> documents it.

mod answer;
mod contract;
mod create_lead;

pub use contract::{JSON_DETAILS, TYPES};
pub use create_lead::Integrabot;
