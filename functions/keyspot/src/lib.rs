//! Keyspot's partner API: `POST /v1/auth/token` and `POST /v1/leads`, as
//! <https://developers.keyspot.com.br> documents them.

mod answer;
mod contract;
mod create_lead;
mod issue_token;
mod signing_keys;
mod signing_secret;

pub use answer::LEAD_ID;
pub use contract::{PROPERTY, Property, SOURCES};

pub use issue_token::issue_token;
pub use signing_keys::{KeyTooShort, SigningKeys};
pub use signing_secret::{ManagedSecret, SIGNING_KEY, SigningSecret};

use contract::Refusal;
use shared::{
    delivery::Context,
    function::{Environment, StartUpError},
    model::ApiKey,
    request::Request,
};
use std::sync::Arc;

/// What Keyspot's handlers are given besides the request.
pub struct Keyspot {
    /// What every provider's handlers are given.
    pub context: Arc<Context>,
    /// What tokens are signed with.
    pub signing_secret: SigningSecret,
}

impl Keyspot {
    /// What a deployed function is given, from its environment.
    ///
    /// # Errors
    /// A variable that is missing or makes no sense.
    pub async fn from_env(environment: &Environment) -> Result<Self, StartUpError> {
        let signing_secret = SigningSecret::from_env(environment).await?;
        let context = Arc::new(Context::from_env(environment).await?);
        Ok(Self { context, signing_secret })
    }
}

impl AsRef<Context> for Keyspot {
    fn as_ref(&self) -> &Context {
        &self.context
    }
}

/// Holds a request to the networks its key may be used from.
fn check_network(key: &ApiKey, request: &Request) -> Result<(), Refusal> {
    if key.accepts(request.source_address) { Ok(()) } else { Err(Refusal::IpBlocked) }
}
