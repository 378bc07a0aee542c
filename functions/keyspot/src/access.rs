use crate::{
    answer::reject_lead,
    state::{Keyspot, check_network},
};
use shared::{
    delivery::{Answer, Caller, Endpoint, Rejection, check_scope},
    model::{ApiKey, Provider, Scope},
    request::{Request, bearer_token},
};

impl Endpoint for Keyspot {
    const PROVIDER: Provider = Provider::Keyspot;
    type State = Self;

    async fn authenticate(
        keyspot: &Self,
        request: &Request,
        scope: Scope,
    ) -> Result<Caller, Rejection> {
        let Self { context, signing_secret } = keyspot;
        let token = bearer_token(&request.headers)?;
        let now = context.system.now();
        let issued_to = signing_secret.verify(token, now).await?;
        let id = issued_to.key_id();
        let caller = |key: &ApiKey| {
            check_scope(key, scope)?;
            check_network(key, request)?;
            Ok(Caller { account: key.account.clone(), key: id })
        };
        context.api_keys.authenticate(Provider::Keyspot, issued_to, now, caller).await
    }

    fn reject(rejection: Rejection) -> Answer {
        reject_lead(rejection)
    }
}
