//! Random histories of deliveries over a connection that fails, compared with a simple model.
//!
//! `FAULT_HISTORIES` sets how many. A history that fails is shrunk, and its seed is stored in
//! `faults.seeds`. Later runs try these seeds first.

mod history;
mod model;

use history::{Sent, Step, step};
use jiff::SignedDuration;
use model::{Attempt, Stored};
use proptest::collection::vec;
use providers::App;
use shared::{
    delivery::{DEFAULT_REPLAY_WINDOW, SenderTimeouts},
    model::{ApiKey, TokenHash},
    table::{LeadTable, Timeouts},
};
use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};
use tests::{Histories, TestTable, new_app, send_to};
use tokio::task::JoinSet;

const HISTORIES: Histories = Histories {
    variable: "FAULT_HISTORIES",
    default: 200,
    players: 8,
    seeds: "integration/faults/faults.seeds",
};

/// Long enough for every fault of a step on a busy machine, and short enough for many histories.
const TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_millis(500),
    attempt: Duration::from_millis(150),
    operation: Duration::from_secs(8),
};

/// The same for a sender.
const SENDER_TIMEOUTS: SenderTimeouts =
    SenderTimeouts { answer: Duration::from_secs(9), hold: Duration::from_millis(200) };

/// Longer than an attempt may take.
const STALLED: Duration = Duration::from_millis(180);

/// A history that is played.
struct Play {
    table: TestTable,
    /// The table over the connection that fails.
    connected: LeadTable,
    numbers: Arc<AtomicU64>,
    attempts: Vec<Attempt>,
}

impl Play {
    /// On a new table with the accounts of the history.
    async fn new(database: &TestTable, history: &[Step]) -> Self {
        let table = database.renew().await;
        let sent = history.iter().flat_map(|step| &step.sent);
        let accounts: HashSet<_> = sent.map(|sent| (sent.token(), sent.account())).collect();
        for (token, account) in accounts {
            let tenants = account.id.as_str().parse().into_iter().collect();
            let key = ApiKey { tenants, ..ApiKey::new(account) };
            table.direct.put_api_key(&TokenHash::of(&token), key).await.unwrap();
        }
        let connected = table.connect(TIMEOUTS);
        Self { table, connected, numbers: Arc::default(), attempts: Vec::new() }
    }

    /// A function instance with this deadline.
    fn instance(&self, waits: Option<u64>) -> Arc<App> {
        let numbers = Arc::clone(&self.numbers);
        // Some ids are equal, to test conflicts of ids too.
        let random = move || {
            let count = numbers.fetch_add(1, SeqCst);
            (rand::random::<u128>() << 64) | u128::from(count - u64::from(count % 8 == 7))
        };
        let answer = waits.map_or(SENDER_TIMEOUTS.answer, Duration::from_millis);
        let timeouts = SenderTimeouts { answer, ..SENDER_TIMEOUTS };
        Arc::new(new_app(self.connected.clone(), self.table.system(random), timeouts))
    }

    async fn run(&mut self, history: &[Step]) {
        let mut instance = self.instance(None);
        for step in history {
            if step.later {
                self.table.advance(DEFAULT_REPLAY_WINDOW + SignedDuration::from_secs(1));
            }
            if step.cold {
                instance = self.instance(None);
            }
            self.table.connection.set_script(step.faults.iter().copied());
            let done = self.send_at_once(&instance, step).await;
            self.table.connection.set_script([]);
            let again = self.send_again(&instance, &done).await;
            self.attempts.extend(done.into_iter().chain(again));
        }
        self.table.connection.settle().await;
    }

    async fn send_at_once(&self, instance: &Arc<App>, step: &Step) -> Vec<Attempt> {
        let mut under_way = JoinSet::new();
        for (n, sent) in step.sent.iter().cloned().enumerate() {
            let app = match sent.waits {
                None => Arc::clone(instance),
                waits => self.instance(waits),
            };
            let mut others = step.sent.clone();
            others.remove(n);
            let (first, rival_key) = self.compare(&sent, &others);
            let at = self.table.now();
            under_way.spawn(async move {
                let answer = send_to(&app, sent.delivery()).await;
                Attempt { sent, at, first, rival_key, again: false, answer }
            });
        }
        under_way.join_all().await
    }

    /// Whether no delivery before or beside this one has a claim of it, and whether one may have
    /// used its key for another body.
    fn compare(&self, sent: &Sent, others: &[Sent]) -> (bool, bool) {
        let before = self.attempts.iter().map(|attempt| &attempt.sent);
        let rivals = before.chain(others).filter(|rival| rival.account() == sent.account());
        let rivals: Vec<_> = rivals.collect();
        let claims = sent.claims();
        let first = rivals.iter().all(|rival| rival.claims().is_disjoint(&claims));
        let reuses = |rival: &&Sent| rival.key == sent.key && rival.body() != sent.body();
        (first, sent.key.is_some() && rivals.iter().any(reuses))
    }

    /// Senders that got 503 send again after the faults are over.
    async fn send_again(&self, instance: &App, done: &[Attempt]) -> Vec<Attempt> {
        let mut again = Vec::new();
        for attempt in done.iter().filter(|attempt| attempt.is_fault()) {
            let answer = send_to(instance, attempt.sent.delivery()).await;
            let (sent, at) = (attempt.sent.clone(), self.table.now());
            let rival_key = attempt.rival_key;
            again.push(Attempt { sent, at, first: false, rival_key, again: true, answer });
        }
        again
    }

    /// Checks what must be true after every history.
    async fn check(&self) -> Result<(), String> {
        let stored = Stored::of(self.table.items("").await);
        for attempt in &self.attempts {
            stored.check_attempt(attempt)?;
        }
        stored.check_leads(&self.attempts)?;
        stored.check_claims()?;
        match self.table.connection.misused_tokens() {
            0 => Ok(()),
            n => Err(format!("{n} transactions without a client request token of their own")),
        }
    }
}

/// Plays a history. Returns the number of its deliveries. An error says which rule it broke.
async fn play(database: &TestTable, history: Vec<Step>) -> Result<usize, String> {
    let mut play = Play::new(database, &history).await;
    play.run(&history).await;
    let checked = play.check().await;
    play.table.delete().await;
    checked.map(|()| play.attempts.len())
}

#[test]
fn each_lead_is_stored_once_under_any_fault() {
    let (histories, delivered) = HISTORIES.play(|| vec(step(), 1..6), play);
    println!("{histories} histories, {delivered} deliveries");
}
