use crate::{
    answer::answer,
    contract::{CreateLead, Details},
};
use shared::{
    delivery::{Accepted, Answer, Context, Delivery, LeadEndpoint, Rejection},
    model::Provider,
    request::read_body,
};

/// `POST /rest/leads`.
pub struct RdStation;

impl LeadEndpoint for RdStation {
    const PROVIDER: Provider = Provider::RdStation;
    type State = Context;
    type Details = Details;
    type Refusal = Rejection;

    async fn accept(delivery: &Delivery<'_>) -> Accepted<Self> {
        let lead = CreateLead::read(read_body(delivery.body)?)?;
        let (email, phone) = (lead.email.as_deref(), lead.phone.as_deref());
        delivery.check_blocks(("email", email), ("phone", phone)).await?;
        let claims = delivery.claims()?.replay(delivery.context.replay_window, email, phone);
        let lead = lead.into_lead(delivery);
        Ok(delivery.store(claims, lead).await?)
    }

    fn answer(accepted: Accepted<Self>) -> Answer {
        answer(accepted)
    }
}
