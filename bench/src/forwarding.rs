//! How long an event takes that no destination awaits; how fast waiting leads reach a destination,
//! with how many in flight, with which requests to the table, and beside a plain loop with the same
//! client; and whether a destination that is dead, and one that never answers, delay another.

use crate::{
    cost::{Forwarding, Prices},
    instance::peak_memory,
};
use aws_sdk_dynamodb::{
    Client,
    config::{
        ConfigBag, Intercept, RuntimeComponents, interceptors::BeforeTransmitInterceptorContextRef,
    },
    error::BoxError,
};
use axum::{Router, extract::State, routing::post};
use forwarding::{
    Addresses, Form, Forwarder, ForwardingEvent, HttpsClient, MasterSecret, Message, PASS_FOR,
    Post, SETTLED_AFTER, SigningKeys, Wake, forward_leads,
};
use futures_util::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use local::{
    EmbeddedTable, OtherWriters, Running, ServedTable, Storage, connect_to, keep_forwarding,
};
use serde_json::json;
use shared::{
    model::{
        Account, AccountId, Claims, ClockAndRandom, Destination, DestinationFormat, DestinationId,
        Lead, LeadId, NewLead, OwnRequest, Provider,
    },
    table::{LeadTable, Timeouts},
};
use std::{
    collections::BTreeMap,
    future::pending,
    net::Ipv4Addr,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tokio::net::TcpListener;

/// How long the destination takes to answer.
const ANSWERS_IN: Duration = Duration::from_millis(5);
/// How long a slow destination takes to answer.
const ANSWERS_SLOWLY: Duration = Duration::from_millis(200);
/// How many leads are in flight to a slow destination, and how many seconds of leads wait.
const IN_FLIGHT: [u8; 4] = [1, 16, 64, 128];
const SECONDS_OF_LEADS: u32 = 15;
/// How often a lead arrives in the second measurement.
const LEAD_EVERY: Duration = Duration::from_millis(100);

/// Measures with so many waiting leads, and with leads that arrive for so many seconds.
pub(crate) async fn measure(leads: u32, seconds: usize) {
    for of_rate in Forwarding::cases() {
        let [idle, forwarded] = of_rate.map(|case| case.cost(&Prices::US_EAST_1));
        println!("a million leads cost US$ {idle:.2} that nobody awaits, {forwarded:.2} forwarded");
    }
    measure_idle().await;
    measure_rate(leads, 1, ANSWERS_IN).await;
    for in_flight in IN_FLIGHT {
        let leads = u32::from(in_flight) * 5 * SECONDS_OF_LEADS;
        measure_rate(leads, in_flight, ANSWERS_SLOWLY).await;
    }
    let alone = measure_delay(false, seconds).await;
    let beside = measure_delay(true, seconds).await;
    println!("median delay beside bad destinations / alone: {:.2}", beside / alone);
}

/// Counts the requests to the table by their operation.
#[derive(Clone, Debug, Default)]
struct Requests(Arc<Mutex<BTreeMap<String, usize>>>);

impl Intercept for Requests {
    fn name(&self) -> &'static str {
        "Requests"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let target = context.request().headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        *self.0.lock().unwrap().entry(operation).or_default() += 1;
        Ok(())
    }
}

/// A table, and what forwards its leads.
struct Setup {
    _embedded: EmbeddedTable,
    requests: Requests,
    direct: LeadTable,
    forwarder: Arc<Forwarder<HttpsClient>>,
}

impl Setup {
    async fn start() -> Self {
        let mut embedded = EmbeddedTable::open(&Storage::Memory).await.unwrap();
        let ServedTable { endpoint, access_key, .. } = embedded.serve(None).await.unwrap();
        let requests = Requests::default();
        let direct = LeadTable::new(embedded.client(), "leadhook");
        direct.create().await.unwrap();
        let client = connect_to(&endpoint, access_key.as_str(), Timeouts::LOCAL);
        let counted = client.config().to_builder().interceptor(requests.clone()).build();
        let forwarder = Forwarder {
            table: LeadTable::new(Client::from_conf(counted), "leadhook"),
            system: ClockAndRandom::system(),
            post: HttpsClient::new(Addresses::PublicAndLoopback),
            master: MasterSecret::new(embedded.forwarding_secret()).unwrap(),
        };
        Self { _embedded: embedded, requests, direct, forwarder: Arc::new(forwarder) }
    }

    async fn add_destination(&self, url: String, in_flight: u8) {
        let id = DestinationId::random(&self.forwarder.system);
        let new = Destination::new(&account(), id, url, LeadId::FIRST, Timestamp::now());
        let destination = Destination { in_flight: in_flight.try_into().unwrap(), ..new };
        self.direct.add_destination(&destination).await.unwrap();
    }

    /// Stores a lead that arrived at `at`.
    async fn create_lead(&self, at: Timestamp) {
        let system = &self.forwarder.system;
        let lead = Lead {
            name: Some("Maria Silva".to_owned()),
            email: Some("maria@exemplo.com".to_owned()),
            phone: Some("5511999990000".to_owned()),
            source: Some("web".to_owned()),
            ..Lead::new(system.new_lead_id(at), at, BTreeMap::<String, String>::new())
        };
        let claims = Claims::new(b"", None, None, at).unwrap();
        let new = NewLead { account: account(), claims, lead };
        self.direct.create_lead(new, system).await.unwrap();
    }
}

fn account() -> Account {
    Account { provider: Provider::Integrabot, id: AccountId::from_static("acme") }
}

/// The event of a lead that no destination awaits.
async fn measure_idle() {
    let setup = Setup::start().await;
    let now = Timestamp::now();
    setup.create_lead(now).await;
    let id = LeadId::new(now, 0).to_string();
    let keys =
        json!({ "pk": { "S": "lead#integrabot#acme" }, "sk": { "S": format!("{id:0>16}") } });
    let change = json!({ "ApproximateCreationDateTime": now.as_second(), "Keys": keys });
    let event = json!({ "Records": [{ "eventName": "INSERT", "dynamodb": change }] });
    let event: ForwardingEvent = serde_json::from_value(event).unwrap();
    let mut durations = Vec::new();
    for _ in 0..1_000 {
        let start = Instant::now();
        assert_eq!(forward_leads(&setup.forwarder, &event).await.unwrap(), None);
        durations.push(start.elapsed());
    }
    durations.sort();
    let [median, longest] = [500, 999].map(|n| durations[n].as_secs_f64() * 1_000.0);
    println!("an event without a destination: median {median:.1} ms, longest {longest:.1} ms");
}

async fn measure_rate(leads: u32, in_flight: u8, answers_in: Duration) {
    let setup = Setup::start().await;
    let (url, received) = start_receiver(answers_in).await;
    let plain = post_plainly(&setup, &url, leads, in_flight).await;
    received.lock().unwrap().clear();
    setup.add_destination(url, in_flight).await;
    let long_ago = Timestamp::now() - SignedDuration::from_hours(1);
    for n in 0..leads {
        setup.create_lead(long_ago + SignedDuration::from_millis(n.into())).await;
    }
    let (memory, start) = (peak_memory("self"), Instant::now());
    let mut passes = 0;
    loop {
        let now = Timestamp::now();
        let forwarder = &setup.forwarder;
        let pass = forwarder.forward_due(Wake::Schedule, now - SETTLED_AFTER, now + PASS_FOR);
        if pass.await.unwrap().is_empty() {
            break;
        }
        passes += 1;
    }
    let seconds = start.elapsed().as_secs_f64();
    assert_eq!(received.lock().unwrap().len(), leads as usize, "each lead is received once");
    println!(
        "answers in {} ms, {in_flight} in flight: {leads} leads in {seconds:.1} s, {passes} passes: \
         {:.0}/s, {:.2} of a plain loop",
        answers_in.as_millis(),
        f64::from(leads) / seconds,
        plain / seconds
    );
    let [memory, at_end] = [memory, peak_memory("self")].map(|bytes| bytes / 1_024);
    println!("peak memory: {memory} KiB with all leads stored, {at_end} KiB at the end");
    let requests = setup.requests.0.lock().unwrap();
    let total: usize = requests.values().sum();
    println!("requests: {requests:?}, {:.3} a lead", total as f64 / f64::from(leads));
}

/// Posts so many messages with the same client, without a table. Returns how many seconds it takes.
async fn post_plainly(setup: &Setup, url: &str, leads: u32, in_flight: u8) -> f64 {
    let client = &setup.forwarder.post;
    let keys = SigningKeys::one([7; 32]).0;
    let lead = || Lead {
        name: Some("Maria Silva".to_owned()),
        ..Lead::new(LeadId::FIRST, Timestamp::now(), BTreeMap::new())
    };
    let request = OwnRequest::default();
    let account = account();
    let form = Form {
        account: &account,
        destination: "plain",
        format: DestinationFormat::Standard,
        url,
        request: &request,
    };
    let start = Instant::now();
    let posts = (0..leads).map(|_| async {
        let now = Timestamp::now();
        let message = Message::created(form, lead(), now).unwrap();
        let answer = client.post(&message.url, || message.sign(&keys, &[], now)).await;
        assert!(answer.is_ok_and(|answer| answer.status == 200));
    });
    stream::iter(posts).buffer_unordered(in_flight.into()).collect::<()>().await;
    start.elapsed().as_secs_f64()
}

/// The median delay from a lead's arrival to its receipt, in seconds.
async fn measure_delay(is_beside_bad_ones: bool, seconds: usize) -> f64 {
    let setup = Setup::start().await;
    let (url, received) = start_receiver(ANSWERS_IN).await;
    setup.add_destination(url, 1).await;
    // It accepts connections, because the system does so, and never answers.
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    if is_beside_bad_ones {
        let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        setup.add_destination(format!("http://{}/", closed.local_addr().unwrap()), 1).await;
        setup.add_destination(format!("http://{}/", silent.local_addr().unwrap()), 1).await;
    }
    let (forwarder, running) =
        (Arc::clone(&setup.forwarder), Running::new(setup.forwarder.system.clone()));
    let create = async {
        let mut every = tokio::time::interval(LEAD_EVERY);
        for _ in 0..seconds * 10 {
            every.tick().await;
            let _arrival = running.begin();
            setup.create_lead(Timestamp::now()).await;
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

async fn start_receiver(answers_in: Duration) -> (String, Received) {
    let received = Received::default();
    let state = (answers_in, Arc::clone(&received));
    let router = Router::new().route("/", post(receive)).with_state(state);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, received)
}

async fn receive(State((answers_in, received)): State<(Duration, Received)>, body: String) {
    let message: serde_json::Value = serde_json::from_str(&body).unwrap();
    let created: Timestamp = message["data"]["created_at"].as_str().unwrap().parse().unwrap();
    let delay = Timestamp::now().duration_since(created).as_secs_f64();
    received.lock().unwrap().push(delay);
    tokio::time::sleep(answers_in).await;
}
