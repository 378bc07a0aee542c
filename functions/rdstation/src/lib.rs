//! RD Station Mentoria's lead API, `POST /rest/leads`, as
//! <https://docs.rdstationmentoria.com.br> documents it.

mod about;
mod answer;
mod contract;
mod create_lead;
mod lead_id;

pub use about::{ABOUT, API};
pub use contract::CAPTURES;
pub use create_lead::RdStation;
pub use lead_id::LEAD_ID;
