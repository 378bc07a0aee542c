//! PollyBot's lead API, `POST /api/v1/chatbots/{chatbotId}/leads`, as
//! <https://pollybot.app/docs/api-endpoints/leads/create> documents it.

mod answer;
mod contract;
mod create_lead;

pub use answer::LEAD_ID;
pub use contract::{CHATBOT, JSON_DETAILS, STATUSES};
pub use create_lead::PollyBot;
