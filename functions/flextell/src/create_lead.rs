use crate::{
    answer::{answer, bad_tenant, foreign_tenant},
    contract::{CreateLead, Details},
    directory::resolve,
};
use lambda_http::http::HeaderMap;
use shared::{
    delivery::{Accepted, Answer, Context, Delivery, LeadEndpoint, LeadFields, Rejection},
    model::{Account, ApiKey, Provider},
    request::{Request, rules},
};

/// `POST /api/v1/leads`.
pub struct Flextell;

impl LeadEndpoint for Flextell {
    const PROVIDER: Provider = Provider::Flextell;
    type State = Context;
    type Details = Details;

    fn account_of(key: &ApiKey, request: &Request) -> Result<Account, Rejection> {
        read_tenant(&request.headers, &key.tenants)
    }

    async fn accept(delivery: &Delivery<'_>) -> Accepted<Self> {
        let lead: CreateLead = delivery.read().await?;
        let claims =
            delivery.claims()?.replay(delivery.context.replay_window, lead.email(), lead.phone());
        let resolved = resolve(delivery, lead.ids).await?;
        let lead = lead.into_lead(delivery, resolved);
        Ok(delivery.store(claims, lead).await?)
    }

    fn answer(accepted: Accepted<Self>) -> Answer {
        answer(accepted)
    }
}

/// The account of the tenant in `X-Tenant`, which must be one of `tenants`.
fn read_tenant(headers: &HeaderMap, tenants: &[u64]) -> Result<Account, Rejection> {
    let header = headers.get("x-tenant").and_then(|value| value.to_str().ok());
    let digits = header.map(str::trim).filter(|text| rules::digits(text).is_none());
    let tenant = digits.and_then(|text| text.parse::<u64>().ok());
    let tenant = tenant.ok_or_else(bad_tenant)?;
    if !tenants.contains(&tenant) {
        return Err(foreign_tenant().into());
    }
    Ok(Account { provider: Provider::Flextell, id: tenant.into() })
}
