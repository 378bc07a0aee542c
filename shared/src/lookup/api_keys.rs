use super::ttl_cache::TtlCache;
use crate::{
    model::{ApiKey, Provider, TokenHash},
    request::Unauthorized,
    table::{LeadTable, StoreError},
};
use jiff::{Timestamp, tz::TimeZone};
use std::time::Duration;

/// The keys of the table, each kept for a minute once it was looked up: a revoked key is
/// dead within that time.
pub struct ApiKeys {
    table: LeadTable,
    cache: TtlCache<TokenHash, ApiKey>,
    note_within: Duration,
}

impl ApiKeys {
    /// The keys of `table`, none looked up yet. Writing down that one is used may take up to
    /// `note_within`.
    pub fn new(table: LeadTable, note_within: Duration) -> Self {
        Self { table, cache: TtlCache::default(), note_within }
    }

    /// What `check` makes of the key that a token stands for at `provider`. That the key was
    /// used is noted where the check lets its sender pass.
    ///
    /// # Errors
    /// `Unauthorized` where the token is unknown, expired, revoked or another provider's; where
    /// the table could not be read; what the check gives.
    pub async fn authenticate<T, R: From<Unauthorized> + From<StoreError>>(
        &self,
        provider: Provider,
        token: TokenHash,
        now: Timestamp,
        check: impl FnOnce(&ApiKey) -> Result<T, R>,
    ) -> Result<T, R> {
        let key = if let Some(key) = self.cache.get(&token, now) {
            key
        } else {
            let found = self.table.get_api_key(&token).await?;
            let key = found.ok_or(Unauthorized::Invalid)?;
            self.cache.put(token.clone(), key.clone(), now);
            key
        };
        if !key.is_valid(provider, now) {
            return Err(Unauthorized::Invalid.into());
        }
        let checked = check(&key)?;
        self.note_use(token, &key, now).await;
        Ok(checked)
    }

    /// Writes down on which day the key was used last: once a day, and never at its sender's
    /// cost.
    async fn note_use(&self, token: TokenHash, key: &ApiKey, now: Timestamp) {
        let today = now.to_zoned(TimeZone::UTC).date();
        if key.last_used_on == Some(today) {
            return;
        }
        let noted = ApiKey { last_used_on: Some(today), ..key.clone() };
        self.cache.replace(&token, noted);
        let note = self.table.note_key_use(&token, today);
        match tokio::time::timeout(self.note_within, note).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "a key's use could not be noted"),
            Err(_) => tracing::warn!(error = "time-out", "a key's use could not be noted"),
        }
    }
}
