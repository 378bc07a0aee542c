//! Forwarding: its rules, and random histories of it held to a simple model.
//!
//! `FORWARDING_HISTORIES` says how many; a failing history is shrunk, and its seed kept in
//! `forwarding.seeds`, to be tried first from then on.

mod answers;
mod changes;
mod checks;
mod clocks;
mod history;
mod local_clock;
mod model;
mod other_shapes;
mod play;
mod rules;
mod slow_connection;
mod stuck;
mod test_destination;

use aws_sdk_dynamodb::Client;
use clocks::Clocks;
use history::{History, history};
use jiff::Timestamp;
use local::{EmbeddedTable, ServedTable, Storage, connect_to};
use model::Log;
use play::Play;
use serde_json::{Value, json};
use shared::{
    model::{Account, Claims, Lead, LeadId, NewLead, Sources},
    table::{LeadTable, Timeouts},
};
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};
use tests::{Histories, Wire, World};

const HISTORIES: Histories = Histories {
    variable: "FORWARDING_HISTORIES",
    default: 40,
    players: 4,
    seeds: "integration/forwarding/forwarding.seeds",
};

/// So short that some faults in a row reach the code.
const FRAGILE: Timeouts = Timeouts { operation: Duration::from_millis(120), ..Timeouts::LOCAL };

/// What histories are played on: an engine, and a wire to it that fails.
struct Ground {
    _engine: EmbeddedTable,
    wire: Arc<Wire>,
    clock: Arc<AtomicI64>,
    direct: Client,
    fragile: Client,
}

impl Ground {
    async fn lay() -> Self {
        let clock = Arc::default();
        let sources = new_sources(&clock, &Arc::default());
        let engine = EmbeddedTable::open(&Storage::Memory).await.unwrap();
        let mut engine = engine.with_sources(sources.clone());
        let ServedTable { endpoint, access_key, .. } = engine.serve(None).await.unwrap();
        let wire = Arc::new(Wire::with_clock(&endpoint, sources).await);
        let fragile = connect_to(&wire.endpoint, access_key.as_str(), FRAGILE);
        let direct = engine.client();
        Self { _engine: engine, wire, clock, direct, fragile }
    }

    /// Plays a history, and says how many posts it had, or what it broke.
    async fn play(&self, history: History) -> Result<usize, String> {
        let beginning: Timestamp = World::BEGINNING.parse().unwrap();
        let (clock, drawn) = (Arc::clone(&self.clock), Arc::default());
        clock.store(beginning.as_millisecond(), SeqCst);
        let name = format!("forwarding-{:032x}", rand::random::<u128>());
        let table = LeadTable::new(self.direct.clone(), name);
        table.create().await.unwrap();
        let play = Arc::new(Play {
            table: table.clone(),
            fragile: self.fragile.clone(),
            wire: Arc::clone(&self.wire),
            sources: new_sources(&clock, &drawn),
            clocks: Clocks::new(&clock, &drawn),
            clock,
            log: Mutex::new(Log::default()),
            peace: AtomicBool::new(false),
            passes: AtomicUsize::new(0),
            acting: AtomicUsize::new(0),
        });
        play.run(history).await;
        let now = play.now();
        let log = std::mem::take(&mut *play.log());
        let verdict = log.judge(&table, now).await;
        self.wire.forget();
        self.direct.delete_table().table_name(table.name()).send().await.unwrap();
        verdict.map(|()| log.seen.len())
    }
}

/// A clock that only the test moves, and numbers that count up.
fn new_sources(clock: &Arc<AtomicI64>, drawn: &Arc<AtomicU64>) -> Sources {
    let (clock, drawn) = (Arc::clone(clock), Arc::clone(drawn));
    let now = move || Timestamp::from_millisecond(clock.load(SeqCst)).unwrap();
    Sources::new(now, move || next_number(&drawn))
}

fn next_number(drawn: &AtomicU64) -> u128 {
    u128::from(drawn.fetch_add(1, SeqCst))
}

/// A lead of nobody.
fn new_lead(account: Account, id: LeadId) -> NewLead<BTreeMap<String, Value>> {
    let created_at = id.time();
    let lead = Lead {
        id,
        created_at,
        name: Some("Maria Silva".to_owned()),
        email: None,
        phone: None,
        source: Some("web".to_owned()),
        status: None,
        extra: None,
        details: BTreeMap::new(),
    };
    let claims = Claims::new(b"", None, None, created_at).unwrap();
    NewLead { account, claims, lead }
}

/// The record of a new lead in the table's stream.
fn lead_record(account: &Account, id: LeadId, written: Timestamp) -> Value {
    json!({
        "eventName": "INSERT",
        "dynamodb": {
            "ApproximateCreationDateTime": written.as_second(),
            "Keys": {
                "pk": { "S": format!("lead#{account}") },
                "sk": { "S": format!("{:0>16}", id.to_string()) },
            },
        },
    })
}

#[test]
fn whatever_fails_each_lead_reaches_each_destination() {
    let (histories, posted) = HISTORIES.play(history, Ground::lay, Ground::play);
    println!("{histories} histories, {posted} posts");
}
