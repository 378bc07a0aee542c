use crate::{
    access::PollyBot,
    answer::{answer, chatbot_not_found, duplicate_email},
    contract::{CHATBOT, CreateLead, Details},
};
use serde_json::Value;
use shared::{
    delivery::{Accepted, Answer, Delivery, LeadEndpoint, LeadFields, Rejection},
    model::{Outcome, Standing},
};

/// `POST /api/v1/chatbots/{chatbotId}/leads`, and the alias `POST /api/v1/leads` of the provider's
/// samples.
impl LeadEndpoint for PollyBot {
    type Details = Details;

    async fn accept(delivery: &Delivery<'_>) -> Accepted<Self> {
        check_chatbot(delivery).await?;
        let lead: CreateLead = delivery.read().await?;
        let claims = delivery.claims()?.email(lead.email());
        let email = lead.email.clone();
        let lead = lead.into_lead(delivery);
        let outcome = delivery.store(claims, lead).await?;
        match outcome.standing {
            Standing::New => Ok(outcome),
            Standing::Known => Err(duplicate_email(&email, &outcome).into()),
        }
    }

    fn answer(outcome: &Outcome<Details>) -> Answer {
        answer(outcome)
    }
}

/// Refuses an unknown chatbot.
async fn check_chatbot(delivery: &Delivery<'_>) -> Result<(), Rejection> {
    let Some(id) = delivery.target else { return Ok(()) };
    match delivery.find_entry::<Value>(CHATBOT, id).await? {
        Some(_) => Ok(()),
        None => Err(chatbot_not_found().into()),
    }
}
