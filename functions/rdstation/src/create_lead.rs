use crate::{
    answer::answer,
    contract::{CreateLead, Details},
};
use shared::{
    Account, Answer, Context, Delivery, LeadEndpoint, Outcome, Provider, Rejection, Request,
    TokenHash, bearer_token, read_body,
};

/// `POST /rest/leads`.
pub struct RdStation;

impl LeadEndpoint for RdStation {
    const PROVIDER: Provider = Provider::RdStation;
    type State = Context;
    type Details = Details;
    type Refusal = Rejection;

    async fn authenticate(context: &Context, request: &Request) -> Result<Account, Rejection> {
        let token = TokenHash::of(bearer_token(&request.headers)?);
        context.authenticate(Provider::RdStation, token, |key| Ok(key.account.clone())).await
    }

    async fn accept(
        context: &Context,
        delivery: &Delivery<'_>,
    ) -> Result<Outcome<Details>, Rejection> {
        let (account, now) = (delivery.account, delivery.received_at);
        let lead = CreateLead::read(read_body(delivery.body)?)?;
        let (email, phone) = (lead.email.as_deref(), lead.phone.as_deref());
        context.blocks.check(account, ("email", email), ("phone", phone), now).await?;
        let claims = delivery.claims()?.replay(context.replay_window, email, phone);
        let lead = lead.into_lead(context.sources.draw_lead_id(now), now, account.id.clone());
        Ok(delivery.store(context, claims, lead).await?)
    }

    fn answer(result: Result<Outcome<Details>, Rejection>) -> Answer {
        answer(result)
    }
}
