use super::{
    account::{Account, Provider},
    digest::sha256_hex,
    rate_limit::RateLimit,
};
use ipnet::IpNet;
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, fmt, net::IpAddr, str::FromStr};

/// How many digits of its hash identify a key. Among 100,000 keys, the chance that two share 12
/// digits is 1 in 50,000.
const KEY_ID_DIGITS: usize = 12;

/// The most characters of a token (`TokenForm` of each provider).
const LONGEST_TOKEN: usize = 64;

/// How many hexadecimal digits a SHA-256 has.
const HASH_DIGITS: usize = 64;

/// The SHA-256 of a token. The token itself is not stored.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct TokenHash(String);

impl TokenHash {
    /// The hash of `token`.
    pub fn of(token: &str) -> Self {
        Self(sha256_hex(token.as_bytes()))
    }

    /// The hash of a token that was sent; `None` if no key has such a token, so that it need not be
    /// looked up.
    pub fn of_possible(token: &str) -> Option<Self> {
        let is_possible = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let has_form = token.len() <= LONGEST_TOKEN && token.bytes().all(is_possible);
        has_form.then(|| Self::of(token))
    }

    /// A hash that [`TokenHash::as_str`] gave; `None` for any other text, which could be too long
    /// for a table key.
    pub fn from_hex(hash: String) -> Option<Self> {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        (hash.len() == HASH_DIGITS && hash.bytes().all(is_digit)).then_some(Self(hash))
    }

    /// The hash in hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key's id, which is not secret: the first digits of the hash.
    pub fn key_id(&self) -> KeyId {
        let digits = self.0.as_bytes().first_chunk();
        KeyId(*digits.unwrap_or(&[b'0'; KEY_ID_DIGITS]))
    }
}

/// The id of a key: the first digits of its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyId([u8; KEY_ID_DIGITS]);

impl KeyId {
    /// The digits.
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(..)")
    }
}

/// What a key may do with the leads of its account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Create leads.
    Create,
    /// Read them.
    Read,
    /// Update and delete them.
    Write,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 3] = [Self::Create, Self::Read, Self::Write];

    /// The name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

/// An API key: it gives access to one account of one provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// The account that the key gives access to.
    pub account: Account,
    /// What its owner may do.
    pub scopes: BTreeSet<Scope>,
    /// How many requests it may send; none: any number.
    pub limit: Option<RateLimit>,
    /// Whether a lead that breaks a rule of form is stored, with a note of the rule.
    pub is_lenient: bool,
    /// The owner's name for it.
    pub label: Option<String>,
    /// When the key was created.
    pub created_at: Option<Timestamp>,
    /// The last day, in UTC, on which the key was used.
    pub last_used_on: Option<Date>,
    /// When the key expires, to the second; none: never.
    pub expires_at: Option<Timestamp>,
    /// When the key was revoked; none: it was not.
    pub revoked_at: Option<Timestamp>,
    /// The hash of the key's secret, if its provider uses secrets.
    pub secret: Option<TokenHash>,
    /// The tenants the key may act for, if its provider has tenants.
    pub tenants: Vec<u64>,
    /// The networks the key may be used from; empty: from any network.
    pub networks: Vec<IpNet>,
    /// Whether its account is known to block nobody. It is set when the key is stored, and removed
    /// when the account blocks somebody.
    pub blocks_nobody: bool,
}

impl FromStr for Scope {
    type Err = NotAScope;

    /// Reads the name that [`Scope::as_str`] gives.
    fn from_str(name: &str) -> Result<Self, NotAScope> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == name).ok_or(NotAScope)
    }
}

/// A text that is not a scope's name.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a scope")]
pub struct NotAScope;

impl ApiKey {
    /// A key to `account` that may create leads, never expires and may be used from any network.
    pub fn new(account: Account) -> Self {
        Self {
            account,
            scopes: Self::default_scopes(),
            limit: None,
            is_lenient: false,
            label: None,
            created_at: None,
            last_used_on: None,
            expires_at: None,
            revoked_at: None,
            secret: None,
            tenants: Vec::new(),
            networks: Vec::new(),
            blocks_nobody: false,
        }
    }

    /// The scopes of a key if nobody names others.
    pub fn default_scopes() -> BTreeSet<Scope> {
        [Scope::Create].into()
    }

    /// The accounts that the key gives access to: its tenants, if it has any.
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
    /// The key.
    pub key: ApiKey,
}
