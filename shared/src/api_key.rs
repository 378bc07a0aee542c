use crate::{Account, LeadTable, Provider, Rejection, StoreError, Unauthorized, claim::sha256_hex};
use jiff::{SignedDuration, Timestamp};
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// How long a key that was looked up is kept: a revoked key is dead within this time.
const KEPT_FOR: SignedDuration = SignedDuration::from_secs(60);

/// The SHA-256 of a token; of the token itself nothing is kept.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct TokenHash(String);

impl TokenHash {
    /// The hash of `token`.
    pub fn of(token: &str) -> Self {
        Self(sha256_hex(token.as_bytes()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
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
}

impl ApiKey {
    fn is_valid(&self, provider: Provider, now: Timestamp) -> bool {
        let Self { account, expires_at, revoked_at } = self;
        account.provider == provider
            && revoked_at.is_none()
            && expires_at.is_none_or(|expiry| now < expiry)
    }
}

/// The keys of the table, each kept for 60 seconds once it was looked up.
///
/// Only keys that exist are kept, so what is held is bounded by how many there are.
pub struct ApiKeys {
    table: LeadTable,
    kept: Mutex<HashMap<TokenHash, Kept>>,
}

#[derive(Clone)]
struct Kept {
    key: ApiKey,
    looked_up_at: Timestamp,
}

impl ApiKeys {
    /// The keys of `table`, none looked up yet.
    pub fn new(table: LeadTable) -> Self {
        Self { table, kept: Mutex::default() }
    }

    /// The account that a token opens at `provider`.
    ///
    /// # Errors
    /// `Unauthorized` where the token is unknown, expired, revoked or another provider's;
    /// `Unavailable` or `Internal` where the table could not tell.
    pub async fn authenticate(
        &self,
        provider: Provider,
        token: Result<TokenHash, Unauthorized>,
        now: Timestamp,
    ) -> Result<Account, Rejection> {
        match self.find(&token?, now).await? {
            Some(key) if key.is_valid(provider, now) => Ok(key.account),
            _ => Err(Unauthorized::Invalid.into()),
        }
    }

    async fn find(&self, token: &TokenHash, now: Timestamp) -> Result<Option<ApiKey>, StoreError> {
        if let Some(key) = self.kept_key(token, now) {
            return Ok(Some(key));
        }
        let found = self.table.get_api_key(token).await?;
        let mut kept = self.lock();
        match &found {
            Some(key) => kept.insert(token.clone(), Kept { key: key.clone(), looked_up_at: now }),
            None => kept.remove(token),
        };
        Ok(found)
    }

    fn kept_key(&self, token: &TokenHash, now: Timestamp) -> Option<ApiKey> {
        let kept = self.lock().get(token)?.clone();
        (now.duration_since(kept.looked_up_at) < KEPT_FOR).then_some(kept.key)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<TokenHash, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
