use crate::{
    answer::reject_lead,
    state::{Keyspot, check_network},
};
use shared::{
    delivery::{Answer, Endpoint, Rejection},
    model::{Account, ApiKey, Provider, TokenHash},
    request::{Request, bearer_token},
};

impl Endpoint for Keyspot {
    const PROVIDER: Provider = Provider::Keyspot;
    type State = Self;

    async fn token(keyspot: &Self, request: &Request) -> Result<TokenHash, Rejection> {
        let now = keyspot.context.system.now();
        keyspot.signing_secret.verify(bearer_token(&request.headers)?, now).await
    }

    fn account_of(key: &ApiKey, request: &Request) -> Result<Account, Rejection> {
        check_network(key, request)?;
        Ok(key.account.clone())
    }

    fn reject(rejection: Rejection) -> Answer {
        reject_lead(rejection)
    }
}
