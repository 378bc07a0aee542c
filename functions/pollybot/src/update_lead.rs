use crate::{
    access::PollyBot,
    answer::{Answered, LeadBody, duplicate_email},
    chatbot::find_chatbot,
    contract,
    lead_id::read_lead_id,
};
use lambda_http::http::StatusCode;
use shared::{
    account_request::{AccountOperation, AccountRequest},
    delivery::{Answer, LeadFields, Rejection, json_answer},
    model::{OutcomeName, Scope},
    table::Updated,
};

/// `PUT /api/v1/chatbots/{chatbotId}/leads/{leadId}` and `PUT /api/v1/leads/{leadId}`.
pub struct UpdateLead;

impl AccountOperation for UpdateLead {
    type Endpoint = PollyBot;
    const SCOPE: Scope = Scope::Write;
    const OUTCOME: OutcomeName =
        OutcomeName::Answered { name: "lead_updated", words: "lead updated" };

    async fn answer(request: &AccountRequest<'_>) -> Result<Answer, Rejection> {
        find_chatbot(request).await?;
        let id = read_lead_id(request.http);
        let (update, updated) = request.update_lead::<contract::UpdateLead>(id).await?;
        match updated {
            Updated::Stored(lead) => {
                Ok(json_answer(StatusCode::OK, &Answered::of(LeadBody::of(&lead))))
            }
            Updated::Taken(known) => {
                let email = update.email().unwrap_or_default();
                Err(duplicate_email(email, known, false).into())
            }
            Updated::Missing => Err(Rejection::NotFound),
        }
    }
}
