use crate::{
    access::RdStation,
    answer::answer,
    contract::{CreateLead, Details},
};
use shared::{
    delivery::{Accepted, Answer, Delivery, LeadEndpoint, LeadFields},
    model::Outcome,
};

/// `POST /rest/leads`.
impl LeadEndpoint for RdStation {
    type Details = Details;

    async fn accept(delivery: &mut Delivery<'_>) -> Accepted<Self> {
        let lead: CreateLead = delivery.read().await?;
        let claims =
            delivery.claims()?.replay(delivery.context.replay_window, lead.email(), lead.phone());
        let lead = lead.into_lead(delivery);
        Ok(delivery.store(claims, lead).await?)
    }

    fn answer(outcome: &Outcome<Details>) -> Answer {
        answer(outcome)
    }
}
