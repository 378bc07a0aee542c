use shared::{Account, ApiKey, LeadTable, Provider, StoreError, TokenHash};

/// An account that is there to try things with, in the embedded table alone.
pub struct DemoAccount {
    /// The provider whose client may use it.
    pub provider: Provider,
    /// The account's id.
    pub account: &'static str,
    /// The bearer token that opens it.
    pub token: &'static str,
    /// The path to create a lead at.
    pub path: &'static str,
    /// The body of a lead the provider's documents give as their example.
    pub body: &'static str,
}

/// One account for each provider.
pub const DEMO_ACCOUNTS: [DemoAccount; 1] = [DemoAccount {
    provider: Provider::Integrabot,
    account: "demo",
    token: "sk_demo_integrabot",
    path: "/integrabot/v1/leads",
    body: r#"{"name": "Maria Silva", "type": "web", "phone_number": "5511999998888", "email": "maria@exemplo.com"}"#,
}];

impl DemoAccount {
    /// Stores the account's key, unless one stands there for its token already: a key that
    /// was revoked stays so.
    ///
    /// # Errors
    /// Where the table could not be read or written.
    pub async fn seed(&self, table: &LeadTable) -> Result<(), StoreError> {
        let token = TokenHash::of(self.token);
        if table.get_api_key(&token).await?.is_some() {
            return Ok(());
        }
        let account = Account { provider: self.provider, id: self.account.to_owned() };
        let key = ApiKey { account, expires_at: None, revoked_at: None };
        table.put_api_key(&token, key).await
    }

    /// A command that creates a lead in this account at a server that listens on `base`.
    pub(crate) fn curl_line(&self, base: &str) -> String {
        let Self { token, path, body, .. } = self;
        format!("curl -i {base}{path} -H 'Authorization: Bearer {token}' -d '{body}'")
    }
}
