use crate::{ApiKeys, LeadTable, Rejection, Sources, dynamodb};
use std::time::Duration;

/// What a handler is given besides the request. One is made at start-up and kept.
pub struct Context {
    /// Where leads are stored.
    pub table: LeadTable,
    /// The keys that senders authenticate with.
    pub api_keys: ApiKeys,
    /// Time and chance.
    pub sources: Sources,
    answer_within: Duration,
}

/// Why a function could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartUpError {
    /// A required environment variable is missing or empty.
    #[error("the environment variable {0} is not set")]
    MissingVariable(&'static str),
}

impl Context {
    /// A context over `table`. A delivery that has no answer after `answer_within` is
    /// answered as unavailable.
    pub fn new(table: LeadTable, sources: Sources, answer_within: Duration) -> Self {
        let api_keys = ApiKeys::new(table.clone());
        Self { table, api_keys, sources, answer_within }
    }

    /// The context of a deployed function, from its environment: `TABLE_NAME`, and what
    /// the AWS SDK reads itself.
    ///
    /// # Errors
    /// A variable that is missing.
    pub async fn from_env() -> Result<Self, StartUpError> {
        let table_name = std::env::var("TABLE_NAME").unwrap_or_default();
        if table_name.is_empty() {
            return Err(StartUpError::MissingVariable("TABLE_NAME"));
        }
        let client = dynamodb::connect_from_env().await;
        let table = LeadTable::new(client, table_name);
        Ok(Self::new(table, Sources::system(), dynamodb::Patience::DEPLOYED.answer))
    }

    /// Runs the steps of a handler, within the time its sender waits.
    ///
    /// # Errors
    /// What the steps give, or `Unavailable` when the time is over.
    pub async fn in_time<T>(
        &self,
        steps: impl Future<Output = Result<T, Rejection>>,
    ) -> Result<T, Rejection> {
        match tokio::time::timeout(self.answer_within, steps).await {
            Ok(result) => result,
            Err(_) => Err(Rejection::Unavailable),
        }
    }
}
