use super::{
    account::{Account, Provider},
    digest::sha256_hex,
};
use ipnet::IpNet;
use jiff::{Timestamp, civil::Date};
use std::{fmt, net::IpAddr};

/// How many digits of its hash name a key: no two keys in 100,000 share 12 but by one chance
/// in 50,000.
const KEY_ID_DIGITS: usize = 12;

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

    /// What the key is called where its token is not to be shown: the hash's first digits.
    pub fn key_id(&self) -> &str {
        self.0.get(..KEY_ID_DIGITS).unwrap_or(&self.0)
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
    /// What its owner calls it.
    pub label: Option<String>,
    /// When the key was made.
    pub created_at: Option<Timestamp>,
    /// The last day, in UTC, on which somebody came with it.
    pub last_used_on: Option<Date>,
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
    /// A key that opens `account` forever, from anywhere.
    pub fn new(account: Account) -> Self {
        Self {
            account,
            label: None,
            created_at: None,
            last_used_on: None,
            expires_at: None,
            revoked_at: None,
            secret: None,
            tenants: Vec::new(),
            networks: Vec::new(),
        }
    }

    /// The accounts it opens: its tenants, where its provider has them.
    pub fn accounts(&self) -> Vec<Account> {
        if self.tenants.is_empty() {
            return vec![self.account.clone()];
        }
        let provider = self.account.provider;
        self.tenants.iter().map(|id| Account { provider, id: (*id).into() }).collect()
    }

    /// Whether it is neither revoked nor expired.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|expiry| now < expiry)
    }

    /// Whether the key may be used from `address`.
    pub fn accepts(&self, address: Option<IpAddr>) -> bool {
        let listed = |address| self.networks.iter().any(|network| network.contains(&address));
        self.networks.is_empty() || address.is_some_and(listed)
    }

    pub(crate) fn is_valid(&self, provider: Provider, now: Timestamp) -> bool {
        self.account.provider == provider && self.is_live(now)
    }
}

/// A key and the hash of its token.
#[derive(Clone, Debug)]
pub struct ListedKey {
    /// The hash of its token.
    pub token: TokenHash,
    /// What it opens.
    pub key: ApiKey,
}
