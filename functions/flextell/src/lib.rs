//! Flextell's lead API, `POST /api/v1/leads`, as <https://docs.flextell.ai> documents it.

mod answer;
mod contract;
mod create_lead;
mod directory;

pub use contract::JSON_DETAILS;
pub use create_lead::Flextell;
pub use directory::{
    COUNTRY, Country, DEFAULT_STATUS, REFERENCE_SOURCE, ReferenceSource, STATUS, Status, USER, User,
};
