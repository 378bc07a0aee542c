use crate::{
    EmbeddedError, EmbeddedTable, Example, Storage, examples, listen, router, seed_demo_accounts,
};
use jiff::SignedDuration;
use keyspot::{Keyspot, SigningSecret};
use shared::{
    Context, Environment, LeadTable, Shape, Sources, StartUpError, StoreError,
    dynamodb::{ENDPOINT_VARIABLE, Patience, connect_from_env},
    read_replay_window,
    telemetry::{asked_filter, guarded, log_panics},
};
use std::{
    io::{self, Write},
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};
use tokio::{net::TcpListener, sync::watch};
use tokio_util::task::TaskTracker;
use tracing_subscriber::{layer::SubscriberExt, util::SubscriberInitExt};

const DEFAULT_TABLE_NAME: &str = "leadhook";
/// How long a stop waits for what was taken.
const DRAIN_FOR: Duration = Duration::from_secs(10);

/// How to serve.
#[derive(Clone, Debug, clap::Args)]
pub struct ServeOptions {
    /// The port to listen on, on 127.0.0.1 alone; 0 takes any free one
    #[arg(long, default_value_t = 3000)]
    pub port: u16,
    /// Keep leads in memory: they are gone when the server stops
    #[arg(long, conflicts_with = "data_dir")]
    pub memory: bool,
    /// The folder to keep leads in
    #[arg(long, default_value = ".leadhook", value_name = "FOLDER")]
    pub data_dir: PathBuf,
}

/// Why the server could not start, or stopped.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The port cannot be had.
    #[error("cannot listen on {0}: {1}; choose another port with --port")]
    Port(SocketAddr, io::Error),
    /// A setting makes no sense.
    #[error(transparent)]
    Setting(#[from] StartUpError),
    /// The embedded table cannot be opened.
    #[error(transparent)]
    Embedded(#[from] EmbeddedError),
    /// The table cannot be reached.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// There is no such table.
    #[error(
        "there is no table {0} at {1}; create it with:\n  \
         aws dynamodb create-table --endpoint-url {1} --table-name {0} \
         --billing-mode PAY_PER_REQUEST \
         --attribute-definitions AttributeName=pk,AttributeType=S AttributeName=sk,AttributeType=S \
         --key-schema AttributeName=pk,KeyType=HASH AttributeName=sk,KeyType=RANGE"
    )]
    NoTable(String, String),
    /// The table is being created, deleted or restored.
    #[error("the table {0} at {1} is not ready; try again")]
    NotReady(String, String),
    /// There is a table of another shape.
    #[error("the table {0} at {1} is none of leadhook's: its keys are {2}, not pk, sk")]
    ForeignTable(String, String, String),
}

/// Serves every route until Ctrl-C or a SIGTERM, then finishes what it has taken.
///
/// # Errors
/// A port, folder or table that cannot be had.
pub async fn serve(options: ServeOptions) -> Result<(), ServeError> {
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    tracing_subscriber::registry().with(guarded(lines, asked_filter())).init();
    log_panics();
    let stop = stop_signal();

    let environment = Environment::of_process();
    let settings = Settings::from_env(&environment)?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, options.port));
    let listener = TcpListener::bind(address).await.map_err(|e| ServeError::Port(address, e))?;
    let own = listener.local_addr().map_err(|e| ServeError::Port(address, e))?;
    let base = format!("http://{own}");
    match environment.optional(ENDPOINT_VARIABLE) {
        Some(endpoint) => {
            let table = find_table(&environment, &endpoint).await?;
            say(&greeting(&base, &table, &endpoint));
            serve_table(listener, settings.over(table, Patience::DEPLOYED), stop).await;
        }
        None => {
            let embedded = EmbeddedTable::open(&storage(options)).await?;
            let table = seeded_table(&embedded).await?;
            say(&(greeting(&base, &table, embedded.endpoint()) + &examples_text(&base)));
            tokio::select! {
                () = serve_table(listener, settings.over(table, Patience::LOCAL), stop) => {}
                () = embedded.sweep_expired() => {}
            }
            embedded.close().await;
        }
    }
    Ok(())
}

/// What the environment sets.
struct Settings {
    sources: Sources,
    replay_window: SignedDuration,
    signing_secret: SigningSecret,
}

impl Settings {
    fn from_env(environment: &Environment) -> Result<Self, StartUpError> {
        let sources = Sources::system();
        let replay_window = read_replay_window(environment)?;
        // Where none is set, one for as long as this server runs.
        let signing_secret = SigningSecret::from_env_or(environment, || sources.draw_mark())?;
        Ok(Self { sources, replay_window, signing_secret })
    }

    fn over(self, table: LeadTable, patience: Patience) -> Keyspot {
        let Self { sources, replay_window, signing_secret } = self;
        let context = Context::new(table, sources, replay_window, patience);
        Keyspot { context, signing_secret }
    }
}

fn storage(options: ServeOptions) -> Storage {
    if options.memory { Storage::Memory } else { Storage::Folder(options.data_dir) }
}

async fn find_table(environment: &Environment, endpoint: &str) -> Result<LeadTable, ServeError> {
    let name = environment.optional("TABLE_NAME");
    let name = name.unwrap_or_else(|| DEFAULT_TABLE_NAME.to_owned());
    let table = LeadTable::new(connect_from_env().await, name);
    let (name, endpoint) = (table.name().to_owned(), endpoint.to_owned());
    match table.shape().await? {
        Shape::Fitting => Ok(table),
        Shape::Missing => Err(ServeError::NoTable(name, endpoint)),
        Shape::NotReady => Err(ServeError::NotReady(name, endpoint)),
        Shape::Foreign(keys) => Err(ServeError::ForeignTable(name, endpoint, keys)),
    }
}

/// The embedded table, created where it is new, with the demo accounts that are made
/// nowhere else.
pub(crate) async fn seeded_table(embedded: &EmbeddedTable) -> Result<LeadTable, StoreError> {
    let table = LeadTable::new(embedded.client(), DEFAULT_TABLE_NAME);
    table.create().await?;
    seed_demo_accounts(&table).await?;
    Ok(table)
}

fn greeting(base: &str, table: &LeadTable, endpoint: &str) -> String {
    let name = table.name();
    format!("leadhook listens on {base}\nleads are kept in the table {name} at {endpoint}\n")
}

fn examples_text(base: &str) -> String {
    let example = |Example { function, curl_line }| format!("\ntry {function}:\n  {curl_line}\n");
    examples(base).into_iter().map(example).collect()
}

/// Prints to standard output. Nobody may be reading any more, which is no fault.
fn say(text: &str) {
    let _ = io::stdout().write_all(text.as_bytes());
}

async fn serve_table(listener: TcpListener, app: Keyspot, stop: watch::Receiver<bool>) {
    let taken = TaskTracker::new();
    let router = router(&Arc::new(app), &taken);
    let finished = async {
        listen(listener, router, stopped(stop.clone())).await;
        taken.close();
        taken.wait().await;
    };
    tokio::select! {
        () = finished => {}
        () = async { stopped(stop.clone()).await; tokio::time::sleep(DRAIN_FOR).await } => {}
    }
}

/// A value that turns true at the first Ctrl-C or SIGTERM.
fn stop_signal() -> watch::Receiver<bool> {
    let (sender, receiver) = watch::channel(false);
    tokio::spawn(async move {
        asked_to_stop().await;
        say("finishing what was taken, then stopping\n");
        let _ = sender.send(true);
    });
    receiver
}

async fn stopped(mut stop: watch::Receiver<bool>) {
    let _ = stop.wait_for(|stopped| *stopped).await;
}

async fn asked_to_stop() {
    #[cfg(unix)]
    if let Ok(mut terminate) =
        tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
    {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
        return;
    }
    let _ = tokio::signal::ctrl_c().await;
}
