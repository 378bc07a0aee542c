mod api;
pub(crate) mod error;
pub(crate) mod options;
pub(crate) mod settings;
pub(crate) mod stop;
mod texts;

pub use error::ServeError;
pub use options::ServeOptions;

use crate::terminal::say;
use api::Api;
use local::{EmbeddedTable, OtherWriters, seed_demo_accounts, system_after};
use settings::{DEFAULT_TABLE_NAME, Settings, check_endpoint, table_name};
use shared::{
    delivery::SenderTimeouts,
    function::{Environment, asked_filter, guarded, log_panics},
    model::ClockAndRandom,
    table::{ENDPOINT_VARIABLE, LeadTable, Shape, StoreError, connect_from_env},
};
use std::io;
use stop::stop_signal;
use texts::{examples_text, greeting, invitation, stored_at, stored_here};
use tracing_subscriber::{layer::SubscriberExt, util::SubscriberInitExt};

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
    let api = Api::bind(options.port, options.allowed_origins.clone(), stop).await?;
    match environment.optional(ENDPOINT_VARIABLE) {
        Some(endpoint) => serve_table(api, settings, &table_name(&environment), &endpoint).await,
        None => serve_embedded(api, settings, &options).await,
    }
}

/// Serves a table of another DynamoDB.
async fn serve_table(
    api: Api,
    settings: Settings,
    name: &str,
    endpoint: &str,
) -> Result<(), ServeError> {
    check_endpoint(endpoint)?;
    let table = find_table(name, endpoint).await?;
    // Other processes store leads there too, so the ids are times of its clock.
    let system = table.system(&ClockAndRandom::system()).await?;
    let key = system.random_mark();
    let forwarder = settings.forwarder(&table, None, &system)?;
    let app = settings.over(table, SenderTimeouts::DEPLOYED, &key, system)?;
    let greeting = greeting(&api.base());
    let (api, link) = api.open(app, format!("at {endpoint}"), forwarder, false);
    let stored = stored_at(name, endpoint);
    say(&format!("{greeting}{stored}\n\n{}", invitation(&link)));
    api.serve(OtherWriters::expected()).await;
    Ok(())
}

/// Serves the embedded table, with the demo accounts.
async fn serve_embedded(
    api: Api,
    settings: Settings,
    options: &ServeOptions,
) -> Result<(), ServeError> {
    let embedded = EmbeddedTable::open(&options.storage()).await?;
    let system = system_after(&seeded_table(&embedded).await?).await?;
    let mut embedded = embedded.with_system(system.clone());
    let served = embedded.serve(options.table_address).await?;
    let table = LeadTable::new(embedded.client(), DEFAULT_TABLE_NAME);
    let forwarder = settings.forwarder(&table, Some(embedded.forwarding_secret()), &system)?;
    let app = settings.over(table, SenderTimeouts::LOCAL, embedded.signing_key(), system)?;
    let (greeting, examples) = (greeting(&api.base()), examples_text(&api.base()));
    let place = options.place();
    let stored = stored_here(&place, &served);
    let (api, link) = api.open(app, place, forwarder, true);
    say(&format!("{greeting}{stored}{examples}\n{}", invitation(&link)));
    tokio::select! {
        () = api.serve(embedded.other_writers()) => {}
        () = embedded.sweep_expired() => {}
    }
    embedded.close().await;
    Ok(())
}

async fn find_table(name: &str, endpoint: &str) -> Result<LeadTable, ServeError> {
    let table = LeadTable::new(connect_from_env().await, name);
    let (name, endpoint) = (name.to_owned(), endpoint.to_owned());
    match table.shape().await? {
        Shape::Fitting => Ok(table),
        Shape::Missing => Err(ServeError::NoTable(name, endpoint)),
        Shape::NotReady => Err(ServeError::NotReady(name, endpoint)),
        Shape::Other(keys) => Err(ServeError::ForeignTable(name, endpoint, keys)),
    }
}

/// The embedded table, created if it is new, with the demo accounts.
async fn seeded_table(embedded: &EmbeddedTable) -> Result<LeadTable, StoreError> {
    let table = LeadTable::new(embedded.client(), DEFAULT_TABLE_NAME);
    table.create().await?;
    seed_demo_accounts(&table).await?;
    Ok(table)
}
