use super::{log::Report, rejection::Rejection};
use crate::{
    lookup::{ApiKeys, Blocks, Directory},
    model::{Account, ClockAndRandom, EntryId, EntryKey},
    table::{LeadTable, StoreError},
};
use jiff::SignedDuration;
use serde::de::DeserializeOwned;
use std::{sync::Arc, time::Duration};

/// The default replay window: how long a delivery with the same body is a replay.
/// `template.yaml` has the same default.
pub const DEFAULT_REPLAY_WINDOW: SignedDuration = SignedDuration::from_mins(5);

/// The timeouts of a delivery, because its sender does not wait longer.
#[derive(Clone, Copy, Debug)]
pub struct SenderTimeouts {
    /// How long the sender waits for its answer.
    pub answer: Duration,
    /// How much longer it may wait while its delivery is held.
    pub hold: Duration,
}

impl SenderTimeouts {
    /// For DynamoDB in AWS. Every sender gets its answer within three seconds, if necessary a
    /// `503`.
    pub const DEPLOYED: Self =
        Self { answer: Duration::from_millis(2_500), hold: Duration::from_millis(300) };

    /// For a table on a busy laptop. They are longer than the timeouts of the table's client.
    pub const LOCAL: Self = Self { answer: Duration::from_secs(28), hold: Duration::from_secs(1) };
}

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
    pub system: ClockAndRandom,
    /// How long a delivery with the same body is a replay.
    pub replay_window: SignedDuration,
    /// How deliveries are reported.
    pub report: Report,
    pub(crate) timeouts: SenderTimeouts,
}

impl Context {
    /// A context for `table`. A delivery that takes longer than `timeouts` allows is answered as
    /// unavailable.
    pub fn new(
        table: LeadTable,
        system: ClockAndRandom,
        replay_window: SignedDuration,
        timeouts: SenderTimeouts,
    ) -> Self {
        let blocks = Arc::new(Blocks::new(table.clone()));
        let api_keys = ApiKeys::new(table.clone(), Arc::clone(&blocks), timeouts.hold);
        let directory = Directory::new(table.clone());
        let report = Report::Lines;
        Self { table, api_keys, blocks, directory, system, replay_window, report, timeouts }
    }

    /// The entry of an account's directory with this id; `None` if there is none.
    ///
    /// # Errors
    /// If the table cannot be read, or the entry has another shape.
    pub async fn find_entry<T: DeserializeOwned>(
        &self,
        account: &Account,
        kind: &'static str,
        id: &str,
    ) -> Result<Option<T>, StoreError> {
        let Ok(id) = id.parse::<EntryId>() else { return Ok(None) };
        let key = EntryKey::new(kind, id);
        let keys = vec![key.clone()];
        self.directory.find(account, keys, self.system.now()).await?.get(&key)
    }

    /// Runs the steps of a handler with a timeout, because its sender does not wait longer.
    ///
    /// # Errors
    /// The error of the steps, or `Unavailable` after the timeout.
    pub async fn in_time<T>(
        &self,
        steps: impl Future<Output = Result<T, Rejection>>,
    ) -> Result<T, Rejection> {
        match tokio::time::timeout(self.timeouts.answer, steps).await {
            Ok(result) => result,
            Err(_) => Err(Rejection::Unavailable),
        }
    }
}

impl AsRef<Self> for Context {
    fn as_ref(&self) -> &Self {
        self
    }
}
