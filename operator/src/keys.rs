//! Makes, finds, updates, rotates and revokes the API keys of senders.

use crate::{Failure, times::read_expiry};
use ipnet::IpNet;
use jiff::Timestamp;
use providers::about;
use shared::{
    model::{
        Account, AccountId, ApiKey, ClockAndRandom, ListedKey, NotARateLimit, Provider, RateLimit,
        Scope, TokenHash,
    },
    provider::{About, TokenForm},
    table::LeadTable,
};
use std::{collections::BTreeSet, str::FromStr};

/// The most tenants of a key: it is listed under each, in one transaction.
const MAX_TENANTS: usize = 90;
/// The error if nothing names the account of a new key.
const NO_ACCOUNT: &str = "name the account whose leads the key creates: --account acme";

/// New credentials for a sender. Only their hashes are stored.
pub struct NewCredentials {
    pub token: String,
    /// The secret, if the provider has one.
    pub secret: Option<String>,
}

impl NewCredentials {
    /// A new token in the provider's form.
    pub fn new(provider: Provider, system: &ClockAndRandom) -> Self {
        let About { key: TokenForm { prefix, length }, token, .. } = about(provider);
        let secret = token.as_ref().map(|_| system.random_text(TokenForm::RANDOM.length));
        let token = format!("{prefix}{}", system.random_text(*length));
        Self { token, secret }
    }

    pub fn hash(&self) -> TokenHash {
        TokenHash::of(&self.token)
    }

    pub fn secret_hash(&self) -> Option<TokenHash> {
        self.secret.as_deref().map(TokenHash::of)
    }
}

/// A key to make.
pub struct NewKey {
    /// The provider whose address it is for.
    pub provider: Provider,
    /// The account whose leads it creates; without it, the first tenant.
    pub account: Option<AccountId>,
    /// What it may do; if there are none, it may create leads.
    pub scopes: Vec<Scope>,
    /// How many requests it may send; none: any number.
    pub limit: Option<RateLimit>,
    /// Whether a lead that breaks a rule of form is stored.
    pub is_lenient: bool,
    /// The operator's name for it.
    pub label: Option<String>,
    /// When it expires: 90d, 2027-01-31.
    pub expires: Option<String>,
    /// Flextell: the tenants that it may act for.
    pub tenants: Vec<u64>,
    /// Keyspot: the networks that it may be used from.
    pub networks: Vec<IpNet>,
}

impl NewKey {
    /// Checks whether its provider has such keys.
    ///
    /// # Errors
    /// If not.
    pub fn check(&self) -> Result<(), Failure> {
        let Self { provider, account, tenants, networks, .. } = self;
        let problem = match about(*provider) {
            about if about.has_tenants && tenants.is_empty() => {
                "a Flextell key names the tenants it may act for: --tenant 1"
            }
            _ if tenants.len() > MAX_TENANTS => "a key may have 90 tenants",
            about if !about.has_tenants && !tenants.is_empty() => "only Flextell keys have tenants",
            about if about.token.is_none() && !networks.is_empty() => {
                "only Keyspot keys have networks"
            }
            _ if account.is_none() && tenants.is_empty() => NO_ACCOUNT,
            _ => return Ok(()),
        };
        Err(Failure::Input(problem.to_owned()))
    }

    /// Makes and stores its credentials. Returns them with the key as it is stored.
    ///
    /// # Errors
    /// If its provider has no such keys, or if the table cannot be written.
    pub async fn create(
        self,
        table: &LeadTable,
        system: &ClockAndRandom,
    ) -> Result<(NewCredentials, ApiKey), Failure> {
        self.check()?;
        let Self { provider, account, scopes, limit, is_lenient, label, expires, .. } = self;
        let (mut tenants, networks) = (self.tenants, self.networks);
        tenants.sort_unstable();
        tenants.dedup();
        let now = system.now();
        let expires = expires.map(|text| read_expiry(&text, now)).transpose();
        let first = tenants.first().copied().map(AccountId::from);
        let id = account.or(first).ok_or_else(|| Failure::Input(NO_ACCOUNT.to_owned()))?;
        let credentials = NewCredentials::new(provider, system);
        let scopes = BTreeSet::from_iter(scopes);
        let key = ApiKey {
            scopes: if scopes.is_empty() { ApiKey::default_scopes() } else { scopes },
            limit,
            is_lenient,
            label,
            created_at: Some(now),
            expires_at: expires.map_err(Failure::Input)?,
            secret: credentials.secret_hash(),
            tenants,
            networks,
            ..ApiKey::new(Account { provider, id })
        };
        table.put_api_key(&credentials.hash(), key.clone()).await?;
        Ok((credentials, key))
    }
}

/// The changes of a key. What is `None` stays as it is.
#[derive(Default)]
pub struct KeyUpdate {
    /// What it may do.
    pub scopes: Option<BTreeSet<Scope>>,
    /// How many requests it may send.
    pub limit: Option<NewLimit>,
    /// Whether a lead that breaks a rule of form is stored.
    pub is_lenient: Option<bool>,
}

/// The limit that a key gets; none: it may send any number of requests.
#[derive(Clone, Copy)]
pub struct NewLimit(pub Option<RateLimit>);

impl FromStr for NewLimit {
    type Err = NotARateLimit;

    /// Reads a limit, or `none`.
    fn from_str(text: &str) -> Result<Self, NotARateLimit> {
        if text == "none" { Ok(Self(None)) } else { text.parse().map(Some).map(Self) }
    }
}

/// Changes the key whose id begins with `id`. Returns it as it is then.
///
/// # Errors
/// If there is no such live key, if nothing changes, or if the table cannot be used.
pub async fn update_key(
    table: &LeadTable,
    id: &str,
    update: KeyUpdate,
    now: Timestamp,
) -> Result<ListedKey, Failure> {
    let KeyUpdate { scopes, limit, is_lenient } = update;
    let ListedKey { token, key } = find_live_key(table, id, now).await?;
    let key = ApiKey {
        scopes: scopes.filter(|scopes| !scopes.is_empty()).unwrap_or(key.scopes),
        limit: limit.map_or(key.limit, |NewLimit(limit)| limit),
        is_lenient: is_lenient.unwrap_or(key.is_lenient),
        ..key
    };
    table.update_api_key(&token, &key).await?;
    Ok(ListedKey { token, key })
}

/// A key that replaced another.
pub struct Rotated {
    pub credentials: NewCredentials,
    pub key: ApiKey,
    pub old_id: String,
    /// Until when the old key is valid.
    pub until: Timestamp,
}

/// Makes a key that replaces the one whose id begins with `id`. The old key stays valid for `keep`.
///
/// # Errors
/// If there is no such live key, if `keep` is not a time, or if the table cannot be used.
pub async fn rotate_key(
    table: &LeadTable,
    system: &ClockAndRandom,
    id: &str,
    keep: &str,
) -> Result<Rotated, Failure> {
    let now = system.now();
    let until = read_expiry(keep, now).map_err(Failure::Input)?;
    let old = find_live_key(table, id, now).await?;
    let old_id = old.token.key_id().to_string();
    // A key that expires sooner keeps its time.
    let until = old.key.expires_at.map_or(until, |expiry| expiry.min(until));
    let credentials = NewCredentials::new(old.key.account.provider, system);
    let key = ApiKey {
        created_at: Some(now),
        last_used_on: None,
        secret: credentials.secret_hash(),
        ..old.key
    };
    table.replace_api_key(&old.token, until, &credentials.hash(), key.clone()).await?;
    Ok(Rotated { credentials, key, old_id, until })
}

/// Revokes the key whose id begins with `id`.
///
/// # Errors
/// If there is no such key, or if the table cannot be used.
pub async fn revoke_key(table: &LeadTable, id: &str, now: Timestamp) -> Result<ListedKey, Failure> {
    let found = find_key(table, id).await?;
    table.revoke_api_key(&found.token, now).await?;
    Ok(found)
}

/// The only key whose id begins with `id`, if it is live.
async fn find_live_key(table: &LeadTable, id: &str, now: Timestamp) -> Result<ListedKey, Failure> {
    let found = find_key(table, id).await?;
    if found.key.is_live(now) {
        return Ok(found);
    }
    let id = found.token.key_id();
    Err(Failure::Input(format!("the key {id} is already expired or revoked; make another")))
}

/// The only key whose id begins with `id`.
///
/// # Errors
/// If there is none, or more than one.
pub async fn find_key(table: &LeadTable, id: &str) -> Result<ListedKey, Failure> {
    let mut keys = table.api_keys(None).await?;
    keys.retain(|listed| !id.is_empty() && listed.token.as_str().starts_with(id));
    match <[ListedKey; 1]>::try_from(keys) {
        Ok([key]) => Ok(key),
        Err(keys) if keys.is_empty() => {
            let text = format!("there is no key {id}; `leadhook keys list` shows them");
            Err(Failure::NotFound(text))
        }
        Err(_) => Err(Failure::Input(format!("several keys begin with {id}; write more of it"))),
    }
}

/// `live`, `expired` or `revoked`.
pub fn key_state(key: &ApiKey, now: Timestamp) -> &'static str {
    match (key.revoked_at, key.is_live(now)) {
        (Some(_), _) => "revoked",
        (None, false) => "expired",
        (None, true) => "live",
    }
}
