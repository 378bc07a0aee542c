use super::{log::Report, rejection::Rejection};
use crate::{
    lookup::{ApiKeys, Blocks, Directory},
    model::{ApiKey, Provider, Sources, TokenHash},
    request::Unauthorized,
    table::{LeadTable, StoreError, Timeouts},
};
use jiff::SignedDuration;
use std::sync::Arc;

/// Everything that a handler needs besides the request. It is made once, at start-up.
pub struct Context {
    /// The table that stores the leads.
    pub table: LeadTable,
    /// The API keys of senders.
    pub api_keys: ApiKeys,
    /// The people whom accounts block.
    pub blocks: Arc<Blocks>,
    /// The directory entries that deliveries refer to.
    pub directory: Directory,
    /// The clock and the random numbers.
    pub sources: Sources,
    /// How long a delivery with the same body is a replay.
    pub replay_window: SignedDuration,
    /// How deliveries are reported.
    pub report: Report,
    pub(crate) timeouts: Timeouts,
}

impl Context {
    /// A context for `table`. A delivery that takes longer than `timeouts` allows is answered as
    /// unavailable.
    pub fn new(
        table: LeadTable,
        sources: Sources,
        replay_window: SignedDuration,
        timeouts: Timeouts,
    ) -> Self {
        let blocks = Arc::new(Blocks::new(table.clone()));
        let api_keys = ApiKeys::new(table.clone(), Arc::clone(&blocks), timeouts.hold);
        let directory = Directory::new(table.clone());
        let report = Report::Lines;
        Self { table, api_keys, blocks, directory, sources, replay_window, report, timeouts }
    }

    /// Finds the API key of a token at `provider` and returns the result of `check`.
    ///
    /// # Errors
    /// Those of [`ApiKeys::authenticate`].
    pub async fn authenticate<T, R: From<Unauthorized> + From<StoreError>>(
        &self,
        provider: Provider,
        token: TokenHash,
        check: impl FnOnce(&ApiKey) -> Result<T, R>,
    ) -> Result<T, R> {
        self.api_keys.authenticate(provider, token, self.sources.now(), check).await
    }

    /// Runs the steps of a handler with a timeout, because its sender does not wait longer.
    ///
    /// # Errors
    /// The error of the steps, or `Unavailable` after the timeout.
    pub async fn in_time<T, E: From<Rejection>>(
        &self,
        steps: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        match tokio::time::timeout(self.timeouts.answer, steps).await {
            Ok(result) => result,
            Err(_) => Err(Rejection::Unavailable.into()),
        }
    }
}

impl AsRef<Self> for Context {
    fn as_ref(&self) -> &Self {
        self
    }
}
