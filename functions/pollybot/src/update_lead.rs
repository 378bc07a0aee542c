use crate::{
    access::PollyBot,
    answer::{Answered, LeadBody, duplicate_email},
    chatbot::find_chatbot,
    contract::{self, Details},
    lead_id::read_lead_id,
};
use lambda_http::http::StatusCode;
use shared::{
    account_request::{AccountOperation, AccountRequest},
    delivery::{Answer, LeadFields, Rejection, json_answer},
    model::{Contact, Email, Lead, OutcomeName, Scope},
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
        let (update, broken): (contract::UpdateLead, _) = request.read().await?;
        let change = |lead: &mut Lead<Details>| update.change(lead, &broken);
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
    lead.email.as_deref().and_then(Email::read).map(Contact::from).into_iter().collect()
}
