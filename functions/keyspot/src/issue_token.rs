use crate::{Keyspot, answer::answer_token, check_network, contract::Refusal};
use lambda_http::{Body, Request, Response, http::HeaderMap};
use shared::{Context, DeliveryLog, Provider, Rejection, TokenHash, Unauthorized};

/// Answers a request to `POST /v1/auth/token`.
pub async fn issue_token(keyspot: &Keyspot, request: &Request) -> Response<Body> {
    let log = DeliveryLog::start(&keyspot.context, Provider::Keyspot, request);
    let result = keyspot.context.in_time(issue(keyspot, request)).await;
    let outcome = result.as_ref().map_or_else(Refusal::as_str, |_| "token_issued");
    log.finish(outcome, answer_token(result))
}

async fn issue(keyspot: &Keyspot, request: &Request) -> Result<String, Refusal> {
    let Keyspot { context: Context { api_keys, sources, .. }, signing_secret } = keyspot;
    let now = sources.now();
    let (key, secret) = credentials(request.headers())?;
    let api_key = api_keys.authenticate(Provider::Keyspot, key.clone(), now).await?;
    if api_key.secret != Some(secret) {
        return Err(Unauthorized::Invalid.into());
    }
    check_network(&api_key, request)?;
    let token = signing_secret.keys(now).await?.issue(&key, now, sources.draw_mark());
    token.map_err(|_| Rejection::Internal.into())
}

/// The API key and its secret. Only their hashes are kept and compared, so that the time a
/// comparison takes tells nothing of them.
fn credentials(headers: &HeaderMap) -> Result<(TokenHash, TokenHash), Unauthorized> {
    let read = |name| {
        let value = headers.get(name).ok_or(Unauthorized::Missing)?;
        value.to_str().map(TokenHash::of).map_err(|_| Unauthorized::Malformed)
    };
    Ok((read("x-api-key")?, read("x-api-secret")?))
}
