use crate::{
    Answer, Delivery, Wire,
    document::operation_of,
    watched_log::{note_sent, watch_log},
};
use aws_sdk_dynamodb::{Client, types::AttributeValue};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use keyspot::SigningSecret;
use local::{EmbeddedTable, ServedTable, Storage, connect_to, seed_demo_accounts};
use providers::{App, ROUTES};
use serde_json::{Value, json};
use sha2::Sha256;
use shared::{
    delivery::{Context, DEFAULT_REPLAY_WINDOW, SenderTimeouts},
    model::{Account, ApiKey, Sources, TokenHash},
    table::{LeadTable, Timeouts},
};
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering::SeqCst},
    },
};

/// Names another DynamoDB to run the tests on, such as Amazon's DynamoDB Local.
const ENDPOINT_VARIABLE: &str = "TEST_DYNAMODB_ENDPOINT";
/// The key that signs the tokens of every world and of the sample events. `sam local` and `cargo
/// lambda watch` have the same key.
pub const SIGNING_KEY: &str = "everyone-knows-this-key-use-it-locally-only";

/// A world is what one test needs to run the handlers: a new table with the demo accounts, a
/// connection to it that can fail, and a clock that the test sets.
pub struct World {
    /// The state of the handlers.
    pub app: Arc<App>,
    /// The connection between the handlers and the table.
    pub wire: Wire,
    access_key: String,
    direct: Client,
    embedded: Option<EmbeddedTable>,
    clock: Arc<AtomicI64>,
    sources: Sources,
}

impl World {
    /// The time at which every world begins. It is far in the future, so that no table deletes
    /// items that have expired only by our clock.
    pub const BEGINNING: &str = "2076-01-15T10:30:00.123Z";

    /// A new world: in memory on the embedded engine, or in a new table of the DynamoDB at
    /// `TEST_DYNAMODB_ENDPOINT`.
    pub async fn start() -> Self {
        let (endpoint, access_key, embedded) =
            if let Ok(endpoint) = std::env::var(ENDPOINT_VARIABLE) {
                (endpoint, "local".to_owned(), None)
            } else {
                let mut embedded = EmbeddedTable::open(&Storage::Memory).await.unwrap();
                let ServedTable { endpoint, access_key, .. } = embedded.serve(None).await.unwrap();
                (endpoint, access_key.as_str().to_owned(), Some(embedded))
            };
        let direct = connect_to(&endpoint, &access_key, Timeouts::LOCAL);
        let name = format!("leads-{:032x}", rand::random::<u128>());
        let table = LeadTable::new(direct.clone(), name);
        table.create().await.unwrap();
        seed_demo_accounts(&table).await.unwrap();
        let beginning: Timestamp = Self::BEGINNING.parse().unwrap();
        let clock = Arc::new(AtomicI64::new(beginning.as_millisecond()));
        let sources = new_sources(&clock);
        let wire = Wire::with_clock(&endpoint, sources.clone()).await;
        let client = connect_to(&wire.endpoint, &access_key, Timeouts::LOCAL);
        let table = LeadTable::new(client, table.name());
        let app = new_app(table, &sources, DEFAULT_REPLAY_WINDOW, SenderTimeouts::LOCAL);
        Self { app: Arc::new(app), wire, access_key, direct, embedded, clock, sources }
    }

    /// Another function instance with the same table and empty caches.
    pub fn another_instance(&self) -> Arc<App> {
        self.instance_of(Timeouts::LOCAL, SenderTimeouts::LOCAL)
    }

    /// Another function instance with these timeouts.
    pub fn instance_of(&self, timeouts: Timeouts, of_sender: SenderTimeouts) -> Arc<App> {
        let table = self.table(timeouts);
        Arc::new(new_app(table, &self.sources, DEFAULT_REPLAY_WINDOW, of_sender))
    }

    /// Another function instance whose tokens are signed with other keys.
    pub fn instance_with(&self, signing_secret: SigningSecret) -> App {
        let (table, timeouts) = (self.table(Timeouts::LOCAL), SenderTimeouts::LOCAL);
        let context = Context::new(table, self.sources.clone(), DEFAULT_REPLAY_WINDOW, timeouts);
        App::new(context, signing_secret)
    }

    /// This world with another replay window.
    pub fn with_replay_window(mut self, window: SignedDuration) -> Self {
        let table = self.table(Timeouts::LOCAL);
        self.app = Arc::new(new_app(table, &self.sources, window, SenderTimeouts::LOCAL));
        self
    }

    /// The world's table, through its wire.
    fn table(&self, timeouts: Timeouts) -> LeadTable {
        let client = connect_to(&self.wire.endpoint, &self.access_key, timeouts);
        LeadTable::new(client, self.table_name())
    }

    /// Lets time pass.
    pub fn advance(&self, by: SignedDuration) {
        self.clock.fetch_add(by.as_millis() as i64, SeqCst);
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        self.app.context.sources.now()
    }

    /// Stores a key of an account.
    pub async fn put_key(&self, token: &str, key: ApiKey) {
        self.app.context.table.put_api_key(&TokenHash::of(token), key).await.unwrap();
    }

    /// Stores a key of an account that never expires.
    pub async fn open_account(&self, token: &str, account: Account) {
        self.put_key(token, ApiKey::new(account)).await;
    }

    /// Runs a delivery through the handler of its function.
    pub async fn send(&self, delivery: Delivery) -> Answer {
        send_to(&self.app, delivery).await
    }

    /// Runs a delivery through a function instance with empty caches.
    pub async fn another_instance_answers(&self, delivery: Delivery) -> Answer {
        send_to(&self.another_instance(), delivery).await
    }

    /// A Keyspot token for the demo account.
    pub async fn keyspot_token(&self) -> String {
        issue_token(&self.app).await
    }

    /// Every item of the table whose partition key begins with `prefix`.
    pub async fn items(&self, prefix: &str) -> Vec<HashMap<String, AttributeValue>> {
        let scan = self.direct.scan().table_name(self.table_name()).consistent_read(true);
        let pages = scan.into_paginator().items();
        let items = pages.send().collect::<Result<Vec<_>, _>>().await.unwrap();
        items.into_iter().filter(|item| item["pk"].as_s().unwrap().starts_with(prefix)).collect()
    }

    /// Deletes every lead but not its claims.
    pub async fn delete_leads(&self) {
        for mut lead in self.items("lead#").await {
            lead.retain(|name, _| name == "pk" || name == "sk");
            let delete = self.direct.delete_item().table_name(self.table_name());
            delete.set_key(Some(lead)).send().await.unwrap();
        }
    }

    /// Whether the world uses the embedded engine.
    pub fn is_embedded(&self) -> bool {
        self.embedded.is_some()
    }

    /// A client that reaches the table without the wire.
    pub fn direct_client(&self) -> Client {
        self.direct.clone()
    }

    fn table_name(&self) -> &str {
        self.app.context.table.name()
    }
}

/// A Keyspot token for an API key. It does not expire in any test.
pub fn sign_keyspot_token(api_key: &str) -> String {
    let claims = json!({
        "iss": "leadhook", "aud": "keyspot", "sub": TokenHash::of(api_key).as_str(),
        "iat": 0, "exp": 4_102_444_800_u64, "jti": "1",
    });
    sign_jwt(&json!({ "typ": "JWT", "alg": "HS256" }), &claims, SIGNING_KEY)
}

/// A JSON Web Token that is signed with HMAC-SHA256, whatever its header says.
pub fn sign_jwt(header: &Value, claims: &Value, key: &str) -> String {
    let [header, claims] =
        [header, claims].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part.to_string()));
    let signed = format!("{header}.{claims}");
    let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap().chain_update(&signed);
    format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

/// Runs a delivery in the given context.
pub async fn send_to(app: &App, delivery: Delivery) -> Answer {
    send_event(app, delivery.function, &delivery.event().to_string()).await
}

/// Runs an event through the handler of a function.
pub async fn send_event(app: &App, function: &str, event: &str) -> Answer {
    watch_log();
    let request = serde_json::from_str(event).unwrap();
    note_sent(&request);
    let route = ROUTES.iter().find(|route| route.function == function).unwrap();
    let answer = Answer::of(route.handle(app, &request).await.answer);
    operation_of(function, &request).check(&answer);
    answer
}

async fn issue_token(app: &App) -> String {
    let delivery = Delivery::new("keyspot-issue-token", "");
    let delivery = delivery.header("x-api-key", "demo-key").header("x-api-secret", "demo-secret");
    let issued = send_to(app, delivery).await;
    issued.body["data"]["token"].as_str().unwrap().to_owned()
}

fn new_app(
    table: LeadTable,
    sources: &Sources,
    replay_window: SignedDuration,
    timeouts: SenderTimeouts,
) -> App {
    let context = Context::new(table, sources.clone(), replay_window, timeouts);
    App::new(context, SigningSecret::fixed(SIGNING_KEY).unwrap())
}

fn new_sources(clock: &Arc<AtomicI64>) -> Sources {
    let clock = Arc::clone(clock);
    let now = move || Timestamp::from_millisecond(clock.load(SeqCst)).unwrap();
    // The clock does not move, so ids differ only by their random bits. The bits never repeat:
    // otherwise tests would have random id conflicts.
    let drawn = AtomicU64::new(0);
    let random = move || (rand::random::<u128>() << 64) | u128::from(drawn.fetch_add(1, SeqCst));
    Sources::new(now, random)
}
