use crate::{
    answer::answer,
    contract::{CHATBOT, CreateLead, Details, Refusal},
};
use jiff::Timestamp;
use lambda_http::{Body, Request, RequestExt, Response};
use serde_json::Value;
use shared::{
    Account, Claims, Context, DeliveryLog, EntryKey, NewLead, Outcome, Provider, Replayed,
    Standing, TokenHash, bearer_token, read_body,
};

/// Answers a request to `POST /api/v1/chatbots/{chatbotId}/leads`, or to its alias
/// `POST /api/v1/leads`, which the provider's own samples use.
pub async fn create_lead(context: &Context, request: &Request) -> Response<Body> {
    let log = DeliveryLog::start(context, Provider::PollyBot, request);
    let mut account = None;
    let result = context.in_time(async {
        let account = account.insert(authenticate(context, request).await?);
        accept(context, account, request, &log).await
    });
    let result = result.await;
    let reason = result.as_ref().map_or_else(Refusal::held_reason, Outcome::held_reason);
    context.hold(account, chatbot_id(request), request, reason).await;
    finish(log, result)
}

/// Takes a delivery that was held, as its account's owner mended it.
pub async fn replay(context: &Context, account: &Account, request: &Request) -> Replayed {
    let log = DeliveryLog::start(context, Provider::PollyBot, request);
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
    Ok(api_keys.authenticate(Provider::PollyBot, token, sources.now()).await?.account)
}

async fn accept(
    context: &Context,
    account: &Account,
    request: &Request,
    log: &DeliveryLog<'_>,
) -> Result<Outcome<Details>, Refusal> {
    let Context { table, sources, .. } = context;
    let now = sources.now();
    let chatbot_id = find_chatbot(context, request, account, now).await?;
    let lead = CreateLead::read(read_body(request)?)?;
    let (email, phone) = (("email", Some(lead.email.as_str())), ("phone", lead.phone.as_deref()));
    context.blocks.check(account, email, phone, now).await?;
    let email = lead.email.clone();
    let claims = Claims::of_delivery(request, now)?
        .to_target(chatbot_id.as_deref().unwrap_or_default())
        .email(Some(&email));
    let lead = lead.into_lead(sources.draw_lead_id(now), now, account.id.clone(), chatbot_id);
    let new = NewLead { account: account.clone(), claims, lead };
    let outcome = log.time_store(table.create_lead(new, sources)).await?;
    match outcome.standing {
        Standing::New => Ok(outcome),
        Standing::Known => Err(Refusal::DuplicateEmail { email, met: Box::new(outcome) }),
    }
}

/// The chatbot the path names, where it names one.
async fn find_chatbot(
    context: &Context,
    request: &Request,
    account: &Account,
    now: Timestamp,
) -> Result<Option<String>, Refusal> {
    let Some(id) = chatbot_id(request) else { return Ok(None) };
    let key = EntryKey::new(CHATBOT, &id);
    let entries = context.directory.find(account, vec![key.clone()], now).await?;
    match entries.get::<Value>(&key)? {
        Some(_) => Ok(Some(id)),
        None => Err(Refusal::ChatbotNotFound),
    }
}

/// The chatbot's id: a path parameter, or where a function URL gives none, what stands
/// behind `chatbots/` in the path.
fn chatbot_id(request: &Request) -> Option<String> {
    let parameters = request.path_parameters();
    let parameter = parameters.first("chatbotId");
    let mut segments = request.raw_http_path().split('/').skip_while(|part| *part != "chatbots");
    parameter.or_else(|| segments.nth(1)).map(str::to_owned)
}
