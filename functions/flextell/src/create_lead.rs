use crate::{
    answer::answer,
    contract::{CreateLead, Details, Refusal},
    directory::resolve,
};
use lambda_http::http::HeaderMap;
use shared::{
    Account, Answer, ApiKey, Context, Delivery, LeadEndpoint, Outcome, Provider, Request,
    TokenHash, bearer_token, read_body, rules,
};

/// `POST /api/v1/leads`.
pub struct Flextell;

impl LeadEndpoint for Flextell {
    const PROVIDER: Provider = Provider::Flextell;
    type State = Context;
    type Details = Details;
    type Refusal = Refusal;

    async fn authenticate(context: &Context, request: &Request) -> Result<Account, Refusal> {
        let token = TokenHash::of(bearer_token(&request.headers)?);
        let read = |key: &ApiKey| read_tenant(&request.headers, &key.tenants);
        context.authenticate(Provider::Flextell, token, read).await
    }

    async fn accept(
        context: &Context,
        delivery: &Delivery<'_>,
    ) -> Result<Outcome<Details>, Refusal> {
        let (account, now) = (delivery.account, delivery.received_at);
        let lead = CreateLead::read(read_body(delivery.body)?)?;
        let (email, phone) = (lead.email.as_deref(), lead.phone_number.as_deref());
        context.blocks.check(account, ("email", email), ("phone_number", phone), now).await?;
        let claims = delivery.claims()?.replay(context.replay_window, email, phone);
        let resolved = resolve(&context.directory, account, lead.ids, now).await?;
        let lead = lead.into_lead(context.sources.draw_lead_id(now), now, resolved);
        Ok(delivery.store(context, claims, lead).await?)
    }

    fn answer(result: Result<Outcome<Details>, Refusal>) -> Answer {
        answer(result)
    }
}

/// The account of the tenant that `X-Tenant` names, where it is one of `tenants`.
fn read_tenant(headers: &HeaderMap, tenants: &[u64]) -> Result<Account, Refusal> {
    let header = headers.get("x-tenant").and_then(|value| value.to_str().ok());
    let digits = header.map(str::trim).filter(|text| rules::digits(text).is_none());
    let tenant = digits.and_then(|text| text.parse::<u64>().ok());
    let tenant = tenant.ok_or(Refusal::BadTenant)?;
    if !tenants.contains(&tenant) {
        return Err(Refusal::ForeignTenant);
    }
    Ok(Account { provider: Provider::Flextell, id: tenant.to_string() })
}
