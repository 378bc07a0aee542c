use crate::console::{open, sessions};
use axum::Router;
use console::{Console, Live};
use forwarding::{Addresses, Forwarder, HttpsClient, MasterSecret};
use jiff::SignedDuration;
use keyspot::{SIGNING_KEY, SigningSecret};
use local::{
    App, EmbeddedError, EmbeddedTable, Example, Guard, REGION, RecentDeliveries, Running,
    ServedTable, Storage, examples, keep_forwarding, listen, router, seed_demo_accounts,
};
use shared::{
    delivery::Context,
    function::{Environment, StartUpError, asked_filter, guarded, log_panics, read_replay_window},
    model::Sources,
    operator::Shape,
    table::{ENDPOINT_VARIABLE, LeadTable, StoreError, Timeouts, connect_from_env},
};
use std::{
    io::{self, Write},
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};
use tokio::{net::TcpListener, sync::watch};
use tracing_subscriber::{layer::SubscriberExt, util::SubscriberInitExt};

pub(crate) const DEFAULT_TABLE_NAME: &str = "leadhook";
/// How long a stop waits for running deliveries.
const DRAIN_FOR: Duration = Duration::from_secs(10);

/// The options of the server.
#[derive(Clone, Debug, clap::Args)]
pub struct ServeOptions {
    /// The port to listen on, only on 127.0.0.1; 0 selects a free one
    #[arg(long, default_value_t = 3000)]
    pub port: u16,
    /// Store leads in memory: they are lost when the server stops
    #[arg(long, conflicts_with = "data_dir")]
    pub memory: bool,
    /// The folder to store leads in
    #[arg(long, default_value = ".leadhook", value_name = "FOLDER")]
    pub data_dir: PathBuf,
    /// Serve the table at this address, so that containers reach it [default: a free port of
    /// 127.0.0.1]
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = read_table_address)]
    pub table_address: Option<SocketAddr>,
    /// Web pages that may send leads, such as <http://localhost:5173>; may be given more than
    /// once [default: none]
    #[arg(long, value_name = "ORIGIN", value_delimiter = ',', value_parser = read_origin)]
    pub allowed_origins: Vec<String>,
}

/// Reads an address of one network interface: with all of them, the valid `Host` names are unknown.
fn read_table_address(text: &str) -> Result<SocketAddr, String> {
    let example = "write an address and a port, such as 172.17.0.1:8000";
    let address: SocketAddr = text.parse().map_err(|_| example.to_owned())?;
    if address.ip().is_unspecified() {
        return Err(format!("{} is not one address; {example}", address.ip()));
    }
    Ok(address)
}

/// Reads an origin as browsers write it: a scheme, a host and perhaps a port.
fn read_origin(text: &str) -> Result<String, String> {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    match host {
        Some(host) if !host.is_empty() && !host.contains(['/', '*', ' ', '@']) => {
            Ok(text.to_ascii_lowercase())
        }
        _ => Err("an origin is a scheme and a host: http://localhost:5173".to_owned()),
    }
}

/// Why the server could not start, or stopped.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The port cannot be used.
    #[error("cannot listen on {0}: {1}; choose another port with --port")]
    Port(SocketAddr, io::Error),
    /// The address of the table is not an HTTP URL.
    #[error("AWS_ENDPOINT_URL_DYNAMODB must begin with http:// or https://, not {0}")]
    Endpoint(String),
    /// A setting is invalid.
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
    #[error("the table {0} at {1} is not a leadhook table: its keys are {2}, not pk, sk")]
    ForeignTable(String, String, String),
}

/// Serves every route until Ctrl-C or a SIGTERM, then finishes the running deliveries.
///
/// # Errors
/// If the port, the folder or the table cannot be used.
pub async fn serve(options: ServeOptions) -> Result<(), ServeError> {
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    tracing_subscriber::registry().with(guarded(lines, asked_filter())).init();
    log_panics();
    let stop = stop_signal("finishing the running deliveries, then stopping\n");

    let environment = Environment::of_process();
    let settings = Settings::from_env(&environment)?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, options.port));
    let listener = TcpListener::bind(address).await.map_err(|e| ServeError::Port(address, e))?;
    let own = listener.local_addr().map_err(|e| ServeError::Port(address, e))?;
    let api = Api { listener, address: own, origins: options.allowed_origins.clone() };
    let base = format!("http://{own}");
    if let Some(endpoint) = environment.optional(ENDPOINT_VARIABLE) {
        check_endpoint(&endpoint)?;
        let table = find_table(&environment, &endpoint).await?;
        let key = Sources::system().draw_mark();
        let forwarder = settings.forwarder(&table, None)?;
        let app = settings.over(table, Timeouts::DEPLOYED, &key)?;
        let place = format!("at {endpoint}");
        let (api, link) = api.open(app, place, forwarder.clone(), stop.clone(), false);
        let stored = stored_in(&environment, &endpoint);
        say(&format!("{}{stored}\n\n{}", greeting(&base), invitation(&link)));
        let running = api.running.clone();
        tokio::select! {
            () = api.serve(stop) => {}
            () = forward(forwarder, &running) => {}
        }
    } else {
        let mut embedded = EmbeddedTable::open(&storage(&options)).await?;
        let served = embedded.serve(options.table_address).await?;
        let table = seeded_table(&embedded).await?;
        let forwarder = settings.forwarder(&table, Some(embedded.forwarding_secret()))?;
        let app = settings.over(table, Timeouts::LOCAL, embedded.signing_key())?;
        let stored = stored_here(&options, &served);
        let place = place(&options);
        let (api, link) = api.open(app, place, forwarder.clone(), stop.clone(), true);
        let (greeting, examples) = (greeting(&base), examples_text(&base));
        say(&format!("{greeting}{stored}{examples}\n{}", invitation(&link)));
        let running = api.running.clone();
        tokio::select! {
            () = api.serve(stop) => {}
            () = embedded.sweep_expired() => {}
            () = forward(forwarder, &running) => {}
        }
        embedded.close().await;
    }
    Ok(())
}

/// The settings of the environment.
struct Settings {
    replay_window: SignedDuration,
    signing_key: Option<String>,
    forwarding_secret: Option<String>,
}

impl Settings {
    fn from_env(environment: &Environment) -> Result<Self, StartUpError> {
        let replay_window = read_replay_window(environment)?;
        let signing_key = environment.optional(SIGNING_KEY);
        // Refuse a key that is too short before opening anything.
        signing_key.as_deref().map(SigningSecret::fixed).transpose()?;
        let forwarding_secret = environment.optional(forwarding::SIGNING_KEY);
        Ok(Self { replay_window, signing_key, forwarding_secret })
    }

    /// A forwarder for a table. `secret` signs forwarded leads if no secret is set; without either
    /// there is none.
    fn forwarder(
        &self,
        table: &LeadTable,
        secret: Option<&str>,
    ) -> Result<Option<Arc<Forwarder<HttpsClient>>>, StartUpError> {
        let Some(secret) = self.forwarding_secret.as_deref().or(secret) else { return Ok(None) };
        let too_short =
            |_| StartUpError::BadVariable(forwarding::SIGNING_KEY, "at least 32 characters long");
        let master = MasterSecret::new(secret).map_err(too_short)?;
        let post = HttpsClient::new(Addresses::PublicAndLoopback);
        let (table, sources) = (table.clone(), Sources::system());
        Ok(Some(Arc::new(Forwarder { table, sources, post, master })))
    }

    /// An app for a table. `key` signs Keyspot's tokens if no key is set.
    fn over(self, table: LeadTable, timeouts: Timeouts, key: &str) -> Result<App, StartUpError> {
        let Self { replay_window, signing_key, .. } = self;
        let context = Context::new(table, Sources::system(), replay_window, timeouts);
        Ok(App::new(context, SigningSecret::fixed(signing_key.as_deref().unwrap_or(key))?))
    }
}

/// Forwards leads until the server stops. Without a secret, no lead is forwarded.
async fn forward(forwarder: Option<Arc<Forwarder<HttpsClient>>>, running: &Running) {
    match forwarder {
        Some(forwarder) => keep_forwarding(forwarder, running).await,
        None => std::future::pending().await,
    }
}

fn storage(options: &ServeOptions) -> Storage {
    if options.memory { Storage::Memory } else { Storage::Folder(options.data_dir.clone()) }
}

/// Refuses an address that the AWS SDK does not accept.
pub(crate) fn check_endpoint(endpoint: &str) -> Result<(), ServeError> {
    if endpoint.starts_with("http://") || endpoint.starts_with("https://") {
        return Ok(());
    }
    Err(ServeError::Endpoint(endpoint.to_owned()))
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

/// The embedded table, created if it is new, with the demo accounts.
async fn seeded_table(embedded: &EmbeddedTable) -> Result<LeadTable, StoreError> {
    let table = LeadTable::new(embedded.client(), DEFAULT_TABLE_NAME);
    table.create().await?;
    seed_demo_accounts(&table).await?;
    Ok(table)
}

fn greeting(base: &str) -> String {
    format!("leadhook listens on {base}\n")
}

fn stored_in(environment: &Environment, endpoint: &str) -> String {
    let name = environment.optional("TABLE_NAME");
    let name = name.unwrap_or_else(|| DEFAULT_TABLE_NAME.to_owned());
    format!("leads are stored in the table {name} at {endpoint}")
}

/// Where leads are stored, and how to read them with any DynamoDB tool.
fn stored_here(options: &ServeOptions, served: &ServedTable) -> String {
    let ServedTable { endpoint, access_key, .. } = served;
    let place = place(options);
    format!(
        "leads are stored in {place}, in the table {DEFAULT_TABLE_NAME} at {endpoint}\n\n\
         look inside with any DynamoDB tool:\n  \
         AWS_ACCESS_KEY_ID={} AWS_SECRET_ACCESS_KEY=local AWS_REGION={REGION} \
         aws dynamodb scan --table-name {DEFAULT_TABLE_NAME} --endpoint-url {endpoint}\n",
        access_key.as_str()
    )
}

/// The folder with the table, or `memory`.
fn place(options: &ServeOptions) -> String {
    match storage(options) {
        Storage::Memory => "memory".to_owned(),
        Storage::Folder(folder) => folder.display().to_string(),
    }
}

fn invitation(link: &str) -> String {
    format!("see what comes in, in a browser:\n  {link}\n")
}

fn examples_text(base: &str) -> String {
    let example = |Example { function, curl_line }| format!("\ntry {function}:\n  {curl_line}\n");
    examples(base).into_iter().map(example).collect()
}

/// Prints to standard output. It is not an error if the output is closed.
pub(crate) fn say(text: &str) {
    let _ = io::stdout().write_all(text.as_bytes());
}

/// Where the API will be served.
struct Api {
    listener: TcpListener,
    address: SocketAddr,
    origins: Vec<String>,
}

/// The server of the API and of the console.
struct OpenApi {
    listener: TcpListener,
    router: Router,
    running: Running,
}

impl Api {
    /// The routes of the API and of a console over its table, and the address of the console.
    fn open(
        self,
        app: App,
        place: String,
        forwarder: Option<Arc<Forwarder<HttpsClient>>>,
        stop: watch::Receiver<bool>,
        has_samples: bool,
    ) -> (OpenApi, String) {
        let Self { listener, address, origins } = self;
        let (running, recent) = (Running::default(), RecentDeliveries::default());
        let app = Arc::new(app);
        let api = router(&app, &running, Some(&recent), address, origins);
        let base = format!("http://{address}");
        let console = Console {
            context: Arc::clone(&app.context),
            place,
            allows_changes: true,
            masks: false,
            live: Some(Live { recent, api: api.clone(), base, has_samples }),
            forwarder,
            sessions: sessions(address),
            guard: Guard::new(address, Vec::new()),
            stop,
        };
        let (console, link) = open(console, address);
        // What is not a page of the console is the API's, which refuses requests of web pages.
        (OpenApi { listener, router: console.fallback_service(api), running }, link)
    }
}

impl OpenApi {
    async fn serve(self, stop: watch::Receiver<bool>) {
        let finished = async {
            listen(self.listener, self.router, stopped(stop.clone())).await;
            self.running.finish().await;
        };
        tokio::select! {
            () = finished => {}
            () = async { stopped(stop.clone()).await; tokio::time::sleep(DRAIN_FOR).await } => {}
        }
    }
}

/// A value that turns true at the first Ctrl-C or SIGTERM.
pub(crate) fn stop_signal(notice: &'static str) -> watch::Receiver<bool> {
    let (sender, receiver) = watch::channel(false);
    tokio::spawn(async move {
        asked_to_stop().await;
        say(notice);
        let _ = sender.send(true);
    });
    receiver
}

pub(crate) async fn stopped(mut stop: watch::Receiver<bool>) {
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
