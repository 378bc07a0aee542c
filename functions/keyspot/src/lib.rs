//! Keyspot's partner API, as <https://developers.keyspot.com.br> documents it.

mod about;
mod access;
mod answer;
mod contract;
mod create_lead;
mod issue_token;
mod lead_id;
mod list_values;
mod signing_secret;
mod state;
mod token;

pub use about::{ABOUT, API};
pub use contract::SOURCES;
pub use issue_token::issue_token;
pub use lead_id::LEAD_ID;
pub use list_values::ListValues;
pub use signing_secret::{ManagedSecret, SIGNING_KEY, SigningSecret};
pub use state::Keyspot;
pub use token::{KeyTooShort, SigningKeys};
