use crate::{
    access::Flextell,
    answer::answer,
    contract::{CreateLead, Details},
    directory::resolve,
};
use shared::{
    delivery::{Accepted, Answer, Delivery, LeadEndpoint, LeadFields},
    model::Outcome,
};

/// `POST /api/v1/leads`.
impl LeadEndpoint for Flextell {
    type Details = Details;

    async fn accept(delivery: &mut Delivery<'_>) -> Accepted<Self> {
        let lead: CreateLead = delivery.read().await?;
        let claims =
            delivery.claims()?.replay(delivery.context.replay_window, lead.email(), lead.phone());
        let resolved = resolve(delivery, lead.ids).await?;
        let lead = lead.into_lead(delivery, resolved);
        Ok(delivery.store(claims, lead).await?)
    }

    fn answer(outcome: &Outcome<Details>) -> Answer {
        answer(outcome)
    }
}
