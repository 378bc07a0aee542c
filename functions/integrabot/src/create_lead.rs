use crate::{
    access::Integrabot,
    agents::check_agent,
    answer::answer,
    contract::{CreateLead, Details},
};
use shared::{
    delivery::{Accepted, Answer, Delivery, LeadEndpoint, LeadFields},
    model::Outcome,
};

/// `POST /v1/leads`.
impl LeadEndpoint for Integrabot {
    type Details = Details;

    async fn accept(delivery: &mut Delivery<'_>) -> Accepted<Self> {
        let lead: CreateLead = delivery.read().await?;
        let (email, phone) = (lead.email(), lead.phone());
        let claims = delivery.claims()?.phone(phone).email(email);
        let claims = claims.replay(delivery.context.replay_window, email, phone);
        check_agent(delivery, lead.agent_id.as_deref()).await?;
        let lead = lead.into_lead(delivery);
        Ok(delivery.store(claims, lead).await?)
    }

    fn answer(outcome: &Outcome<Details>) -> Answer {
        answer(outcome)
    }
}
