use crate::{
    answer::answer_token,
    state::{Keyspot, check_network},
};
use lambda_http::http::HeaderMap;
use shared::{
    delivery::{DeliveryLog, DeliverySummary, Handled, Rejection},
    model::{ApiKey, OutcomeName, Provider, TokenHash},
    request::{Request, Unauthorized},
};

const TOKEN_ISSUED: OutcomeName =
    OutcomeName::Answered { name: "token_issued", words: "token issued" };

/// Answers a request to `POST /v1/auth/token`.
pub async fn issue_token(keyspot: &Keyspot, request: &Request) -> Handled {
    let log = DeliveryLog::start(keyspot.context.report, Provider::Keyspot, request.id.clone());
    let result = keyspot.context.in_time(issue(keyspot, request)).await;
    let outcome = result.as_ref().map_or_else(Rejection::name, |_| TOKEN_ISSUED);
    let answer = answer_token(result);
    log.finish(outcome, &answer);
    Handled { answer, summary: DeliverySummary::of(outcome) }
}

async fn issue(keyspot: &Keyspot, request: &Request) -> Result<String, Rejection> {
    let Keyspot { context, signing_secret } = keyspot;
    let now = context.system.now();
    let (key, secret) = credentials(&request.headers)?;
    let check = |api_key: &ApiKey| match &api_key.secret {
        Some(known) if *known == secret => check_network(api_key, request),
        _ => Err(Unauthorized::Invalid.into()),
    };
    context.api_keys.authenticate(Provider::Keyspot, key.clone(), now, check).await?;
    let token = signing_secret.keys(now).await?.issue(&key, now, context.system.random_mark());
    token.map_err(|_| Rejection::Internal)
}

/// The hashes of the API key and its secret. Hashes are compared, so the time of a comparison
/// reveals nothing.
fn credentials(headers: &HeaderMap) -> Result<(TokenHash, TokenHash), Unauthorized> {
    let read = |name| {
        let value = headers.get(name).ok_or(Unauthorized::Missing)?;
        value.to_str().map(TokenHash::of).map_err(|_| Unauthorized::Malformed)
    };
    Ok((read("x-api-key")?, read("x-api-secret")?))
}
