use super::{blocks::Blocks, limits::Limits, ttl_cache::TtlCache};
use crate::{
    model::{ApiKey, Provider, TokenHash, Usage},
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
    limits: Limits,
    note_within: Duration,
}

impl ApiKeys {
    /// The API keys of `table`. The cache is empty. The keys tell `blocks` which accounts block
    /// nobody. `note_within` is the timeout to write that a key was used, and to count its requests.
    pub fn new(table: LeadTable, blocks: Arc<Blocks>, note_within: Duration) -> Self {
        let limits = Limits::new(table.clone());
        Self { table, cache: TtlCache::default(), blocks, limits, note_within }
    }

    /// Finds the API key of a token at `provider`.
    ///
    /// # Errors
    /// `Unauthorized` if the token is unknown, expired, revoked or for another provider; an error
    /// of the table.
    pub async fn find<R: From<Unauthorized> + From<StoreError>>(
        &self,
        provider: Provider,
        token: &TokenHash,
        now: Timestamp,
    ) -> Result<ApiKey, R> {
        let key = if let Some(key) = self.cache.get(token, now) {
            key
        } else {
            let found = self.table.get_api_key(token).await?;
            let key = found.ok_or(Unauthorized::Invalid)?;
            self.cache.put(token.clone(), key.clone(), now);
            if key.blocks_nobody {
                self.blocks.note_nobody(&key.account, now);
            }
            key
        };
        if key.is_valid(provider, now) { Ok(key) } else { Err(Unauthorized::Invalid.into()) }
    }

    /// Counts a request with a key. Returns how much of the key's limit is used, if it has one. If
    /// the requests cannot be counted, this one is within the limit: a lead is worth more.
    pub async fn count(&self, token: &TokenHash, key: &ApiKey, now: Timestamp) -> Option<Usage> {
        let counting = self.limits.count(token, key.limit?, now);
        match tokio::time::timeout(self.note_within, counting).await {
            Ok(Ok(usage)) => return Some(usage),
            Ok(Err(error)) => tracing::warn!(%error, "a request could not be counted"),
            Err(_) => tracing::warn!(error = "timeout", "a request could not be counted"),
        }
        None
    }

    /// Writes the day on which the key was used: once a day. If this fails, the delivery goes on.
    pub async fn note_use(&self, token: &TokenHash, key: &ApiKey, now: Timestamp) {
        let today = now.to_zoned(TimeZone::UTC).date();
        if key.last_used_on == Some(today) {
            return;
        }
        let noted = ApiKey { last_used_on: Some(today), ..key.clone() };
        self.cache.replace(token, noted);
        let note = self.table.note_key_use(token, today);
        match tokio::time::timeout(self.note_within, note).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the use of a key could not be noted"),
            Err(_) => tracing::warn!(error = "timeout", "the use of a key could not be noted"),
        }
    }
}
