//! `leadhook serve` forwards each lead, whatever its clock does, and also the leads that another
//! process stores in its table.

use super::new_lead;
use crate::receiver::{Receiver, status};
use forwarding::{Forwarder, MasterSecret};
use jiff::{SignedDuration, Timestamp};
use keyspot::SigningSecret;
use local::{
    EmbeddedTable, Running, ServedTable, Storage, connect_to, keep_forwarding, seed_demo_accounts,
    system_after,
};
use providers::App;
use shared::{
    delivery::{Context, DEFAULT_REPLAY_WINDOW, SenderTimeouts},
    model::{ClockAndRandom, Destination, DestinationId, LeadId, TokenHash},
    table::{LeadTable, Timeouts},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};
use tests::{Delivery, SENDERS, SIGNING_KEY, Sender, send_to, wait_until};
use tokio::{join, sync::oneshot};

const SENDER: &Sender = &SENDERS[0];

/// The local server. Its time passes only if the test says so.
struct LocalServer {
    engine: EmbeddedTable,
    served: ServedTable,
    app: Arc<App>,
    running: Running,
    /// The machine's clock, in milliseconds.
    wall: Arc<AtomicI64>,
    /// How long the server has run, in milliseconds.
    elapsed: Arc<AtomicU64>,
    destination: DestinationId,
}

impl LocalServer {
    async fn start() -> Self {
        let wall = Arc::new(AtomicI64::new(Timestamp::now().as_millisecond()));
        let elapsed = Arc::<AtomicU64>::default();
        let (set, run) = (Arc::clone(&wall), Arc::clone(&elapsed));
        let now = move || Timestamp::from_millisecond(set.load(SeqCst)).unwrap();
        let since = move || Duration::from_millis(run.load(SeqCst));
        let system = ClockAndRandom::steady(now, since, Timestamp::MIN, rand::random);
        let engine = EmbeddedTable::open(&Storage::Memory).await.unwrap();
        let mut engine = engine.with_system(system.clone());
        let served = engine.serve(None).await.unwrap();
        let table = LeadTable::new(engine.client(), "leadhook");
        table.create().await.unwrap();
        seed_demo_accounts(&table).await.unwrap();
        let destination = DestinationId::random(&system);
        let url = "https://receiver.example/".to_owned();
        let (account, now) = (SENDER.account(), system.now());
        let new = Destination::new(&account, destination.clone(), url, LeadId::FIRST, now);
        table.add_destination(&new).await.unwrap();
        let running = Running::new(system.clone());
        let context = Context::new(table, system, DEFAULT_REPLAY_WINDOW, SenderTimeouts::LOCAL);
        let app = App::new(context, SigningSecret::fixed(SIGNING_KEY).unwrap());
        Self { engine, served, app: Arc::new(app), running, wall, elapsed, destination }
    }

    fn pass_time(&self, milliseconds: u32) {
        self.wall.fetch_add(milliseconds.into(), SeqCst);
        self.elapsed.fetch_add(milliseconds.into(), SeqCst);
    }

    /// Sends a lead, and returns its id.
    async fn send(&self, n: usize) -> LeadId {
        let _arrival = self.running.begin();
        let (name, value) = SENDER.headers[0];
        let body = (SENDER.body)(n).to_string();
        let answer = send_to(&self.app, Delivery::new(SENDER.function, body).header(name, value));
        let answer = answer.await;
        assert_eq!(answer.status, 201);
        answer.body["id"].to_string().parse().unwrap()
    }

    /// Forwards while `act` runs, and until all leads that it returns have arrived. Returns the ids
    /// of the messages, and those of the leads in the order in which they were sent.
    async fn forward(&self, act: impl Future<Output = Vec<LeadId>>) -> (Vec<String>, Vec<String>) {
        let receiver = Receiver::answering(|_| status(200));
        let Context { table, system, .. } = &*self.app.context;
        let master = MasterSecret::new(SIGNING_KEY).unwrap();
        let (table, system, post) = (table.clone(), system.clone(), receiver.clone());
        let forwarder = Arc::new(Forwarder { table, system, post, master });
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped = async { stopped.await.unwrap_or_default() };
        let got = || receiver.got().into_iter().map(|request| request.id).collect::<Vec<_>>();
        let others = self.engine.other_writers();
        let act = async {
            let sent = act.await;
            let sent: Vec<_> =
                sent.iter().map(|id| format!("msg_{id}_{}", self.destination)).collect();
            self.pass_time(20_000);
            // If a lead is missing, the test says which one.
            wait_until(async || sent.iter().all(|id| got().contains(id))).await;
            stop.send(()).unwrap();
            sent
        };
        let ((), sent) = join!(keep_forwarding(forwarder, &self.running, &others, stopped), act);
        (got(), sent)
    }

    /// A table as another process on this machine sees it.
    fn of_another_process(&self) -> LeadTable {
        let ServedTable { endpoint, access_key } = &self.served;
        LeadTable::new(connect_to(endpoint, access_key.as_str(), Timeouts::LOCAL), "leadhook")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn time_never_goes_back_so_each_lead_is_forwarded_once_and_in_order() {
    let play = |back: i64| async move {
        let server = LocalServer::start().await;
        let act = async {
            let mut sent = Vec::new();
            for n in 0..135 {
                if n == 60 {
                    server.wall.fetch_sub(back, SeqCst);
                }
                sent.push(server.send(n).await);
                server.pass_time(20);
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            sent
        };
        let (got, sent) = server.forward(act).await;
        assert_eq!(got, sent, "{back} ms back");
    };
    join!(play(2_000), play(5_000), play(3_600_000));
}

/// The process reads an API key first, as a function does, and takes an id only then.
#[tokio::test(flavor = "multi_thread")]
async fn a_lead_that_another_process_stores_two_seconds_late_is_forwarded() {
    let server = LocalServer::start().await;
    let (table, system) = (server.of_another_process(), server.app.context.system.clone());
    let act = async {
        let mut sent = vec![server.send(0).await];
        table.get_api_key(&TokenHash::of("a key")).await.unwrap();
        server.pass_time(2_001);
        for (n, late) in [0, 30, 2_000].into_iter().cycle().take(60).enumerate() {
            sent.push(server.send(n + 1).await);
            let id = system.new_lead_id(system.now() - SignedDuration::from_millis(late));
            table.create_lead(new_lead(SENDER.account(), id), &system).await.unwrap();
            sent.push(id);
            server.pass_time(50);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        sent
    };
    let (got, sent) = server.forward(act).await;
    let missing: Vec<_> = sent.iter().filter(|id| !got.contains(id)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[tokio::test]
async fn a_start_is_after_the_newest_lead_and_at_most_an_hour_ahead_of_the_clock() {
    let server = LocalServer::start().await;
    let table = &server.app.context.table;
    let hour = SignedDuration::from_hours(1);
    for (ahead, at_most) in [(600, false), (3_000, false), (7_200, true)] {
        let now = Timestamp::now();
        let newest = LeadId::new(now + SignedDuration::from_secs(ahead), u128::MAX);
        let new = new_lead(SENDER.account(), newest);
        table.create_lead(new, &ClockAndRandom::system()).await.unwrap();
        let started = system_after(table).await.unwrap();
        let next = started.new_lead_id(started.now());
        assert_eq!(next > newest, !at_most, "{ahead}");
        assert!(next >= LeadId::new(newest.time().min(now + hour), 0), "{ahead}");
    }
}

/// A destination may get only the leads from a later time on.
#[tokio::test]
async fn a_start_is_after_the_cursors_and_an_hour_ahead_if_no_lead_is_there() {
    let hour = SignedDuration::from_hours(1);
    for (case, ahead, passed, limit) in [
        ("ten minutes", 10, false, None),
        ("two hours", 120, false, Some(hour)),
        ("two hours, with leads", 120, true, None),
    ] {
        let server = LocalServer::start().await;
        let table = &server.app.context.table;
        let now = Timestamp::now();
        let cursor = LeadId::new(now + SignedDuration::from_mins(ahead), u128::MAX);
        let starts_after = if passed { LeadId::FIRST } else { cursor };
        let (id, url) = (DestinationId::random(&ClockAndRandom::system()), String::new());
        let new = Destination::new(&SENDER.account(), id, url, starts_after, now);
        table.add_destination(&Destination { cursor, ..new }).await.unwrap();
        let started = system_after(table).await.unwrap();
        let next = started.new_lead_id(started.now());
        assert_eq!(next > cursor, limit.is_none(), "{case}");
        let least = limit.map_or(cursor, |limit| LeadId::new(now + limit, 0));
        assert!(next >= least, "{case}");
    }
}
