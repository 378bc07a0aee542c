use crate::{
    ApiKey, ApiKeys, Blocks, Directory, Environment, LeadTable, Provider, Rejection, Sources,
    StartUpError, TokenHash,
    dynamodb::{self, Patience},
    telemetry::Report,
};
use jiff::SignedDuration;

/// How long the same body is the same delivery, where nothing else is set.
pub const DEFAULT_REPLAY_WINDOW: SignedDuration = SignedDuration::from_secs(300);

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
    pub(crate) patience: Patience,
}

impl Context {
    /// A context over `table`. A delivery that has no answer when `patience` is over is
    /// answered as unavailable.
    pub fn new(
        table: LeadTable,
        sources: Sources,
        replay_window: SignedDuration,
        patience: Patience,
    ) -> Self {
        let api_keys = ApiKeys::new(table.clone(), patience.hold);
        let blocks = Blocks::new(table.clone());
        let directory = Directory::new(table.clone());
        let report = Report::Lines;
        Self { table, api_keys, blocks, directory, sources, replay_window, report, patience }
    }

    /// The context of a deployed function, from its environment: `TABLE_NAME`,
    /// `REPLAY_WINDOW_SECONDS`, and what the AWS SDK reads itself.
    ///
    /// # Errors
    /// A variable that is missing or makes no sense.
    pub async fn from_env(environment: &Environment) -> Result<Self, StartUpError> {
        let table_name = environment.required("TABLE_NAME")?;
        let replay_window = read_replay_window(environment)?;
        let table = LeadTable::new(dynamodb::connect_from_env().await, table_name);
        let context = Self::new(table, Sources::system(), replay_window, Patience::DEPLOYED);
        Ok(Self { report: Report::Metrics, ..context })
    }

    /// What `check` makes of the key that a token stands for at `provider`.
    ///
    /// # Errors
    /// Those of [`ApiKeys::authenticate`].
    pub async fn authenticate<T, R: From<Rejection>>(
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
        match tokio::time::timeout(self.patience.answer, steps).await {
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

/// `REPLAY_WINDOW_SECONDS`, or the default; 0 turns the window off.
///
/// # Errors
/// A value that is not a number of seconds.
pub fn read_replay_window(environment: &Environment) -> Result<SignedDuration, StartUpError> {
    const NAME: &str = "REPLAY_WINDOW_SECONDS";
    let Some(value) = environment.optional(NAME) else { return Ok(DEFAULT_REPLAY_WINDOW) };
    let seconds: u32 = value.parse().map_err(|_| {
        StartUpError::BadVariable(NAME, "a number of seconds, 0 for no replay window")
    })?;
    Ok(SignedDuration::from_secs(seconds.into()))
}
