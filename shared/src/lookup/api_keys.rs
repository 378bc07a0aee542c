use super::{blocks::Blocks, ttl_cache::TtlCache};
use crate::{
    model::{ApiKey, Provider, TokenHash},
    request::Unauthorized,
    table::{LeadTable, StoreError},
};
use jiff::{Timestamp, tz::TimeZone};
use std::{sync::Arc, time::Duration};

/// The API keys of the table, with a TTL cache: a revoked key is refused after a minute at most.
pub struct ApiKeys {
    table: LeadTable,
    cache: TtlCache<TokenHash, ApiKey>,
    blocks: Arc<Blocks>,
    note_within: Duration,
}

impl ApiKeys {
    /// The API keys of `table`. The cache is empty. The keys tell `blocks` which accounts
    /// block nobody. `note_within` is the timeout to write that a key was used.
    pub fn new(table: LeadTable, blocks: Arc<Blocks>, note_within: Duration) -> Self {
        Self { table, cache: TtlCache::default(), blocks, note_within }
    }

    /// Finds the API key of a token at `provider` and returns the result of `check`. If the check
    /// succeeds, the table notes that the key was used.
    ///
    /// # Errors
    /// `Unauthorized` if the token is unknown, expired, revoked or for another provider; an error
    /// of the table; the error of the check.
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
            if key.blocks_nobody {
                self.blocks.note_nobody(&key.account, now);
            }
            key
        };
        if !key.is_valid(provider, now) {
            return Err(Unauthorized::Invalid.into());
        }
        let checked = check(&key)?;
        self.note_use(token, &key, now).await;
        Ok(checked)
    }

    /// Writes the day on which the key was used: once a day. If this fails, the delivery goes on.
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
            Ok(Err(error)) => tracing::warn!(%error, "the use of a key could not be noted"),
            Err(_) => tracing::warn!(error = "timeout", "the use of a key could not be noted"),
        }
    }
}
