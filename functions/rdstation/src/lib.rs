//! RD Station Mentoria's lead API, `POST /rest/leads`, as
//! <https://docs.rdstationmentoria.com.br> documents it.

mod about;
mod answer;
mod contract;
mod create_lead;

pub use about::{ABOUT, API};
pub use contract::{CAPTURES, LEAD_ID};
pub use create_lead::RdStation;
