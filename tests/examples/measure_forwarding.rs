//! Measures forwarding: `cargo run --release --package tests --example measure_forwarding`.
//!
//! First: how fast waiting leads reach a destination that answers in 5 ms, and what that asks of
//! the table. Then: whether a destination that is dead, and one that never answers, delay another.
#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on should stop")]

use axum::{Router, extract::State, routing::post};
use forwarding::{Addresses, Forwarder, HttpsClient, MasterSecret, PASS_FOR, SETTLED_AFTER, Wake};
use jiff::{SignedDuration, Timestamp};
use local::{
    EmbeddedTable, OtherWriters, Running, ServedTable, Storage, connect_to, keep_forwarding,
};
use shared::{
    model::{
        Account, AccountId, Claims, Destination, DestinationId, Lead, LeadId, NewLead, Provider,
        Sources,
    },
    table::{LeadTable, Timeouts},
};
use std::{
    collections::BTreeMap,
    env, fs,
    future::pending,
    net::Ipv4Addr,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tests::Wire;
use tokio::net::TcpListener;

/// How long the destination takes to answer.
const ANSWERS_IN: Duration = Duration::from_millis(5);
/// How often a lead arrives in the second measurement.
const LEAD_EVERY: Duration = Duration::from_millis(100);

#[tokio::main]
async fn main() {
    let mut numbers = env::args().skip(1).map(|text| text.parse().unwrap());
    let (leads, seconds) =
        (numbers.next().unwrap_or(10_000), numbers.next().unwrap_or(60) as usize);
    measure_rate(leads).await;
    let alone = measure_delay(false, seconds).await;
    let beside = measure_delay(true, seconds).await;
    println!("median delay beside bad destinations / alone: {:.2}", beside / alone);
}

/// A table, and what forwards its leads.
struct Bench {
    _embedded: EmbeddedTable,
    wire: Wire,
    direct: LeadTable,
    forwarder: Arc<Forwarder<HttpsClient>>,
}

impl Bench {
    async fn start() -> Self {
        let mut embedded = EmbeddedTable::open(&Storage::Memory).await.unwrap();
        let ServedTable { endpoint, access_key, .. } = embedded.serve(None).await.unwrap();
        let wire = Wire::to(&endpoint).await;
        let direct = LeadTable::new(embedded.client(), "leadhook");
        direct.create().await.unwrap();
        let through = connect_to(&wire.endpoint, access_key.as_str(), Timeouts::LOCAL);
        let forwarder = Forwarder {
            table: LeadTable::new(through, "leadhook"),
            sources: Sources::system(),
            post: HttpsClient::new(Addresses::PublicAndLoopback),
            master: MasterSecret::new(embedded.forwarding_secret()).unwrap(),
        };
        Self { _embedded: embedded, wire, direct, forwarder: Arc::new(forwarder) }
    }

    async fn add_destination(&self, url: String) {
        let id = DestinationId::draw(&self.forwarder.sources);
        let destination = Destination::new(&account(), id, url, LeadId::FIRST, Timestamp::now());
        self.direct.add_destination(&destination).await.unwrap();
    }

    /// Stores a lead that arrived at `at`.
    async fn create_lead(&self, at: Timestamp) {
        let sources = &self.forwarder.sources;
        let lead = Lead {
            id: sources.draw_lead_id(at),
            created_at: at,
            name: Some("Maria Silva".to_owned()),
            email: Some("maria@exemplo.com".to_owned()),
            phone: Some("5511999990000".to_owned()),
            source: Some("web".to_owned()),
            status: None,
            extra: None,
            details: BTreeMap::<String, String>::new(),
        };
        let claims = Claims::new(b"", None, None, at).unwrap();
        let new = NewLead { account: account(), claims, lead };
        self.direct.create_lead(new, sources).await.unwrap();
    }
}

fn account() -> Account {
    Account { provider: Provider::Integrabot, id: AccountId::from_static("acme") }
}

async fn measure_rate(leads: u32) {
    let bench = Bench::start().await;
    let (url, received) = start_receiver().await;
    bench.add_destination(url).await;
    let long_ago = Timestamp::now() - SignedDuration::from_hours(1);
    for n in 0..leads {
        bench.create_lead(long_ago + SignedDuration::from_millis(n.into())).await;
    }
    let (memory, start) = (peak_memory(), Instant::now());
    let mut passes = 0;
    loop {
        let now = Timestamp::now();
        let forwarder = &bench.forwarder;
        let pass = forwarder.forward_due(Wake::Schedule, now - SETTLED_AFTER, now + PASS_FOR);
        if pass.await.unwrap().is_empty() {
            break;
        }
        passes += 1;
    }
    let seconds = start.elapsed().as_secs_f64();
    assert_eq!(received.lock().unwrap().len(), leads as usize, "each lead is received once");
    println!(
        "{leads} leads in {seconds:.1} s, {passes} passes: {:.0}/s",
        f64::from(leads) / seconds
    );
    println!("peak memory: {memory} KiB with all leads stored, {} KiB at the end", peak_memory());
    let mut operations = BTreeMap::<String, usize>::new();
    for operation in bench.wire.take_operations() {
        *operations.entry(operation).or_default() += 1;
    }
    let total: usize = operations.values().sum();
    println!("requests: {operations:?}, {:.3} a lead", total as f64 / f64::from(leads));
}

/// The median delay from a lead's arrival to its receipt, in seconds.
async fn measure_delay(is_beside_bad_ones: bool, seconds: usize) -> f64 {
    let bench = Bench::start().await;
    let (url, received) = start_receiver().await;
    bench.add_destination(url).await;
    // It accepts connections, because the system does so, and never answers.
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    if is_beside_bad_ones {
        let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        bench.add_destination(format!("http://{}/", closed.local_addr().unwrap())).await;
        bench.add_destination(format!("http://{}/", silent.local_addr().unwrap())).await;
    }
    let (forwarder, running) =
        (Arc::clone(&bench.forwarder), Running::new(bench.forwarder.sources.clone()));
    let create = async {
        let mut every = tokio::time::interval(LEAD_EVERY);
        for _ in 0..seconds * 10 {
            every.tick().await;
            let _arrival = running.begin();
            bench.create_lead(Timestamp::now()).await;
        }
        tokio::time::sleep(Duration::from_secs(4)).await;
    };
    let others = OtherWriters::default();
    tokio::select! {
        () = keep_forwarding(forwarder, &running, &others, pending()) => {}
        () = create => {}
    }
    let mut delays = received.lock().unwrap().clone();
    assert_eq!(delays.len(), seconds * 10, "each lead is received once");
    delays.sort_by(f64::total_cmp);
    let (median, longest) = (delays[delays.len() / 2], delays[delays.len() - 1]);
    let case = if is_beside_bad_ones { "beside a dead and a silent one" } else { "alone" };
    println!("{case}: median delay {median:.2} s, longest {longest:.2} s");
    median
}

/// The delay of each lead that was received.
type Received = Arc<Mutex<Vec<f64>>>;

async fn start_receiver() -> (String, Received) {
    let received = Received::default();
    let router = Router::new().route("/", post(receive)).with_state(Arc::clone(&received));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, received)
}

async fn receive(State(received): State<Received>, body: String) {
    let message: serde_json::Value = serde_json::from_str(&body).unwrap();
    let created: Timestamp = message["data"]["created_at"].as_str().unwrap().parse().unwrap();
    let delay = Timestamp::now().duration_since(created).as_secs_f64();
    received.lock().unwrap().push(delay);
    tokio::time::sleep(ANSWERS_IN).await;
}

/// The highest memory of this process until now, in KiB. Zero where `/proc` does not exist.
fn peak_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or_default()
}
