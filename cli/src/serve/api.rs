use super::{error::ServeError, stop::stopped};
use crate::console::{open, sessions};
use axum::Router;
use console::{Console, Live};
use forwarding::{Forwarder, HttpsClient};
use local::{Guard, OtherWriters, RecentDeliveries, Running, keep_forwarding, listen, router};
use providers::App;
use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};
use tokio::{net::TcpListener, sync::watch};

/// How long a stop waits for running deliveries.
const DRAIN_FOR: Duration = Duration::from_secs(10);

/// Where the API will be served, until the stop.
pub(super) struct Api {
    listener: TcpListener,
    address: SocketAddr,
    origins: Vec<String>,
    stop: watch::Receiver<bool>,
}

/// The server of the API and of the console.
pub(super) struct OpenApi {
    listener: TcpListener,
    router: Router,
    running: Running,
    /// Without it, no lead is forwarded.
    forwarder: Option<Arc<Forwarder<HttpsClient>>>,
    stop: watch::Receiver<bool>,
}

impl Api {
    pub(super) async fn bind(
        port: u16,
        origins: Vec<String>,
        stop: watch::Receiver<bool>,
    ) -> Result<Self, ServeError> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let cannot = |error| ServeError::Port(address, error);
        let listener = TcpListener::bind(address).await.map_err(cannot)?;
        let address = listener.local_addr().map_err(cannot)?;
        Ok(Self { listener, address, origins, stop })
    }

    /// The server's address: `http://127.0.0.1:3000`.
    pub(super) fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The routes of the API and of a console over its table, and the address of the console.
    pub(super) fn open(
        self,
        app: App,
        place: String,
        forwarder: Option<Arc<Forwarder<HttpsClient>>>,
        has_samples: bool,
    ) -> (OpenApi, String) {
        let base = self.base();
        let Self { listener, address, origins, stop } = self;
        let app = Arc::new(app);
        let running = Running::new(app.context.system.clone());
        let recent = RecentDeliveries::default();
        let api = router(&app, &running, Some(&recent), address, origins);
        let live = Live { recent, api: api.clone(), base, running: running.clone(), has_samples };
        let console = Console {
            context: Arc::clone(&app.context),
            place,
            allows_changes: true,
            masks: false,
            live: Some(live),
            forwarder: forwarder.clone(),
            sessions: sessions(address),
            guard: Guard::new(address, Vec::new()),
            stop: stop.clone(),
        };
        let (console, link) = open(console, address);
        // What is not a page of the console is the API's, which refuses requests of web pages.
        let router = console.fallback_service(api);
        (OpenApi { listener, router, running, forwarder, stop }, link)
    }
}

impl OpenApi {
    /// Serves and forwards until the stop, and then finishes what is running.
    pub(super) async fn serve(self, others: OtherWriters) {
        let Self { listener, router, running, forwarder, stop } = self;
        let served = async {
            listen(listener, router, stopped(stop.clone())).await;
            running.finish().await;
        };
        let forwarded = async {
            if let Some(forwarder) = forwarder {
                keep_forwarding(forwarder, &running, &others, stopped(stop.clone())).await;
            }
        };
        tokio::select! {
            _ = async { tokio::join!(served, forwarded) } => {}
            () = async { stopped(stop.clone()).await; tokio::time::sleep(DRAIN_FOR).await } => {}
        }
    }
}
