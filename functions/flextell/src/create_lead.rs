use crate::{
    answer::answer,
    contract::{CreateLead, Details, Refusal},
    directory::resolve,
};
use lambda_http::{Body, Request, Response, http::HeaderMap};
use shared::{
    Account, Claims, Context, DeliveryLog, NewLead, Outcome, Provider, Replayed, TokenHash,
    bearer_token, read_body, rules,
};

/// Answers a request to `POST /api/v1/leads`.
pub async fn create_lead(context: &Context, request: &Request) -> Response<Body> {
    let log = DeliveryLog::start(context, Provider::Flextell, request);
    let mut account = None;
    let result = context.in_time(async {
        let account = account.insert(authenticate(context, request).await?);
        accept(context, account, request, &log).await
    });
    let result = result.await;
    let reason = result.as_ref().map_or_else(Refusal::held_reason, Outcome::held_reason);
    context.hold(account, None, request, reason).await;
    finish(log, result)
}

/// Takes a delivery that was held, as its account's owner mended it.
pub async fn replay(context: &Context, account: &Account, request: &Request) -> Replayed {
    let log = DeliveryLog::start(context, Provider::Flextell, request);
    let result = context.in_time(accept(context, account, request, &log)).await;
    let became_lead = result.as_ref().is_ok_and(Outcome::is_new);
    Replayed { answer: finish(log, result), became_lead }
}

fn finish(log: DeliveryLog<'_>, result: Result<Outcome<Details>, Refusal>) -> Response<Body> {
    let outcome = result.as_ref().map_or_else(Refusal::as_str, Outcome::as_str);
    log.finish(outcome, answer(result))
}

async fn authenticate(context: &Context, request: &Request) -> Result<Account, Refusal> {
    let Context { api_keys, sources, .. } = context;
    let token = TokenHash::of(bearer_token(request.headers())?);
    let tenants = api_keys.authenticate(Provider::Flextell, token, sources.now()).await?.tenants;
    read_tenant(request.headers(), &tenants)
}

async fn accept(
    context: &Context,
    account: &Account,
    request: &Request,
    log: &DeliveryLog<'_>,
) -> Result<Outcome<Details>, Refusal> {
    let Context { table, directory, sources, replay_window, .. } = context;
    let now = sources.now();
    let lead = CreateLead::read(read_body(request)?)?;
    let (email, phone) =
        (("email", lead.email.as_deref()), ("phone_number", lead.phone_number.as_deref()));
    context.blocks.check(account, email, phone, now).await?;
    let claims = Claims::of_delivery(request, now)?.replay(
        *replay_window,
        lead.email.as_deref(),
        lead.phone_number.as_deref(),
    );
    let resolved = resolve(directory, account, lead.ids, now).await?;
    let lead = lead.into_lead(sources.draw_lead_id(now), now, resolved);
    let new = NewLead { account: account.clone(), claims, lead };
    Ok(log.time_store(table.create_lead(new, sources)).await?)
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
