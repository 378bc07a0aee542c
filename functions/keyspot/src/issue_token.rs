use crate::{
    answer::answer_token,
    state::{Keyspot, check_network},
};
use lambda_http::http::HeaderMap;
use shared::{
    delivery::{Context, DeliveryLog, DeliverySummary, Handled, Rejection, check_limit},
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
    let Context { api_keys, system, .. } = &**context;
    let api_key: ApiKey = api_keys.find::<Rejection>(Provider::Keyspot, &key, now).await?;
    if api_key.secret.as_ref() != Some(&secret) {
        return Err(Unauthorized::Invalid.into());
    }
    check_limit(api_keys.count(&key, &api_key, now).await)?;
    check_network(&api_key, request)?;
    api_keys.note_use(&key, &api_key, now).await;
    let token = signing_secret.keys(now).await?.issue(&key, now, system.random_mark());
    token.map_err(|_| Rejection::Internal)
}

/// The hashes of the API key and its secret. Hashes are compared, so the time of a comparison
/// reveals nothing.
fn credentials(headers: &HeaderMap) -> Result<(TokenHash, TokenHash), Unauthorized> {
    let read = |name| {
        let value = headers.get(name).ok_or(Unauthorized::Missing)?;
        let value = value.to_str().map_err(|_| Unauthorized::Malformed)?;
        TokenHash::of_possible(value).ok_or(Unauthorized::Invalid)
    };
    Ok((read("x-api-key")?, read("x-api-secret")?))
}
