use crate::{
    Account, LeadTable, Provider, Rejection, StoreError, Unauthorized, claim::sha256_hex,
    kept::Kept,
};
use ipnet::IpNet;
use jiff::Timestamp;
use std::{fmt, net::IpAddr};

/// The SHA-256 of a token; of the token itself nothing is kept.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct TokenHash(String);

impl TokenHash {
    /// The hash of `token`.
    pub fn of(token: &str) -> Self {
        Self(sha256_hex(token.as_bytes()))
    }

    /// A hash that was written out by [`TokenHash::as_str`].
    pub fn from_hex(hash: String) -> Self {
        Self(hash)
    }

    /// The hash in hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(..)")
    }
}

/// What an API key opens: one account of one provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// The account whose leads the key's holder may create.
    pub account: Account,
    /// From when on the key is dead, if it ever is, to the second.
    pub expires_at: Option<Timestamp>,
    /// When the key was revoked, if it was.
    pub revoked_at: Option<Timestamp>,
    /// The secret that goes with the key, where its provider has one.
    pub secret: Option<TokenHash>,
    /// The tenants the key may act for, where its provider has them.
    pub tenants: Vec<u64>,
    /// The networks the key may be used from; from any, where there are none.
    pub networks: Vec<IpNet>,
}

impl ApiKey {
    /// A key that opens `account` for ever, from anywhere.
    pub fn new(account: Account) -> Self {
        let (secret, tenants, networks) = (None, Vec::new(), Vec::new());
        Self { account, expires_at: None, revoked_at: None, secret, tenants, networks }
    }

    /// Whether the key may be used from `address`.
    pub fn accepts(&self, address: Option<IpAddr>) -> bool {
        let listed = |address| self.networks.iter().any(|network| network.contains(&address));
        self.networks.is_empty() || address.is_some_and(listed)
    }

    fn is_valid(&self, provider: Provider, now: Timestamp) -> bool {
        self.account.provider == provider
            && self.revoked_at.is_none()
            && self.expires_at.is_none_or(|expiry| now < expiry)
    }
}

/// The keys of the table, each kept for a minute once it was looked up: a revoked key is
/// dead within that time.
pub struct ApiKeys {
    table: LeadTable,
    kept: Kept<TokenHash, ApiKey>,
}

impl ApiKeys {
    /// The keys of `table`, none looked up yet.
    pub fn new(table: LeadTable) -> Self {
        Self { table, kept: Kept::default() }
    }

    /// The key that a token stands for at `provider`.
    ///
    /// # Errors
    /// `Unauthorized` where the token is unknown, expired, revoked or another provider's;
    /// `Unavailable` or `Internal` where the table could not tell.
    pub async fn authenticate(
        &self,
        provider: Provider,
        token: TokenHash,
        now: Timestamp,
    ) -> Result<ApiKey, Rejection> {
        let key = self.find(token, now).await?;
        key.filter(|key| key.is_valid(provider, now)).ok_or(Unauthorized::Invalid.into())
    }

    async fn find(&self, token: TokenHash, now: Timestamp) -> Result<Option<ApiKey>, StoreError> {
        if let Some(key) = self.kept.get(&token, now) {
            return Ok(Some(key));
        }
        let found = self.table.get_api_key(&token).await?;
        if let Some(key) = &found {
            self.kept.put(token, key.clone(), now);
        }
        Ok(found)
    }
}
