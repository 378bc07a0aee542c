//! `sam local start-api` with a delivery to every route.

use crate::SamLocal;
use local::seed_demo_accounts;
use providers::ROUTES;
use reqwest::Client;
use shared::table::{LeadTable, connect_from_env};
use std::{
    fs,
    net::TcpListener,
    process::{Child, Command},
    time::{Duration, Instant},
};
use tempfile::NamedTempFile;
use tests::{sample_events, send_over_http};

/// How long it may take to start.
const STARTS_WITHIN: Duration = Duration::from_mins(1);

/// A running `sam local start-api`.
struct Api {
    process: Child,
    base: String,
    log: NamedTempFile,
}

impl Api {
    async fn start(sam: &SamLocal, table_name: &str) -> Self {
        let (port, log) = (free_port(), NamedTempFile::new().unwrap());
        let mut command = sam.command("start-api", table_name);
        command.args(["--port", &port.to_string()]);
        command.stdout(log.reopen().unwrap()).stderr(log.reopen().unwrap());
        let process = command.spawn().unwrap();
        let api = Self { process, base: format!("http://127.0.0.1:{port}"), log };
        let begun = Instant::now();
        while Client::new().get(&api.base).send().await.is_err() {
            assert!(begun.elapsed() < STARTS_WITHIN, "{}", api.log());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        api
    }

    fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap()).into_owned()
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        // It takes its containers away where it is asked to stop.
        let _ = Command::new("kill").arg(self.process.id().to_string()).status();
        let _ = self.process.wait();
    }
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[tokio::test(flavor = "multi_thread")]
async fn sam_local_start_api_serves_every_route() {
    let Some(sam) = SamLocal::over_the_table() else { return };
    // A table of its own, where nobody is known.
    let client = connect_from_env().await;
    let table = LeadTable::new(client.clone(), "start-api");
    table.create().await.unwrap();
    seed_demo_accounts(&table).await.unwrap();
    let api = Api::start(&sam, table.name()).await;
    let goes_well = ["created", "created_by_alias", "found", "found_by_alias", "issued", "sources"];
    let mut events = sample_events();
    events.retain(|event| goes_well.contains(&&*event.name));
    assert_eq!(events.len(), ROUTES.len());
    for event in events {
        event.given().arrange(&table, &client).await;
        let (begun, answer) =
            (Instant::now(), send_over_http(&event, &Client::new(), &api.base).await);
        let name = format!("{}/{}", event.function, event.name);
        assert_eq!(event.differs(&answer), None, "{name}: {}", api.log());
        println!("{name}: good in {:.1?}", begun.elapsed());
    }
}
