//! Flextell's lead API, as <https://docs.flextell.ai> documents it.

mod about;
mod access;
mod answer;
mod contract;
mod create_lead;
mod directory;
mod get_lead;
mod list_leads;
mod list_reference_sources;
mod list_statuses;
mod paginated;

pub use about::{ABOUT, API};
pub use access::Flextell;
pub use get_lead::GetLead;
pub use list_leads::ListLeads;
pub use list_reference_sources::ListReferenceSources;
pub use list_statuses::ListStatuses;
