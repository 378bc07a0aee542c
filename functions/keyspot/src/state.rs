use crate::{answer::ip_blocked, signing_secret::SigningSecret};
use shared::{
    aws::load_function_config,
    delivery::{Context, Rejection},
    function::{Environment, StartUpError},
    model::ApiKey,
    request::Request,
};
use std::sync::Arc;

/// Everything that Keyspot's handlers need besides the request.
pub struct Keyspot {
    /// The context of every provider's handlers.
    pub context: Arc<Context>,
    /// The keys that sign tokens.
    pub signing_secret: SigningSecret,
}

impl Keyspot {
    /// The state of a deployed function, from its environment.
    ///
    /// # Errors
    /// If a variable is missing or invalid.
    pub async fn from_env(environment: &Environment) -> Result<Self, StartUpError> {
        let aws = load_function_config().await;
        let signing_secret = SigningSecret::from_env(environment, &aws)?;
        let context = Arc::new(Context::connect(environment, &aws).await?);
        Ok(Self { context, signing_secret })
    }
}

impl AsRef<Context> for Keyspot {
    fn as_ref(&self) -> &Context {
        &self.context
    }
}

/// Refuses a request from a network that the key does not list.
pub(crate) fn check_network(key: &ApiKey, request: &Request) -> Result<(), Rejection> {
    if key.accepts(request.source_address) { Ok(()) } else { Err(ip_blocked().into()) }
}
