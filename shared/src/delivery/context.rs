use super::{log::Report, rejection::Rejection};
use crate::{
    lookup::{ApiKeys, Blocks, Directory},
    model::{ApiKey, Provider, Sources, TokenHash},
    request::Unauthorized,
    table::{LeadTable, StoreError, Timeouts},
};
use jiff::SignedDuration;

/// What a handler is given besides the request. One is made at start-up and kept.
pub struct Context {
    /// Where leads are stored.
    pub table: LeadTable,
    /// The keys that senders authenticate with.
    pub api_keys: ApiKeys,
    /// Whom accounts take no leads of.
    pub blocks: Blocks,
    /// What deliveries can point to.
    pub directory: Directory,
    /// Time and chance.
    pub sources: Sources,
    /// How long the same body is the same delivery.
    pub replay_window: SignedDuration,
    /// How deliveries are reported.
    pub report: Report,
    pub(crate) timeouts: Timeouts,
}

impl Context {
    /// A context over `table`. A delivery that has no answer when `timeouts` is over is
    /// answered as unavailable.
    pub fn new(
        table: LeadTable,
        sources: Sources,
        replay_window: SignedDuration,
        timeouts: Timeouts,
    ) -> Self {
        let api_keys = ApiKeys::new(table.clone(), timeouts.hold);
        let blocks = Blocks::new(table.clone());
        let directory = Directory::new(table.clone());
        let report = Report::Lines;
        Self { table, api_keys, blocks, directory, sources, replay_window, report, timeouts }
    }

    /// What `check` makes of the key that a token stands for at `provider`.
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

    /// Runs the steps of a handler, within the time its sender waits.
    ///
    /// # Errors
    /// What the steps give, or `Unavailable` when the time is over.
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
