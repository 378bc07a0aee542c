//! Random histories of deliveries over a connection that fails, compared with a simple model.
//!
//! `FAULT_HISTORIES` sets how many. A history that fails is shrunk, and its seed is stored in
//! `faults.seeds`. Later runs try these seeds first.

mod history;
mod model;

use aws_sdk_dynamodb::Client;
use history::{Sent, Step, step};
use jiff::{SignedDuration, Timestamp};
use keyspot::SigningSecret;
use local::{EmbeddedTable, ServedTable, Storage, connect_to};
use model::{Attempt, Item, Stored};
use proptest::collection::vec;
use providers::App;
use shared::{
    delivery::{Context, DEFAULT_REPLAY_WINDOW, SenderTimeouts},
    model::{ApiKey, Sources, TokenHash},
    table::{LeadTable, Timeouts},
};
use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};
use tests::{Histories, SIGNING_KEY, Wire, World, send_to};

const HISTORIES: Histories = Histories {
    variable: "FAULT_HISTORIES",
    default: 200,
    players: 8,
    seeds: "integration/faults/faults.seeds",
};

/// Timeouts that are long enough for every fault of a step on a busy machine, and short enough for
/// many histories.
const PATIENT: Timeouts = Timeouts {
    connect: Duration::from_millis(500),
    attempt: Duration::from_millis(150),
    operation: Duration::from_secs(8),
};

/// The same for a sender.
const PATIENT_SENDER: SenderTimeouts =
    SenderTimeouts { answer: Duration::from_secs(9), hold: Duration::from_millis(200) };

/// Longer than an attempt may take.
const STALLED: Duration = Duration::from_millis(180);

/// What histories run on: a database engine, and a connection to it that fails.
struct Ground {
    _engine: EmbeddedTable,
    wire: Wire,
    direct: Client,
    through: Client,
    clock: Arc<AtomicI64>,
    drawn: Arc<AtomicU64>,
}

impl Ground {
    async fn lay() -> Self {
        let mut engine = EmbeddedTable::open(&Storage::Memory).await.unwrap();
        let ServedTable { endpoint, access_key, .. } = engine.serve(None).await.unwrap();
        let wire = Wire::to(&endpoint).await;
        let direct = engine.client();
        let through = connect_to(&wire.endpoint, access_key.as_str(), PATIENT);
        let (clock, drawn) = (Arc::default(), Arc::default());
        Self { _engine: engine, wire, direct, through, clock, drawn }
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.clock.load(SeqCst)).unwrap()
    }

    /// A function instance with this deadline.
    fn instance(&self, table: &str, waits: Option<u64>) -> App {
        let (clock, drawn) = (Arc::clone(&self.clock), Arc::clone(&self.drawn));
        let now = move || Timestamp::from_millisecond(clock.load(SeqCst)).unwrap();
        // Some ids are drawn twice, to test conflicts of ids too.
        let random = move || {
            let drawn = drawn.fetch_add(1, SeqCst);
            (rand::random::<u128>() << 64) | u128::from(drawn - u64::from(drawn % 8 == 7))
        };
        let timeouts = match waits {
            Some(waits) => {
                SenderTimeouts { answer: Duration::from_millis(waits), ..PATIENT_SENDER }
            }
            None => PATIENT_SENDER,
        };
        let table = LeadTable::new(self.through.clone(), table);
        let sources = Sources::new(now, random);
        let context = Context::new(table, sources, DEFAULT_REPLAY_WINDOW, timeouts);
        App::new(context, SigningSecret::fixed(SIGNING_KEY).unwrap())
    }

    /// A new table with the accounts of a history.
    async fn new_table(&self, history: &[Step]) -> LeadTable {
        let beginning: Timestamp = World::BEGINNING.parse().unwrap();
        self.clock.store(beginning.as_millisecond(), SeqCst);
        let name = format!("faults-{:032x}", rand::random::<u128>());
        let table = LeadTable::new(self.direct.clone(), name);
        table.create().await.unwrap();
        let accounts: HashSet<_> = history
            .iter()
            .flat_map(|step| &step.sent)
            .map(|sent| (sent.token(), sent.account()))
            .collect();
        for (token, account) in accounts {
            let tenants = account.id.as_str().parse().into_iter().collect();
            let key = ApiKey { tenants, ..ApiKey::new(account) };
            table.put_api_key(&TokenHash::of(&token), key).await.unwrap();
        }
        table
    }

    /// Runs a history. An error says which rule it broke.
    async fn play(&self, history: &[Step]) -> Result<usize, String> {
        let table = self.new_table(history).await;
        let mut instance = Arc::new(self.instance(table.name(), None));
        let mut attempts: Vec<Attempt> = Vec::new();
        for step in history {
            if step.later {
                let window = DEFAULT_REPLAY_WINDOW + SignedDuration::from_secs(1);
                self.clock.fetch_add(window.as_millis() as i64, SeqCst);
            }
            if step.cold {
                instance = Arc::new(self.instance(table.name(), None));
            }
            self.wire.set_script(step.faults.iter().copied());
            let done = self.send_at_once(&instance, table.name(), step, &attempts).await;
            self.wire.set_script([]);
            // Senders that got 503 send again after the faults are over.
            let mut repeats = Vec::new();
            for attempt in done.iter().filter(|attempt| attempt.is_fault()) {
                let answer = send_to(&instance, attempt.sent.delivery()).await;
                let (sent, at) = (attempt.sent.clone(), self.now());
                let rival_key = attempt.rival_key;
                repeats.push(Attempt { sent, at, first: false, rival_key, again: true, answer });
            }
            attempts.extend(done);
            attempts.extend(repeats);
        }
        self.wire.settle().await;
        let verdict = self.judge(&table, &attempts).await;
        self.wire.forget();
        self.direct.delete_table().table_name(table.name()).send().await.unwrap();
        verdict.map(|()| attempts.len())
    }

    async fn send_at_once(
        &self,
        instance: &Arc<App>,
        table: &str,
        step: &Step,
        before: &[Attempt],
    ) -> Vec<Attempt> {
        let mut under_way = tokio::task::JoinSet::new();
        for (n, sent) in step.sent.iter().cloned().enumerate() {
            let app = match sent.waits {
                None => Arc::clone(instance),
                waits => Arc::new(self.instance(table, waits)),
            };
            let others = step.sent.iter().enumerate().filter(|(other, _)| *other != n);
            let mut rivals = before.iter().map(|attempt| &attempt.sent);
            let rivals = rivals.by_ref().chain(others.map(|(_, other)| other));
            let claims = sent.claims();
            let rivals = rivals.filter(|rival| rival.account() == sent.account());
            let rivals: Vec<_> = rivals.collect();
            let first = rivals.iter().all(|rival| rival.claims().is_disjoint(&claims));
            let rival_key = |rival: &&&Sent| rival.key == sent.key && rival.body() != sent.body();
            let rival_key = sent.key.is_some() && rivals.iter().any(|rival| rival_key(&rival));
            let at = self.now();
            under_way.spawn(async move {
                let answer = send_to(&app, sent.delivery()).await;
                Attempt { sent, at, first, rival_key, again: false, answer }
            });
        }
        under_way.join_all().await
    }

    /// Checks what must be true after every history.
    async fn judge(&self, table: &LeadTable, attempts: &[Attempt]) -> Result<(), String> {
        let items = self.direct.scan().table_name(table.name()).consistent_read(true);
        let items = items.into_paginator().items().send().collect::<Result<Vec<Item>, _>>().await;
        let stored = Stored::of(items.unwrap());
        for attempt in attempts {
            stored.check_attempt(attempt)?;
        }
        stored.check_leads(attempts)?;
        stored.check_claims()?;
        match self.wire.misused_tokens() {
            0 => Ok(()),
            n => Err(format!("{n} transactions without a client request token of their own")),
        }
    }
}

#[test]
fn each_lead_is_stored_once_under_any_fault() {
    let play = async |ground: &Ground, history: Vec<Step>| ground.play(&history).await;
    let (histories, delivered) = HISTORIES.play(|| vec(step(), 1..6), Ground::lay, play);
    println!("{histories} histories, {delivered} deliveries");
}
