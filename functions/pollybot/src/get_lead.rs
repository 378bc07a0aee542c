use crate::{
    access::PollyBot,
    answer::{Answered, LeadBody},
    chatbot::check_chatbot,
    contract::Details,
    lead_id::LEAD_ID,
};
use lambda_http::http::StatusCode;
use shared::{
    account_request::{AccountOperation, AccountRequest},
    delivery::{Answer, Endpoint, Rejection, json_answer},
    model::{Lead, OutcomeName},
};

/// `GET /api/v1/chatbots/{chatbotId}/leads/{leadId}` and `GET /api/v1/leads/{leadId}`.
pub struct GetLead;

impl AccountOperation for GetLead {
    type Endpoint = PollyBot;
    const OUTCOME: OutcomeName = OutcomeName::Answered { name: "lead_read", words: "lead read" };

    async fn answer(request: &AccountRequest<'_>) -> Result<Answer, Rejection> {
        let chatbot = PollyBot::target(request.http);
        check_chatbot(request.context, request.account, chatbot.as_deref()).await?;
        let id = request.http.path_value("leadId", "leads");
        let lead: Lead<Details> = request.find_lead(id.and_then(|id| LEAD_ID.read(&id))).await?;
        Ok(json_answer(StatusCode::OK, &Answered::of(LeadBody::of(&lead))))
    }
}
