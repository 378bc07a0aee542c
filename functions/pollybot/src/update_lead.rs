use crate::{
    access::PollyBot,
    answer::{Answered, LeadBody, duplicate_email},
    chatbot::check_chatbot,
    contract::{self, Details},
    lead_id::LEAD_ID,
};
use lambda_http::http::StatusCode;
use shared::{
    account_request::{AccountOperation, AccountRequest},
    delivery::{Answer, Endpoint, LeadFields, Rejection, json_answer},
    model::{Contact, Lead, OutcomeName, Scope},
    request::read_body,
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
        let chatbot = PollyBot::target(request.http);
        check_chatbot(request.context, request.account, chatbot.as_deref()).await?;
        let id = request.http.path_value("leadId", "leads");
        let id = id.and_then(|id| LEAD_ID.read(&id));
        let update = contract::UpdateLead::read(read_body(&request.http.body)?)?;
        request.check_blocks(("email", update.email()), ("phone", update.phone())).await?;
        let change = |lead: &mut Lead<Details>| update.change(lead);
        match request.update_lead(id, unique_contacts, change).await? {
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

/// The contacts that no other lead of the workspace may have.
fn unique_contacts(lead: &Lead<Details>) -> Vec<Contact> {
    lead.email.as_deref().map(Contact::email).into_iter().collect()
}
