use super::kinds::Kind;
use crate::model::{LeadIdForm, Provider};
use serde_json::Value;

/// What other code must know about a provider.
pub struct About {
    /// The provider.
    pub provider: Provider,
    /// The provider's name for people.
    pub label: &'static str,
    /// The form of its lead ids. Without one they are numbers.
    pub lead_id: Option<LeadIdForm>,
    /// The names of those details of a lead that hold JSON as text.
    pub json_details: &'static [&'static str],
    /// The form of its API keys.
    pub key: TokenForm,
    /// How a key is exchanged for a token that expires. Such keys have a secret and networks.
    pub token: Option<Token>,
    /// Whether its keys name tenants.
    pub has_tenants: bool,
    /// The headers of its requests, in lower case, but not those that all providers have.
    pub headers: &'static [&'static str],
    /// The kinds of entries in its directories.
    pub kinds: &'static [Kind],
    /// The demo account.
    pub demo: Demo,
    /// A sample lead.
    pub sample: Sample,
}

impl About {
    /// The headers that authenticate with a key. If the provider has tokens, they are sent to get
    /// one.
    pub fn credentials(
        &self,
        key: &str,
        secret: Option<&str>,
        tenant: Option<u64>,
    ) -> Vec<(&'static str, String)> {
        let mut headers = match self.token {
            Some(_) => vec![("X-API-Key", key.to_owned())],
            None => vec![("Authorization", format!("Bearer {key}"))],
        };
        headers.extend(secret.map(|secret| ("X-API-Secret", secret.to_owned())));
        headers.extend(tenant.map(|tenant| ("X-Tenant", tenant.to_string())));
        headers
    }

    /// The headers that authenticate with the demo account's key.
    pub fn demo_credentials(&self) -> Vec<(&'static str, String)> {
        let Demo { key, secret, tenants, .. } = self.demo;
        self.credentials(key, secret, tenants.first().copied())
    }
}

/// The form of random API keys.
pub struct TokenForm {
    /// What they begin with.
    pub prefix: &'static str,
    /// How many random characters follow.
    pub length: usize,
}

impl TokenForm {
    /// Random characters, enough of them to be safe.
    pub const RANDOM: Self = Self { prefix: "", length: 48 };
}

/// How a key is exchanged for a token: a request with the key and its secret in `X-API-Key` and
/// `X-API-Secret`.
pub struct Token {
    /// The function that issues tokens.
    pub function: &'static str,
    /// Its path.
    pub path: &'static str,
    /// Reads the token from an answer.
    pub read: fn(&Value) -> Option<&str>,
}

/// The demo account, which only the embedded table gets. Its credentials are public.
pub struct Demo {
    /// The account's id.
    pub account: &'static str,
    /// Its key.
    pub key: &'static str,
    /// The key's secret.
    pub secret: Option<&'static str>,
    /// The tenants of its key.
    pub tenants: &'static [u64],
    /// Its directory.
    pub entries: &'static [DemoEntry],
}

/// An entry of a demo account's directory.
pub struct DemoEntry {
    /// Its kind.
    pub kind: &'static str,
    /// Its id.
    pub id: &'static str,
    /// Its members, as JSON.
    pub json: &'static str,
}

/// A sample lead for the demo account: the example in the provider's documents.
pub struct Sample {
    /// The function that receives it.
    pub function: &'static str,
    /// The path it is sent to.
    pub path: &'static str,
    /// The lead.
    pub body: &'static str,
}
