//! RD Station Mentoria's lead API, as <https://docs.rdstationmentoria.com.br> documents it.

mod about;
mod access;
mod answer;
mod contract;
mod create_lead;
mod lead_id;
mod list_leads;

pub use about::{ABOUT, API};
pub use access::RdStation;
pub use contract::CAPTURES;
pub use lead_id::LEAD_ID;
pub use list_leads::ListLeads;
