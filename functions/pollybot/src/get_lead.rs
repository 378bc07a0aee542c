use crate::{
    access::PollyBot,
    answer::{Answered, LeadBody},
    chatbot::find_chatbot,
    contract::Details,
    lead_id::read_lead_id,
};
use lambda_http::http::StatusCode;
use shared::{
    account_request::{AccountOperation, AccountRequest},
    delivery::{Answer, Rejection, json_answer},
    model::{Lead, OutcomeName},
};

/// `GET /api/v1/chatbots/{chatbotId}/leads/{leadId}` and `GET /api/v1/leads/{leadId}`.
pub struct GetLead;

impl AccountOperation for GetLead {
    type Endpoint = PollyBot;
    const OUTCOME: OutcomeName = OutcomeName::Answered { name: "lead_read", words: "lead read" };

    async fn answer(request: &AccountRequest<'_>) -> Result<Answer, Rejection> {
        find_chatbot(request).await?;
        let lead: Lead<Details> = request.find_lead(read_lead_id(request.http)).await?;
        Ok(json_answer(StatusCode::OK, &Answered::of(LeadBody::of(&lead))))
    }
}
