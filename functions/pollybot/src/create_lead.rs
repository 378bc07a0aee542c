use crate::{
    access::PollyBot,
    answer::{answer, reject_known},
    chatbot::check_chatbot,
    contract::{CreateLead, Details},
};
use shared::{
    delivery::{Accepted, Answer, Delivery, LeadEndpoint, LeadFields},
    model::{Outcome, Standing},
};

/// `POST /api/v1/chatbots/{chatbotId}/leads`, and the alias `POST /api/v1/leads` of the provider's
/// samples.
impl LeadEndpoint for PollyBot {
    type Details = Details;

    async fn accept(delivery: &mut Delivery<'_>) -> Accepted<Self> {
        check_chatbot(delivery.context, delivery.account, delivery.target).await?;
        let lead: CreateLead = delivery.read().await?;
        let email = lead.email.clone();
        let claims = delivery.claims()?.email(lead.email());
        let claims = claims.replay(delivery.context.replay_window, lead.email(), lead.phone());
        let lead = lead.into_lead(delivery);
        let outcome = delivery.store(claims, lead).await?;
        match outcome.standing {
            Standing::New => Ok(outcome),
            Standing::Known => Err(reject_known(&email.unwrap_or_default(), &outcome).into()),
        }
    }

    fn answer(outcome: &Outcome<Details>) -> Answer {
        answer(outcome)
    }
}
