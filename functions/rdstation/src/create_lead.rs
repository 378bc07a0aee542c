use crate::{
    answer::answer,
    contract::{CreateLead, Details},
};
use shared::{
    delivery::{Accepted, Answer, Context, Delivery, LeadEndpoint, LeadFields},
    model::Provider,
};

/// `POST /rest/leads`.
pub struct RdStation;

impl LeadEndpoint for RdStation {
    const PROVIDER: Provider = Provider::RdStation;
    type State = Context;
    type Details = Details;

    async fn accept(delivery: &Delivery<'_>) -> Accepted<Self> {
        let lead: CreateLead = delivery.read().await?;
        let claims =
            delivery.claims()?.replay(delivery.context.replay_window, lead.email(), lead.phone());
        let lead = lead.into_lead(delivery);
        Ok(delivery.store(claims, lead).await?)
    }

    fn answer(accepted: Accepted<Self>) -> Answer {
        answer(accepted)
    }
}
