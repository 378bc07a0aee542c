//! Who sent a request, and whether the key allows it.

use super::{answer::Answer, context::Context, rejection::Rejection};
use crate::{
    model::{Account, ApiKey, KeyId, Provider, Scope, TokenHash, Usage},
    request::{Request, Unauthorized, bearer_token},
};

/// A provider's operations: how each of them knows the account of a request, and refuses one.
pub trait Endpoint: Sized {
    /// The provider.
    const PROVIDER: Provider;
    /// Everything that a handler needs besides the request.
    type State: AsRef<Context> + Sync;

    /// The token of the request, whose hash names its API key: the bearer token, unless the provider
    /// uses other credentials.
    ///
    /// # Errors
    /// If the request has no valid one.
    fn token(
        _state: &Self::State,
        request: &Request,
    ) -> impl Future<Output = Result<TokenHash, Rejection>> + Send {
        async {
            let token = TokenHash::of_possible(bearer_token(&request.headers)?);
            Ok(token.ok_or(Unauthorized::Invalid)?)
        }
    }

    /// The account of a request with this key.
    ///
    /// # Errors
    /// If the key does not allow the request.
    fn account_of(key: &ApiKey, _request: &Request) -> Result<Account, Rejection> {
        Ok(key.account.clone())
    }

    /// The part of the account that the path names: a chatbot.
    fn target(_request: &Request) -> Option<String> {
        None
    }

    /// The headers that say how much of a key's limit is used, in every answer to the key.
    fn limit_headers(_usage: &Usage) -> Vec<(&'static str, i64)> {
        Vec::new()
    }

    /// The answer to a request that is refused.
    fn reject(rejection: Rejection) -> Answer;
}

/// Who sent a request.
pub(crate) struct Caller {
    /// The account.
    pub(crate) account: Account,
    /// The id of the key.
    pub(crate) key: KeyId,
    /// Whether the key is lenient.
    pub(crate) is_lenient: bool,
}

/// Finds who sent a request. Its key must have this scope. The request is counted if the key has a
/// limit, and `usage` then is how much of it is used.
///
/// # Errors
/// If the credentials are not valid, if the window is full, or if the key does not allow the
/// request.
pub(crate) async fn authenticate<E: Endpoint>(
    state: &E::State,
    request: &Request,
    scope: Scope,
    usage: &mut Option<Usage>,
) -> Result<Caller, Rejection> {
    let Context { api_keys, system, .. } = state.as_ref();
    let token = E::token(state, request).await?;
    let now = system.now();
    let key: ApiKey = api_keys.find::<Rejection>(E::PROVIDER, &token, now).await?;
    *usage = api_keys.count(&token, &key, now).await;
    check_limit(*usage)?;
    check_scope(&key, scope)?;
    let account = E::account_of(&key, request)?;
    api_keys.note_use(&token, &key, now).await;
    Ok(Caller { account, key: token.key_id(), is_lenient: key.is_lenient })
}

/// Adds the headers that say how much of the key's limit is used.
pub(crate) fn add_limit_headers<E: Endpoint>(answer: &mut Answer, usage: Option<Usage>) {
    for (name, value) in usage.iter().flat_map(E::limit_headers) {
        answer.headers_mut().insert(name, value.into());
    }
}

/// Refuses a request over the limit of its key.
///
/// # Errors
/// If it is.
pub fn check_limit(usage: Option<Usage>) -> Result<(), Rejection> {
    match usage {
        Some(usage) if usage.retry_after.is_some() => Err(Rejection::OverLimit(usage)),
        _ => Ok(()),
    }
}

/// Refuses a request that needs a scope which the key does not have.
///
/// # Errors
/// If the key does not have the scope.
fn check_scope(key: &ApiKey, scope: Scope) -> Result<(), Rejection> {
    if key.scopes.contains(&scope) { Ok(()) } else { Err(Rejection::OutOfScope(scope)) }
}
