mod error;
mod options;
mod settings;
mod stop;
mod texts;

pub use error::ServeError;
pub use options::ServeOptions;
pub(crate) use stop::{stop_signal, stopped};

use crate::console::{open, sessions};
use axum::Router;
use console::{Console, Live};
use forwarding::{Forwarder, HttpsClient};
use local::{
    EmbeddedTable, Guard, NewLeads, RecentDeliveries, Running, Storage, keep_forwarding, listen,
    router, seed_demo_accounts, sources_after,
};
use providers::App;
use settings::Settings;
use shared::{
    delivery::SenderTimeouts,
    function::{Environment, asked_filter, guarded, log_panics},
    model::Sources,
    table::{ENDPOINT_VARIABLE, LeadTable, Shape, StoreError, connect_from_env},
};
use std::{
    io::{self, Write},
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};
use texts::{examples_text, greeting, invitation, place, stored_here, stored_in};
use tokio::{net::TcpListener, sync::watch};
use tracing_subscriber::{layer::SubscriberExt, util::SubscriberInitExt};

pub(crate) const DEFAULT_TABLE_NAME: &str = "leadhook";
/// How long a stop waits for running deliveries.
const DRAIN_FOR: Duration = Duration::from_secs(10);

/// Serves every route until Ctrl-C or a SIGTERM, then finishes the running deliveries.
///
/// # Errors
/// If the port, the folder or the table cannot be used.
pub async fn serve(options: ServeOptions) -> Result<(), ServeError> {
    let environment = Environment::of_process();
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    tracing_subscriber::registry().with(guarded(lines, asked_filter(&environment))).init();
    log_panics();
    let stop = stop_signal("finishing the running deliveries, then stopping\n");

    let settings = Settings::from_env(&environment)?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, options.port));
    let listener = TcpListener::bind(address).await.map_err(|e| ServeError::Port(address, e))?;
    let own = listener.local_addr().map_err(|e| ServeError::Port(address, e))?;
    let api = Api { listener, address: own, origins: options.allowed_origins.clone() };
    let base = format!("http://{own}");
    if let Some(endpoint) = environment.optional(ENDPOINT_VARIABLE) {
        check_endpoint(&endpoint)?;
        let table = find_table(&environment, &endpoint).await?;
        // Other processes store leads there too, so the ids are times of its clock.
        let sources = table.sources(&Sources::system()).await?;
        let key = sources.draw_mark();
        let forwarder = settings.forwarder(&table, None, &sources)?;
        let app = settings.over(table, SenderTimeouts::DEPLOYED, &key, sources)?;
        let place = format!("at {endpoint}");
        let (api, link) = api.open(app, place, forwarder.clone(), stop.clone(), false);
        let stored = stored_in(&environment, &endpoint);
        say(&format!("{}{stored}\n\n{}", greeting(&base), invitation(&link)));
        api.serve(forwarder, None, stop).await;
    } else {
        let embedded = EmbeddedTable::open(&storage(&options)).await?;
        let sources = sources_after(&seeded_table(&embedded).await?).await?;
        let mut embedded = embedded.with_sources(sources.clone());
        let served = embedded.serve(options.table_address).await?;
        let table = LeadTable::new(embedded.client(), DEFAULT_TABLE_NAME);
        let forwarder = settings.forwarder(&table, Some(embedded.forwarding_secret()), &sources)?;
        let app = settings.over(table, SenderTimeouts::LOCAL, embedded.signing_key(), sources)?;
        let stored = stored_here(&options, &served);
        let place = place(&options);
        let (api, link) = api.open(app, place, forwarder.clone(), stop.clone(), true);
        let (greeting, examples) = (greeting(&base), examples_text(&base));
        say(&format!("{greeting}{stored}{examples}\n{}", invitation(&link)));
        tokio::select! {
            () = api.serve(forwarder, Some(embedded.new_leads()), stop) => {}
            () = embedded.sweep_expired() => {}
        }
        embedded.close().await;
    }
    Ok(())
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
        let app = Arc::new(app);
        let running = Running::new(app.context.sources.clone());
        let recent = RecentDeliveries::default();
        let api = router(&app, &running, Some(&recent), address, origins);
        let base = format!("http://{address}");
        let console = Console {
            context: Arc::clone(&app.context),
            place,
            allows_changes: true,
            masks: false,
            live: Some(Live {
                recent,
                api: api.clone(),
                base,
                running: running.clone(),
                has_samples,
            }),
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
    /// Serves and forwards until the stop, and then finishes what is running. Without a forwarder, no
    /// lead is forwarded.
    async fn serve(
        self,
        forwarder: Option<Arc<Forwarder<HttpsClient>>>,
        new_leads: Option<NewLeads>,
        stop: watch::Receiver<bool>,
    ) {
        let Self { listener, router, running } = self;
        let served = async {
            listen(listener, router, stopped(stop.clone())).await;
            running.finish().await;
        };
        let forwarded = async {
            if let Some(forwarder) = forwarder {
                keep_forwarding(forwarder, &running, new_leads, stopped(stop.clone())).await;
            }
        };
        tokio::select! {
            _ = async { tokio::join!(served, forwarded) } => {}
            () = async { stopped(stop.clone()).await; tokio::time::sleep(DRAIN_FOR).await } => {}
        }
    }
}
