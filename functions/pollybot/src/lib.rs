//! PollyBot's lead API, `POST /api/v1/chatbots/{chatbotId}/leads`, as
//! <https://pollybot.app/docs/api-endpoints/leads/create> documents it.

mod about;
mod access;
mod answer;
mod contract;
mod create_lead;
mod lead_id;

pub use about::{ABOUT, API};
pub use access::PollyBot;
pub use contract::{CHATBOT, STATUSES};
pub use lead_id::LEAD_ID;
