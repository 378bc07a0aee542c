//! Random histories of deliveries over a wire that fails, held to a simple model.
//!
//! `FAULT_HISTORIES` says how many; a failing history is shrunk, and its seed kept in
//! `faults.seeds`, to be tried first from then on.

use aws_sdk_dynamodb::{Client, types::AttributeValue};
use jiff::{SignedDuration, Timestamp};
use keyspot::{Keyspot, SigningKeys};
use leadhook::{EmbeddedTable, Storage};
use proptest::{
    collection::vec,
    option,
    prelude::*,
    test_runner::{Config, FileFailurePersistence, TestRunner},
};
use serde_json::{Value, json};
use shared::{
    Account, ApiKey, Context, DEFAULT_REPLAY_WINDOW, LeadId, LeadTable, Provider, Sources,
    TokenHash,
    dynamodb::{Patience, connect_local},
};
use std::{
    collections::{HashMap, HashSet},
    env,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};
use tests::{Answer, Delivery, Fault, SIGNING_KEY, Wire, World, send_to, sign_keyspot_token};

const HISTORIES_VARIABLE: &str = "FAULT_HISTORIES";
const DEFAULT_HISTORIES: u32 = 200;
/// Histories are played side by side: most of the time they wait.
const PLAYERS: u32 = 8;

/// Long enough for every fault a step can meet, short enough to meet many.
const PATIENT: Patience = Patience {
    connect: Duration::from_millis(500),
    attempt: Duration::from_millis(60),
    operation: Duration::from_secs(8),
    answer: Duration::from_secs(9),
    hold: Duration::from_millis(200),
};
/// More than an attempt may take.
const STALLED: Duration = Duration::from_millis(80);

/// Deliveries that are sent at once, after a while.
#[derive(Clone, Debug)]
struct Step {
    /// Whether the replay window passes first.
    later: bool,
    /// Whether the functions are started anew, with nothing looked up.
    cold: bool,
    sent: Vec<Sent>,
    faults: Vec<Option<Fault>>,
}

/// A delivery: who sends it, for whom, and how long it waits.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Sent {
    provider: Provider,
    account: u8,
    /// Whose e-mail and whose phone; they need not be the same person's.
    email: Option<u8>,
    phone: Option<u8>,
    words: u8,
    key: Option<u8>,
    /// Milliseconds after which its sender is told 503; `None` where it waits long.
    waits: Option<u64>,
}

fn provider() -> impl Strategy<Value = Provider> {
    prop_oneof![
        3 => Just(Provider::Integrabot),
        2 => Just(Provider::PollyBot),
        2 => Just(Provider::RdStation),
        1 => Just(Provider::Keyspot),
        1 => Just(Provider::Flextell),
    ]
}

prop_compose! {
    fn sent()(
        provider in provider(),
        account in prop_oneof![4 => Just(0), 1 => Just(1)],
        email in option::weighted(0.7, 0..2_u8),
        phone in option::weighted(0.6, 0..2_u8),
        words in 0..2_u8,
        key in option::weighted(0.3, 0..2_u8),
        waits in option::weighted(0.15, 0..12_u64),
    ) -> Sent {
        Sent { provider, account, email, phone, words, key, waits }
    }
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        4 => Just(Fault::AnswerLost),
        2 => Just(Fault::AnswerAndTokenLost),
        2 => Just(Fault::RequestLost),
        2 => Just(Fault::Conflict),
        1 => Just(Fault::Throttled),
        1 => Just(Fault::Failed),
        1 => (1..20_u64).prop_map(|by| Fault::Delayed(Duration::from_millis(by))),
        1 => Just(Fault::Delayed(STALLED)),
    ]
}

prop_compose! {
    fn step()(
        later in prop::bool::weighted(0.1),
        cold in prop::bool::weighted(0.1),
        sent in prop_oneof![6 => vec(sent(), 1), 2 => vec(sent(), 2), 1 => vec(sent(), 3)],
        twin in prop::bool::weighted(0.15),
        faults in vec(option::weighted(0.5, fault()), 0..4),
    ) -> Step {
        let mut sent = sent;
        // The same delivery twice at once, as impatient senders do.
        if twin {
            sent.push(sent[0].clone());
        }
        Step { later, cold, sent, faults }
    }
}

impl Sent {
    fn account(&self) -> Account {
        Account { provider: self.provider, id: (u32::from(self.account) + 1).to_string() }
    }

    fn token(&self) -> String {
        format!("{}-{}", self.provider.as_str(), self.account)
    }

    fn email(&self) -> Option<String> {
        self.email.map(|n| format!("person{n}@example.com"))
    }

    fn phone(&self) -> Option<String> {
        self.phone.map(|n| format!("55119999{n:04}"))
    }

    fn body(&self) -> Value {
        let (email, phone) = (self.email(), self.phone());
        let name = format!("Words {}", self.words);
        let required = |value: Option<String>| value.unwrap_or_else(|| "a@b.example".to_owned());
        match self.provider {
            Provider::Integrabot => {
                json!({ "name": name, "type": "web", "email": email, "phone_number": phone })
            }
            Provider::RdStation => json!({ "name": name, "email": email, "phone": phone }),
            Provider::PollyBot => json!({ "name": name, "email": required(email), "phone": phone }),
            Provider::Keyspot => {
                json!({ "name": name, "email": required(email), "phone": required(phone), "message": "m" })
            }
            Provider::Flextell => {
                json!({ "last_name": name, "email": email, "phone_number": phone })
            }
        }
    }

    fn delivery(&self) -> Delivery {
        let body = self.body().to_string();
        let (function, token) = match self.provider {
            Provider::Integrabot => ("integrabot-create-lead", self.token()),
            Provider::RdStation => ("rdstation-create-lead", self.token()),
            Provider::PollyBot => ("pollybot-create-lead", self.token()),
            Provider::Keyspot => ("keyspot-create-lead", sign_keyspot_token(&self.token())),
            Provider::Flextell => ("flextell-create-lead", self.token()),
        };
        let delivery = Delivery::new(function, body).bearer(&token);
        let delivery = delivery.header("x-tenant", &self.account().id);
        match self.key {
            Some(key) => delivery.header("idempotency-key", &key.to_string()),
            None => delivery,
        }
    }

    /// What no other lead of the account may hold while this one does.
    fn claims(&self) -> HashSet<String> {
        let body = self.body();
        let mut claims: HashSet<_> = self.key.map(|key| format!("key {key}")).into_iter().collect();
        match self.provider {
            Provider::Integrabot => {
                claims.extend(self.email().map(|email| format!("email {email}")));
                claims.extend(self.phone().map(|phone| format!("phone {phone}")));
            }
            Provider::PollyBot => {
                claims.insert(format!("email {}", body["email"]));
            }
            Provider::RdStation | Provider::Keyspot | Provider::Flextell => {
                let named = ["email", "phone", "phone_number"];
                if named.iter().any(|name| body[*name].is_string()) {
                    claims.insert(format!("body {body}"));
                }
            }
        }
        claims
    }

    /// Whether a stored lead says what this delivery says.
    fn says(&self, lead: &Item) -> bool {
        let name = format!("Words {}", self.words);
        let text = |name: &str| lead.get(name).map(|value| value.as_s().unwrap().clone());
        let body = self.body();
        let phone = body.get("phone").or_else(|| body.get("phone_number")).and_then(Value::as_str);
        text("name") == Some(name)
            && text("email").as_deref() == body["email"].as_str()
            && text("phone").as_deref() == phone
    }
}

type Item = HashMap<String, AttributeValue>;

/// An attempt to deliver, and what came of it.
struct Attempt {
    sent: Sent,
    at: Timestamp,
    /// Whether any claim of it could have been made before, or at the same time.
    first: bool,
    /// Whether its key could have been used for another body.
    rival_key: bool,
    /// Whether it may have been sent before.
    again: bool,
    answer: Answer,
}

impl Attempt {
    fn is_replayed(&self) -> bool {
        self.answer.headers.contains_key("idempotency-replayed")
    }

    /// Whether it was told that it made a lead.
    fn is_created(&self) -> bool {
        let created = if self.sent.provider == Provider::RdStation { 200 } else { 201 };
        self.answer.status == created && !self.is_replayed()
    }

    fn is_fault(&self) -> bool {
        self.answer.status == 503
    }

    /// Whether a lead can be the one it was told of: its own, or one it shares a claim with. A
    /// key may have come to a lead that was known by other claims, so it tells nothing.
    fn may_be(&self, lead: &Item) -> bool {
        let text = |name: &str| lead.get(name).and_then(|value| value.as_s().ok());
        let same_email = text("email").map(String::as_str) == self.sent.body()["email"].as_str();
        let same_phone = text("phone").map(String::as_str) == self.sent.phone().as_deref();
        let shares = match self.sent.provider {
            Provider::Integrabot => {
                (same_phone && self.sent.phone.is_some())
                    || (same_email && self.sent.email.is_some())
            }
            Provider::PollyBot => same_email,
            Provider::RdStation | Provider::Keyspot | Provider::Flextell => self.sent.says(lead),
        };
        shares || self.is_created() || (self.is_replayed() && self.sent.key.is_some())
    }

    /// The lead it was told of, by its sort key.
    fn lead(&self) -> Option<String> {
        let body = &self.answer.body;
        let id: LeadId = match self.sent.provider {
            Provider::Integrabot => body["id"].to_string().parse().ok()?,
            Provider::Flextell => body["data"]["id"].to_string().parse().ok()?,
            Provider::RdStation => rdstation::LEAD_ID.read(body["id"].as_str()?)?,
            Provider::Keyspot => keyspot::LEAD_ID.read(body["data"]["id"].as_str()?)?,
            Provider::PollyBot => {
                let id = body["data"]["id"].as_str().or(body["details"]["existingLeadId"].as_str());
                pollybot::LEAD_ID.read(id?)?
            }
        };
        Some(format!("{:0>16}", id.to_string()))
    }
}

/// What histories are played on: an engine, and a wire to it that fails.
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
        let engine = EmbeddedTable::open(&Storage::Memory).await.unwrap();
        let wire = Wire::to(engine.endpoint()).await;
        let direct = connect_local(engine.endpoint(), Patience::LOCAL);
        let through = connect_local(&wire.endpoint, PATIENT);
        let (clock, drawn) = (Arc::default(), Arc::default());
        Self { _engine: engine, wire, direct, through, clock, drawn }
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.clock.load(SeqCst)).unwrap()
    }

    /// A function instance whose senders wait so long.
    fn instance(&self, table: &str, waits: Option<u64>) -> Keyspot {
        let (clock, drawn) = (Arc::clone(&self.clock), Arc::clone(&self.drawn));
        let now = move || Timestamp::from_millisecond(clock.load(SeqCst)).unwrap();
        // Some ids are drawn twice, so that clashes are met too.
        let random = move || {
            let drawn = drawn.fetch_add(1, SeqCst);
            (rand::random::<u128>() << 64) | u128::from(drawn - u64::from(drawn % 8 == 7))
        };
        let patience = match waits {
            Some(waits) => Patience { answer: Duration::from_millis(waits), ..PATIENT },
            None => PATIENT,
        };
        let table = LeadTable::new(self.through.clone(), table);
        let sources = Sources::new(now, random);
        let context = Context::new(table, sources, DEFAULT_REPLAY_WINDOW, patience);
        Keyspot { context, signing_secret: SigningKeys::new(SIGNING_KEY).unwrap().into() }
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
            let tenants = account.id.parse().into_iter().collect();
            let key = ApiKey { tenants, ..ApiKey::new(account) };
            table.put_api_key(&TokenHash::of(&token), key).await.unwrap();
        }
        table
    }

    /// Plays a history, and says what it broke.
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
            // Whoever was told 503 sends again, when the trouble is over.
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
        instance: &Arc<Keyspot>,
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

    /// What must hold after every history.
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

/// The items of a table.
struct Stored {
    /// By partition and sort key.
    leads: HashMap<(String, String), Item>,
    /// By partition key.
    claims: HashMap<String, Item>,
}

impl Stored {
    fn of(items: Vec<Item>) -> Self {
        let text = |item: &Item, name: &str| item[name].as_s().unwrap().clone();
        let (mut leads, mut claims) = (HashMap::new(), HashMap::new());
        for item in items {
            let pk = text(&item, "pk");
            if pk.starts_with("lead#") {
                leads.insert((pk, text(&item, "sk")), item);
            } else if pk.starts_with("claim#") {
                claims.insert(pk, item);
            }
        }
        Self { leads, claims }
    }

    fn lead(&self, account: &Account, sort_key: &str) -> Option<&Item> {
        self.leads.get(&(format!("lead#{account}"), sort_key.to_owned()))
    }

    fn check_attempt(&self, attempt: &Attempt) -> Result<(), String> {
        let Attempt { sent, answer, .. } = attempt;
        let fail =
            |what: &str| Err(format!("{what}: {sent:?} got {} {}", answer.status, answer.text));
        if attempt.is_fault() {
            return match (attempt.again, sent.waits) {
                (true, _) => fail("sent again in peace, and still no answer"),
                (false, None) => fail("a short trouble was handed on"),
                (false, Some(_)) => Ok(()),
            };
        }
        if attempt.first && !attempt.is_created() {
            return fail("a first delivery is no new lead");
        }
        if answer.status == 422 {
            return if attempt.rival_key { Ok(()) } else { fail("refused") };
        }
        let Some(lead) = attempt.lead().and_then(|id| self.lead(&sent.account(), &id)) else {
            return fail("acknowledged, but not stored");
        };
        if !attempt.may_be(lead) {
            return fail("told of another's lead");
        }
        if attempt.is_created() && !sent.says(lead) {
            return fail("stored otherwise");
        }
        Ok(())
    }

    fn check_leads(&self, attempts: &[Attempt]) -> Result<(), String> {
        let mut created = HashSet::new();
        let mut told = HashSet::new();
        for attempt in attempts.iter().filter(|attempt| !attempt.is_fault()) {
            let Some(lead) = attempt.lead() else { continue };
            let key = (format!("lead#{}", attempt.sent.account()), lead);
            if attempt.is_created() && !created.insert(key.clone()) {
                return Err(format!("two deliveries made the same lead: {key:?}"));
            }
            told.insert(key);
        }
        let untold = self.leads.iter().filter(|(key, _)| !told.contains(*key));
        let (claimed, unclaimed): (Vec<_>, Vec<_>) =
            untold.partition(|(_, lead)| lead.contains_key("claims"));
        if let Some((key, _)) = claimed.first() {
            return Err(format!("a lead that nobody was told of: {key:?}"));
        }
        // What claims nothing cannot be found again: told 503, its sender may store it twice.
        let told_503 = |attempt: &&Attempt| attempt.is_fault() && attempt.sent.claims().is_empty();
        if unclaimed.len() > attempts.iter().filter(told_503).count() {
            return Err(format!("leads that nobody was told of: {}", unclaimed.len()));
        }
        self.check_people(attempts)
    }

    /// No person twice where a provider forbids it; no body twice within the window.
    fn check_people(&self, attempts: &[Attempt]) -> Result<(), String> {
        let made: Vec<_> = attempts.iter().filter(|attempt| attempt.is_created()).collect();
        for (n, one) in made.iter().enumerate() {
            for other in &made[n + 1..] {
                let same_account = one.sent.account() == other.sent.account();
                let mut shared: HashSet<_> =
                    one.sent.claims().intersection(&other.sent.claims()).cloned().collect();
                if other.at.duration_since(one.at).abs() >= DEFAULT_REPLAY_WINDOW {
                    shared.retain(|claim| !claim.starts_with("body "));
                }
                if same_account && !shared.is_empty() {
                    let (one, other) = (&one.sent, &other.sent);
                    return Err(format!("two leads hold {shared:?}: {one:?} and {other:?}"));
                }
            }
        }
        Ok(())
    }

    fn check_claims(&self) -> Result<(), String> {
        for (pk, claim) in &self.claims {
            let account = pk.split('#').skip(1).take(2).collect::<Vec<_>>().join("#");
            let id = format!("{:0>16}", claim["lead_id"].as_n().unwrap());
            if !self.leads.contains_key(&(format!("lead#{account}"), id)) {
                return Err(format!("a claim of a lead that is not there: {pk}"));
            }
        }
        for (key, lead) in &self.leads {
            let Some(claims) = lead.get("claims") else { continue };
            for pk in claims.as_ss().unwrap() {
                let Some(claim) = self.claims.get(pk) else {
                    return Err(format!("a lead without its claim {pk}: {key:?}"));
                };
                // A claim whose time was over may be another lead's by now.
                let for_ever = !claim.contains_key("expires_at");
                if for_ever && claim["lead_id"] != lead["id"] {
                    return Err(format!("a claim of another lead: {pk}"));
                }
            }
        }
        Ok(())
    }
}

/// Plays this many histories, and says how many deliveries they were.
fn play_histories(histories: u32, ground: &Ground, runtime: &tokio::runtime::Runtime) -> usize {
    let seeds = concat!(env!("CARGO_MANIFEST_DIR"), "/integration/faults.seeds");
    let config = Config {
        cases: histories,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(seeds))),
        max_shrink_iters: 2_000,
        ..Config::default()
    };
    let delivered = std::cell::Cell::new(0);
    let outcome = TestRunner::new(config).run(&vec(step(), 1..6), |history| {
        let attempts = runtime.block_on(ground.play(&history)).map_err(TestCaseError::fail)?;
        delivered.set(delivered.get() + attempts);
        Ok(())
    });
    if let Err(fault) = outcome {
        panic!("{fault}");
    }
    delivered.get()
}

#[test]
fn whatever_fails_each_lead_is_stored_once() {
    let histories = env::var(HISTORIES_VARIABLE).map_or(DEFAULT_HISTORIES, |n| n.parse().unwrap());
    let players: Vec<_> = (0..PLAYERS)
        .map(|_| {
            std::thread::spawn(move || {
                let runtime =
                    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                let ground = runtime.block_on(Ground::lay());
                play_histories(histories.div_ceil(PLAYERS), &ground, &runtime)
            })
        })
        .collect();
    let delivered: usize = players.into_iter().map(|player| player.join().unwrap()).sum();
    println!("{histories} histories, {delivered} deliveries");
}
