use super::{
    super::{
        Failure,
        listing::{Format, Listing, Output},
        moment::write_moment,
        providers::{Facts, facts},
    },
    networks,
};
use shared::model::{ApiKey, Provider, Sources, TokenHash};

/// New credentials for a sender. Only their hashes are stored.
pub(super) struct Drawn {
    token: String,
    secret: Option<String>,
}

impl Drawn {
    /// A new token in the provider's form.
    pub(super) fn new(provider: Provider, sources: &Sources) -> Self {
        let Facts { token_prefix, token_length, has_secret, .. } = facts(provider);
        let token = format!("{token_prefix}{}", sources.draw_text(*token_length));
        let secret = has_secret.then(|| sources.draw_text(48));
        Self { token, secret }
    }

    pub(super) fn hash(&self) -> TokenHash {
        TokenHash::of(&self.token)
    }

    pub(super) fn secret_hash(&self) -> Option<TokenHash> {
        self.secret.as_deref().map(TokenHash::of)
    }

    /// Shows the credentials once, with what the key opens.
    pub(super) fn show(self, key: &ApiKey, output: &Output) -> Result<(), Failure> {
        let id = self.hash().key_id().to_owned();
        let has_secret = self.secret.is_some();
        // For people, the columns have the names of the headers.
        let columns = match (has_secret, output.output) {
            (true, Format::Table) => &[
                "id",
                "provider",
                "account",
                "label",
                "expires_at",
                "tenants",
                "networks",
                "X-API-Key",
                "X-API-Secret",
            ],
            _ => &[
                "id",
                "provider",
                "account",
                "label",
                "expires_at",
                "tenants",
                "networks",
                "token",
                "secret",
            ],
        };
        let mut listing = Listing::new(columns);
        listing.push([
            id.into(),
            key.account.provider.as_str().into(),
            key.account.id.as_str().into(),
            key.label.clone().into(),
            key.expires_at.map(write_moment).into(),
            key.tenants.clone().into(),
            networks(key),
            self.token.into(),
            self.secret.into(),
        ]);
        listing.print_one(output.output)?;
        let (what, is) = if has_secret { ("both", "they are") } else { ("the token", "it is") };
        eprintln!("note {what} down: {is} stored as a hash, and not shown again");
        Ok(())
    }
}
