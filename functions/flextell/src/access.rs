use crate::answer::{bad_tenant, foreign_tenant, reject};
use lambda_http::http::HeaderMap;
use shared::{
    delivery::{Answer, Context, Endpoint, Rejection},
    model::{Account, ApiKey, Provider, Usage},
    request::{Request, rules},
};

/// Flextell's operations.
pub struct Flextell;

impl Endpoint for Flextell {
    const PROVIDER: Provider = Provider::Flextell;
    type State = Context;

    fn account_of(key: &ApiKey, request: &Request) -> Result<Account, Rejection> {
        read_tenant(&request.headers, &key.tenants)
    }

    fn limit_headers(usage: &Usage) -> Vec<(&'static str, i64)> {
        vec![
            ("x-ratelimit-limit", usage.limit.into()),
            ("x-ratelimit-remaining", usage.remaining.into()),
            ("x-ratelimit-reset", usage.reset_second()),
        ]
    }

    fn reject(rejection: Rejection) -> Answer {
        reject(rejection)
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
