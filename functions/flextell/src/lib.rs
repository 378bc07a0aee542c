//! Flextell's lead API, `POST /api/v1/leads`, as <https://docs.flextell.ai> documents it.

mod about;
mod access;
mod answer;
mod contract;
mod create_lead;
mod directory;

pub use about::{ABOUT, API};
pub use access::Flextell;
