//! Keyspot's partner API: `POST /v1/auth/token` and `POST /v1/leads`, as
//! <https://developers.keyspot.com.br> documents them.

mod answer;
mod contract;
mod create_lead;
mod issue_token;
mod signing_keys;
mod signing_secret;

pub use answer::LEAD_ID;
pub use contract::{PROPERTY, Property};
pub use create_lead::{create_lead, replay};
pub use issue_token::issue_token;
pub use signing_keys::{KeyTooShort, SigningKeys};
pub use signing_secret::{ManagedSecret, SigningSecret};

use contract::Refusal;
use lambda_http::Request;
use shared::{ApiKey, Context, Environment, StartUpError, source_address};

/// What Keyspot's handlers are given besides the request.
pub struct Keyspot {
    /// What every provider's handlers are given.
    pub context: Context,
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
        Ok(Self { context: Context::from_env(environment).await?, signing_secret })
    }
}

/// Holds a request to the networks its key may be used from.
fn check_network(key: &ApiKey, request: &Request) -> Result<(), Refusal> {
    if key.accepts(source_address(request)) { Ok(()) } else { Err(Refusal::IpBlocked) }
}
