use crate::{
    answer::answer,
    contract::{CreateLead, Details},
};
use shared::{
    delivery::{Accepted, Answer, Context, Delivery, LeadEndpoint, Rejection},
    model::Provider,
    request::read_body,
};

/// `POST /v1/leads`.
pub struct Integrabot;

impl LeadEndpoint for Integrabot {
    const PROVIDER: Provider = Provider::Integrabot;
    type State = Context;
    type Details = Details;
    type Refusal = Rejection;

    async fn accept(delivery: &Delivery<'_>) -> Accepted<Self> {
        let lead = CreateLead::read(read_body(delivery.body)?)?;
        let (email, phone) = (lead.email.as_deref(), lead.phone_number.as_deref());
        delivery.check_blocks(("email", email), ("phone_number", phone)).await?;
        let claims = delivery.claims()?.phone(phone).email(email);
        let lead = lead.into_lead(delivery);
        Ok(delivery.store(claims, lead).await?)
    }

    fn answer(accepted: Accepted<Self>) -> Answer {
        answer(accepted)
    }
}
