//! Integrabot's lead API, as <https://docs.integrabot.ai> documents it.

mod about;
mod access;
mod agents;
mod answer;
mod contract;
mod create_lead;
mod get_agent;
mod get_lead;
mod list_agents;
mod list_leads;

pub use about::{ABOUT, API};
pub use access::Integrabot;
pub use contract::{STATUSES, TYPES};
pub use get_agent::GetAgent;
pub use get_lead::GetLead;
pub use list_agents::ListAgents;
pub use list_leads::ListLeads;
