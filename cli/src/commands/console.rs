use super::{
    failure::Failure,
    open_table::OpenTable,
    signing_secret::SecretOptions,
    table_options::{Access, TableOptions},
};
use crate::{
    console::{open, sessions},
    serve::stop::{stop_signal, stopped},
    terminal::say,
};
use clap::Args;
use console::Console;
use forwarding::{Forwarder, HttpsClient};
use local::{Guard, listen};
use shared::delivery::{Context, DEFAULT_REPLAY_WINDOW, SenderTimeouts};
use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};
use tokio::net::TcpListener;

/// How long a stop waits for running requests.
const DRAIN_FOR: Duration = Duration::from_secs(5);

/// Opens the console over a table: leads, held deliveries, keys, directory and destinations in a
/// browser on this machine.
#[derive(Args)]
#[command(after_help = "\
Examples:
  leadhook console --table leadhook --region eu-west-1
  leadhook console --table leadhook --region eu-west-1 --allow-changes")]
pub(super) struct OpenConsole {
    #[command(flatten)]
    table: TableOptions,
    /// Let the page change the table: correct, redeliver, erase, make keys
    #[arg(long)]
    allow_changes: bool,
    #[command(flatten)]
    secret: SecretOptions,
    /// The port to listen on, only on 127.0.0.1 [default: a free one]
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    port: u16,
}

impl OpenConsole {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let access = if self.allow_changes { Access::Write } else { Access::Read };
        let opened = self.table.open(access).await?;
        let done = self.serve(&opened).await;
        opened.close(done).await
    }

    async fn serve(&self, opened: &OpenTable) -> Result<(), Failure> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        let cannot = |error| Failure::Failed(format!("cannot listen on {address}: {error}"));
        let listener = TcpListener::bind(address).await.map_err(cannot)?;
        let address = listener.local_addr().map_err(cannot)?;
        // What the page stores has times and ids of the table's clock.
        let (table, system) = (opened.table.clone(), opened.table_system().await?);
        let context = Context::new(table, system, DEFAULT_REPLAY_WINDOW, SenderTimeouts::LOCAL);
        let stop = stop_signal("stopping\n");
        let console = Console {
            context: Arc::new(context),
            place: opened.place.clone(),
            allows_changes: self.allow_changes,
            masks: true,
            live: None,
            forwarder: self.forwarder(opened).await,
            sessions: sessions(address),
            guard: Guard::new(address, Vec::new()),
            stop: stop.clone(),
        };
        let (router, link) = open(console, address);
        say(&format!("open the console: {link}\n"));
        tokio::select! {
            () = listen(listener, router, stopped(stop.clone())) => {}
            () = async { stopped(stop.clone()).await; tokio::time::sleep(DRAIN_FOR).await } => {}
        }
        Ok(())
    }

    /// What posts test messages. Without the secret that signs them, the page has no such button.
    async fn forwarder(&self, opened: &OpenTable) -> Option<Arc<Forwarder<HttpsClient>>> {
        if !self.allow_changes {
            return None;
        }
        let forwarder = self.secret.forwarder(opened).await;
        let forwarder = forwarder
            .inspect_err(|error| say(&format!("the page cannot send test messages: {error}\n")));
        forwarder.ok().map(Arc::new)
    }
}
