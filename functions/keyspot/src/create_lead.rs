use crate::{
    Keyspot,
    answer::answer_lead,
    check_network,
    contract::{CreateLead, Details, PROPERTY, Property, Refusal},
};
use jiff::Timestamp;
use lambda_http::{Body, Request, Response};
use shared::{
    Account, Claims, Context, DeliveryLog, EntryKey, NewLead, Outcome, Provider, Rejection,
    Replayed, bearer_token, read_body,
};

/// Answers a request to `POST /v1/leads`.
pub async fn create_lead(keyspot: &Keyspot, request: &Request) -> Response<Body> {
    let Keyspot { context, .. } = keyspot;
    let log = DeliveryLog::start(context, Provider::Keyspot, request);
    let mut account = None;
    let result = context.in_time(async {
        let account = account.insert(authenticate(keyspot, request).await?);
        accept(context, account, request, &log).await
    });
    let result = result.await;
    let reason = result.as_ref().map_or_else(Refusal::held_reason, Outcome::held_reason);
    context.hold(account, None, request, reason).await;
    finish(log, result)
}

/// Takes a delivery that was held, as its account's owner mended it.
pub async fn replay(context: &Context, account: &Account, request: &Request) -> Replayed {
    let log = DeliveryLog::start(context, Provider::Keyspot, request);
    let result = context.in_time(accept(context, account, request, &log)).await;
    let became_lead = result.as_ref().is_ok_and(Outcome::is_new);
    Replayed { answer: finish(log, result), became_lead }
}

fn finish(log: DeliveryLog<'_>, result: Result<Outcome<Details>, Refusal>) -> Response<Body> {
    let outcome = result.as_ref().map_or_else(Refusal::as_str, Outcome::as_str);
    log.finish(outcome, answer_lead(result))
}

async fn authenticate(keyspot: &Keyspot, request: &Request) -> Result<Account, Refusal> {
    let Keyspot { context: Context { api_keys, sources, .. }, signing_secret } = keyspot;
    let now = sources.now();
    let token = bearer_token(request.headers())?;
    let issued_to = signing_secret.verify(token, now).await?;
    let api_key = api_keys.authenticate(Provider::Keyspot, issued_to, now).await?;
    check_network(&api_key, request)?;
    Ok(api_key.account)
}

async fn accept(
    context: &Context,
    account: &Account,
    request: &Request,
    log: &DeliveryLog<'_>,
) -> Result<Outcome<Details>, Refusal> {
    let Context { table, sources, replay_window, .. } = context;
    let now = sources.now();
    let lead = CreateLead::read(read_body(request)?)?;
    let (email, phone) =
        (("email", Some(lead.email.as_str())), ("phone", Some(lead.phone.as_str())));
    context.blocks.check(account, email, phone, now).await?;
    let claims = Claims::of_delivery(request, now)?.replay(
        *replay_window,
        Some(&lead.email),
        Some(&lead.phone),
    );
    let property = find_property(context, account, lead.property_code.as_ref(), now).await?;
    let lead = lead.into_lead(sources.draw_lead_id(now), now, property);
    let new = NewLead { account: account.clone(), claims, lead };
    Ok(log.time_store(table.create_lead(new, sources)).await?)
}

/// The property with this code; a code that is unknown is no fault.
async fn find_property(
    context: &Context,
    account: &Account,
    code: Option<&String>,
    now: Timestamp,
) -> Result<Option<Property>, Rejection> {
    let Some(code) = code else { return Ok(None) };
    let key = EntryKey::new(PROPERTY, code);
    let entries = context.directory.find(account, vec![key.clone()], now).await?;
    Ok(entries.get(&key)?)
}
