use super::environment::{Environment, StartUpError};
use crate::{
    aws::{SdkConfig, load_function_config},
    delivery::{Context, DEFAULT_REPLAY_WINDOW, Report, SenderTimeouts},
    model::ClockAndRandom,
    table::{LeadTable, Timeouts, connect_as},
};
use jiff::SignedDuration;
use std::time::Duration;
use tokio::time::timeout;

/// How long a start waits for its connection to the table. A sender whose delivery starts a
/// function still gets an answer within three seconds.
const CONNECT_WITHIN: Duration = Duration::from_millis(400);

impl Context {
    /// The context of a deployed function, from `TABLE_NAME`, `REPLAY_WINDOW_SECONDS` and the
    /// variables of the AWS SDK.
    ///
    /// # Errors
    /// If a variable is missing or invalid.
    pub async fn from_env(environment: &Environment) -> Result<Self, StartUpError> {
        Self::connect(environment, &load_function_config().await).await
    }

    /// The same with the configuration of AWS, for a function that uses it for other services too.
    ///
    /// # Errors
    /// If a variable is missing or invalid.
    pub async fn connect(environment: &Environment, aws: &SdkConfig) -> Result<Self, StartUpError> {
        let table_name = environment.required("TABLE_NAME")?;
        let replay_window = read_replay_window(environment)?;
        let table = LeadTable::new(connect_as(aws, Timeouts::DEPLOYED), table_name);
        open_connection(&table).await;
        let context =
            Self::new(table, ClockAndRandom::system(), replay_window, SenderTimeouts::DEPLOYED);
        Ok(Self { report: Report::Metrics, ..context })
    }
}

/// Connects before the first delivery: a function has more of a processor while it starts, and a
/// handshake takes much of it. If this fails, the first delivery connects.
async fn open_connection(table: &LeadTable) {
    match timeout(CONNECT_WITHIN, table.open_connection()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "the table did not answer at the start"),
        Err(_) => tracing::warn!(error = "timeout", "the table did not answer at the start"),
    }
}

/// `REPLAY_WINDOW_SECONDS`, or the default; 0 turns the window off.
///
/// # Errors
/// If the value is not a number of seconds.
pub fn read_replay_window(environment: &Environment) -> Result<SignedDuration, StartUpError> {
    const NAME: &str = "REPLAY_WINDOW_SECONDS";
    let Some(value) = environment.optional(NAME) else { return Ok(DEFAULT_REPLAY_WINDOW) };
    let seconds: u32 = value.parse().map_err(|_| {
        StartUpError::BadVariable(NAME, "a number of seconds, 0 for no replay window")
    })?;
    Ok(SignedDuration::from_secs(seconds.into()))
}
