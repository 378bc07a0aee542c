//! RD Station Mentoria's lead API, `POST /rest/leads`, as
//! <https://docs.rdstationmentoria.com.br> documents it.

mod answer;
mod contract;
mod create_lead;

pub use answer::LEAD_ID;
pub use contract::{CAPTURES, JSON_DETAILS};
pub use create_lead::RdStation;
