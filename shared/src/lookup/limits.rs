use crate::{
    model::{RateLimit, RequestCount, TokenHash, Usage},
    table::{LeadTable, StoreError},
};
use jiff::Timestamp;
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// For how many keys the counts are cached. A full cache is emptied.
const CAPACITY: usize = 10_000;

/// The requests of keys with a limit. The table counts them for all instances. An instance counts a
/// bundle of requests at a time while much of the limit remains.
pub(crate) struct Limits {
    table: LeadTable,
    counted: Mutex<HashMap<TokenHash, Bundle>>,
}

/// What an instance knows of a key's requests.
struct Bundle {
    limit: RateLimit,
    count: RequestCount,
    /// How many counted requests are still to be sent.
    requests: u64,
    /// Until when they may be sent, in Unix milliseconds.
    sent_by: i64,
}

impl Limits {
    pub(crate) fn new(table: LeadTable) -> Self {
        Self { table, counted: Mutex::default() }
    }

    /// Counts a request. It is refused if the window is full.
    ///
    /// # Errors
    /// If the table cannot be written.
    pub(crate) async fn count(
        &self,
        token: &TokenHash,
        limit: RateLimit,
        now: Timestamp,
    ) -> Result<Usage, StoreError> {
        let known = match self.take(token, limit, now) {
            Ok(usage) => return Ok(usage),
            Err(known) => known,
        };
        let counted = self.table.count_requests(token, limit, now, known).await?;
        let is_refused = counted.requests == 0;
        let requests = counted.requests.saturating_sub(1);
        let bundle = Bundle { limit, count: counted.count, requests, sent_by: counted.sent_by };
        let usage = bundle.usage(now);
        self.keep(token, bundle);
        Ok(if is_refused { refused(usage, now) } else { usage })
    }

    /// Takes a request of the bundle. If there is none, the error is what is known of the count.
    fn take(
        &self,
        token: &TokenHash,
        limit: RateLimit,
        now: Timestamp,
    ) -> Result<Usage, Option<RequestCount>> {
        let mut counted = self.lock();
        let Some(bundle) = counted.get_mut(token).filter(|bundle| bundle.limit == limit) else {
            return Err(None);
        };
        if bundle.requests == 0 || now.as_millisecond() > bundle.sent_by {
            return Err(Some(bundle.count.clone()));
        }
        bundle.requests -= 1;
        Ok(bundle.usage(now))
    }

    fn keep(&self, token: &TokenHash, bundle: Bundle) {
        let mut counted = self.lock();
        if counted.len() >= CAPACITY {
            counted.clear();
        }
        counted.insert(token.clone(), bundle);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<TokenHash, Bundle>> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Bundle {
    /// How much of the limit is used. What is left of the bundle is not.
    fn usage(&self, now: Timestamp) -> Usage {
        let usage = self.count.usage(self.limit, now);
        let unsent = u32::try_from(self.requests).unwrap_or(u32::MAX);
        Usage { remaining: usage.remaining.saturating_add(unsent).min(usage.limit), ..usage }
    }
}

/// The same for a request that is refused. It may be sent again when the oldest leaves the window.
fn refused(usage: Usage, now: Timestamp) -> Usage {
    let wait = usage.resets_at.duration_since(now).as_millis();
    let seconds = u32::try_from((wait + 999) / 1_000).unwrap_or_default();
    Usage { retry_after: Some(seconds.max(1)), ..usage }
}
