use crate::{
    answer::answer,
    contract::{CreateLead, Details},
};
use shared::{
    delivery::{Accepted, Answer, Context, Delivery, LeadEndpoint, LeadFields},
    model::Provider,
};

/// `POST /v1/leads`.
pub struct Integrabot;

impl LeadEndpoint for Integrabot {
    const PROVIDER: Provider = Provider::Integrabot;
    type State = Context;
    type Details = Details;

    async fn accept(delivery: &Delivery<'_>) -> Accepted<Self> {
        let lead: CreateLead = delivery.read().await?;
        let claims = delivery.claims()?.phone(lead.phone()).email(lead.email());
        let lead = lead.into_lead(delivery);
        Ok(delivery.store(claims, lead).await?)
    }

    fn answer(accepted: Accepted<Self>) -> Answer {
        answer(accepted)
    }
}
