use crate::{
    access::PollyBot,
    answer::{Answered, LeadBody},
    chatbot::check_chatbot,
    contract::Details,
    lead_id::LEAD_ID,
};
use lambda_http::http::StatusCode;
use shared::{
    delivery::{Answer, Endpoint, Rejection, json_answer},
    model::{Lead, OutcomeName},
    reading::{ReadOperation, Reading},
};

/// `GET /api/v1/chatbots/{chatbotId}/leads/{leadId}` and `GET /api/v1/leads/{leadId}`.
pub struct GetLead;

impl ReadOperation for GetLead {
    type Endpoint = PollyBot;
    const OUTCOME: OutcomeName = OutcomeName::Answered { name: "lead_read", words: "lead read" };

    async fn answer(reading: &Reading<'_>) -> Result<Answer, Rejection> {
        let chatbot = PollyBot::target(reading.request);
        check_chatbot(reading.context, reading.account, chatbot.as_deref()).await?;
        let id = reading.request.path_value("leadId", "leads");
        let lead: Lead<Details> = reading.find_lead(id.and_then(|id| LEAD_ID.read(&id))).await?;
        Ok(json_answer(StatusCode::OK, &Answered::of(LeadBody::of(&lead))))
    }
}
