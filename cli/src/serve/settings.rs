use super::error::ServeError;
use forwarding::{Addresses, Forwarder, HttpsClient, MasterSecret};
use jiff::SignedDuration;
use keyspot::{SIGNING_KEY, SigningSecret};
use providers::App;
use shared::{
    delivery::{Context, SenderTimeouts},
    function::{Environment, StartUpError, read_replay_window},
    model::ClockAndRandom,
    table::LeadTable,
};
use std::sync::Arc;

/// The name of the table that nobody named.
pub(crate) const DEFAULT_TABLE_NAME: &str = "leadhook";

/// The name of the table in another DynamoDB.
pub(super) fn table_name(environment: &Environment) -> String {
    environment.optional("TABLE_NAME").unwrap_or_else(|| DEFAULT_TABLE_NAME.to_owned())
}

/// Refuses an address that the AWS SDK does not accept.
pub(crate) fn check_endpoint(endpoint: &str) -> Result<(), ServeError> {
    if endpoint.starts_with("http://") || endpoint.starts_with("https://") {
        return Ok(());
    }
    Err(ServeError::Endpoint(endpoint.to_owned()))
}

pub(super) struct Settings {
    replay_window: SignedDuration,
    signing_key: Option<String>,
    forwarding_secret: Option<String>,
}

impl Settings {
    pub(super) fn from_env(environment: &Environment) -> Result<Self, StartUpError> {
        let replay_window = read_replay_window(environment)?;
        let signing_key = environment.optional(SIGNING_KEY);
        // Refuse a key that is too short before opening anything.
        signing_key.as_deref().map(SigningSecret::fixed).transpose()?;
        let forwarding_secret = environment.optional(forwarding::SIGNING_KEY);
        Ok(Self { replay_window, signing_key, forwarding_secret })
    }

    /// A forwarder for a table. `secret` signs forwarded leads if no secret is set; without either
    /// there is none.
    pub(super) fn forwarder(
        &self,
        table: &LeadTable,
        secret: Option<&str>,
        system: &ClockAndRandom,
    ) -> Result<Option<Arc<Forwarder<HttpsClient>>>, StartUpError> {
        let Some(secret) = self.forwarding_secret.as_deref().or(secret) else { return Ok(None) };
        let too_short =
            |_| StartUpError::BadVariable(forwarding::SIGNING_KEY, "at least 32 characters long");
        let master = MasterSecret::new(secret).map_err(too_short)?;
        let post = HttpsClient::new(Addresses::PublicAndLoopback);
        let (table, system) = (table.clone(), system.clone());
        Ok(Some(Arc::new(Forwarder { table, system, post, master })))
    }

    /// An app for a table. `key` signs Keyspot's tokens if no key is set.
    pub(super) fn over(
        self,
        table: LeadTable,
        timeouts: SenderTimeouts,
        key: &str,
        system: ClockAndRandom,
    ) -> Result<App, StartUpError> {
        let Self { replay_window, signing_key, .. } = self;
        let context = Context::new(table, system, replay_window, timeouts);
        Ok(App::new(context, SigningSecret::fixed(signing_key.as_deref().unwrap_or(key))?))
    }
}
