use crate::{
    answer::answer,
    contract::{CreateLead, Details},
};
use shared::{
    Account, Answer, Context, Delivery, LeadEndpoint, Outcome, Provider, Rejection, Request,
    TokenHash, bearer_token, read_body,
};

/// `POST /v1/leads`.
pub struct Integrabot;

impl LeadEndpoint for Integrabot {
    const PROVIDER: Provider = Provider::Integrabot;
    type State = Context;
    type Details = Details;
    type Refusal = Rejection;

    async fn authenticate(context: &Context, request: &Request) -> Result<Account, Rejection> {
        let token = TokenHash::of(bearer_token(&request.headers)?);
        context.authenticate(Provider::Integrabot, token, |key| Ok(key.account.clone())).await
    }

    async fn accept(
        context: &Context,
        delivery: &Delivery<'_>,
    ) -> Result<Outcome<Details>, Rejection> {
        let (account, now) = (delivery.account, delivery.received_at);
        let lead = CreateLead::read(read_body(delivery.body)?)?;
        let (email, phone) = (lead.email.as_deref(), lead.phone_number.as_deref());
        context.blocks.check(account, ("email", email), ("phone_number", phone), now).await?;
        let claims = delivery.claims()?.phone(phone).email(email);
        let lead = lead.into_lead(context.sources.draw_lead_id(now), now);
        Ok(delivery.store(context, claims, lead).await?)
    }

    fn answer(result: Result<Outcome<Details>, Rejection>) -> Answer {
        answer(result)
    }
}
