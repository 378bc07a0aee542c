use crate::{
    answer::answer,
    contract::{CreateLead, Details},
};
use lambda_http::{Body, Request, Response};
use shared::{
    Claims, Context, DeliveryLog, NewLead, Outcome, Provider, Rejection, TokenHash, bearer_token,
    read_body,
};

/// Answers a request to `POST /rest/leads`.
pub async fn create_lead(context: &Context, request: &Request) -> Response<Body> {
    let log = DeliveryLog::start(context, Provider::RdStation, request);
    let result = context.in_time(accept(context, request, &log)).await;
    let outcome = result.as_ref().map_or_else(Rejection::as_str, Outcome::as_str);
    log.finish(outcome, answer(result))
}

async fn accept(
    context: &Context,
    request: &Request,
    log: &DeliveryLog<'_>,
) -> Result<Outcome<Details>, Rejection> {
    let Context { table, api_keys, sources, replay_window, .. } = context;
    let now = sources.now();
    let token = TokenHash::of(bearer_token(request.headers())?);
    let account = api_keys.authenticate(Provider::RdStation, token, now).await?.account;
    let lead = CreateLead::read(read_body(request)?)?;
    let claims = Claims::of_delivery(request, now)?.replay(
        *replay_window,
        lead.email.as_deref(),
        lead.phone.as_deref(),
    );
    let lead = lead.into_lead(sources.draw_lead_id(now), now, account.id.clone());
    Ok(log.time_store(table.create_lead(NewLead { account, claims, lead }, sources)).await?)
}
