use crate::{
    answer::answer,
    contract::{CreateLead, Details},
};
use lambda_http::{Body, Request, Response};
use shared::{
    Account, Claims, Context, DeliveryLog, NewLead, Outcome, Provider, Rejection, Replayed,
    TokenHash, bearer_token, read_body,
};

/// Answers a request to `POST /rest/leads`.
pub async fn create_lead(context: &Context, request: &Request) -> Response<Body> {
    let log = DeliveryLog::start(context, Provider::RdStation, request);
    let mut account = None;
    let result = context.in_time(async {
        let account = account.insert(authenticate(context, request).await?);
        accept(context, account, request, &log).await
    });
    let result = result.await;
    let reason = result.as_ref().map_or_else(Rejection::held_reason, Outcome::held_reason);
    context.hold(account, None, request, reason).await;
    finish(log, result)
}

/// Takes a delivery that was held, as its account's owner mended it.
pub async fn replay(context: &Context, account: &Account, request: &Request) -> Replayed {
    let log = DeliveryLog::start(context, Provider::RdStation, request);
    let result = context.in_time(accept(context, account, request, &log)).await;
    let became_lead = result.as_ref().is_ok_and(Outcome::is_new);
    Replayed { answer: finish(log, result), became_lead }
}

fn finish(log: DeliveryLog<'_>, result: Result<Outcome<Details>, Rejection>) -> Response<Body> {
    let outcome = result.as_ref().map_or_else(Rejection::as_str, Outcome::as_str);
    log.finish(outcome, answer(result))
}

async fn authenticate(context: &Context, request: &Request) -> Result<Account, Rejection> {
    let Context { api_keys, sources, .. } = context;
    let token = TokenHash::of(bearer_token(request.headers())?);
    Ok(api_keys.authenticate(Provider::RdStation, token, sources.now()).await?.account)
}

async fn accept(
    context: &Context,
    account: &Account,
    request: &Request,
    log: &DeliveryLog<'_>,
) -> Result<Outcome<Details>, Rejection> {
    let Context { table, sources, replay_window, .. } = context;
    let now = sources.now();
    let lead = CreateLead::read(read_body(request)?)?;
    let (email, phone) = (("email", lead.email.as_deref()), ("phone", lead.phone.as_deref()));
    context.blocks.check(account, email, phone, now).await?;
    let claims = Claims::of_delivery(request, now)?.replay(
        *replay_window,
        lead.email.as_deref(),
        lead.phone.as_deref(),
    );
    let lead = lead.into_lead(sources.draw_lead_id(now), now, account.id.clone());
    let new = NewLead { account: account.clone(), claims, lead };
    Ok(log.time_store(table.create_lead(new, sources)).await?)
}
