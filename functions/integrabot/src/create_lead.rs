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

    async fn accept(delivery: &Delivery<'_>) -> Accepted<Self> {
        let lead: CreateLead = delivery.read().await?;
        let claims = delivery.claims()?.phone(lead.phone()).email(lead.email());
        check_agent(delivery, lead.agent_id.as_deref()).await?;
        let lead = lead.into_lead(delivery);
        Ok(delivery.store(claims, lead).await?)
    }

    fn answer(outcome: &Outcome<Details>) -> Answer {
        answer(outcome)
    }
}
