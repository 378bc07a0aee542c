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

use clocks::Clocks;
use history::{History, history};
use jiff::Timestamp;
use model::Log;
use play::Play;
use serde_json::{Value, json};
use shared::{
    model::{Account, Claims, Lead, LeadId, NewLead},
    table::Timeouts,
};
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};
use tests::{Histories, TestTable};

const HISTORIES: Histories = Histories {
    variable: "FORWARDING_HISTORIES",
    default: 40,
    players: 4,
    seeds: "integration/forwarding/forwarding.seeds",
};

/// So short that some faults in a row reach the code.
const SHORT_TIMEOUTS: Timeouts =
    Timeouts { operation: Duration::from_millis(120), ..Timeouts::LOCAL };

/// Plays a history. Returns the number of its posts. An error says which rule it broke.
async fn play(database: &TestTable, history: History) -> Result<usize, String> {
    let table = database.renew().await;
    let counter = Arc::default();
    let numbers = Arc::clone(&counter);
    let play = Arc::new(Play {
        table: table.direct.clone(),
        faulty: table.client(SHORT_TIMEOUTS),
        connection: Arc::clone(&table.connection),
        system: table.system(move || next_number(&numbers)),
        clocks: Clocks::new(&table.clock, &counter),
        clock: Arc::clone(&table.clock),
        log: Mutex::new(Log::default()),
        peace: AtomicBool::new(false),
        passes: AtomicUsize::new(0),
        acting: AtomicUsize::new(0),
    });
    play.run(history).await;
    let now = play.now();
    let log = std::mem::take(&mut *play.log());
    let verdict = log.judge(&table.direct, now).await;
    table.delete().await;
    verdict.map(|()| log.seen.len())
}

fn next_number(counter: &AtomicU64) -> u128 {
    u128::from(counter.fetch_add(1, SeqCst))
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
    let (histories, posted) = HISTORIES.play(history, play);
    println!("{histories} histories, {posted} posts");
}
