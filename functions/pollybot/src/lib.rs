//! PollyBot's lead API, `POST /api/v1/chatbots/{chatbotId}/leads`, as
//! <https://pollybot.app/docs/api-endpoints/leads/create> documents it.

mod about;
mod answer;
mod contract;
mod create_lead;

pub use about::{ABOUT, API};
pub use contract::{CHATBOT, LEAD_ID, STATUSES};
pub use create_lead::PollyBot;
