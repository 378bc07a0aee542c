//! PollyBot's lead API, as <https://pollybot.app/docs/api-endpoints/leads> documents it.

mod about;
mod access;
mod answer;
mod chatbot;
mod contract;
mod create_lead;
mod delete_lead;
mod get_lead;
mod lead_id;
mod list_leads;
mod update_lead;

pub use about::{ABOUT, API};
pub use access::PollyBot;
pub use chatbot::CHATBOT;
pub use contract::STATUSES;
pub use delete_lead::DeleteLead;
pub use get_lead::GetLead;
pub use lead_id::LEAD_ID;
pub use list_leads::ListLeads;
pub use update_lead::UpdateLead;
