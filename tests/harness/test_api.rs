use crate::{
    account::account,
    delivery::{Answer, Delivery},
    document::operation_of,
    test_table::{TestTable, unique_numbers},
    watched_log::{note_sent, watch_log},
};
use jiff::SignedDuration;
use keyspot::SigningSecret;
use local::seed_demo_accounts;
use providers::{App, ROUTES};
use shared::{
    delivery::{Context, DEFAULT_REPLAY_WINDOW, SenderTimeouts},
    model::{Account, ApiKey, ClockAndRandom, Provider, TokenHash},
    table::{LeadTable, Timeouts},
};
use std::{ops::Deref, sync::Arc};

/// The key that signs the tokens of every test and of the sample events. `sam local` and `cargo
/// lambda watch` have the same key.
pub const SIGNING_KEY: &str = "everyone-knows-this-key-use-it-locally-only";

/// A table with the demo accounts, and the functions that use it.
pub struct TestApi {
    /// The state of the handlers.
    pub app: Arc<App>,
    table: TestTable,
    system: ClockAndRandom,
}

impl TestApi {
    /// A new table with the demo accounts, and one instance of the functions.
    pub async fn start() -> Self {
        let table = TestTable::start().await;
        seed_demo_accounts(&table.direct).await.unwrap();
        let system = table.system(unique_numbers());
        let connected = table.connect(Timeouts::LOCAL);
        let app = new_app(connected, system.clone(), SenderTimeouts::LOCAL);
        Self { app: Arc::new(app), table, system }
    }

    /// Another function instance with the same table and empty caches.
    pub fn another_instance(&self) -> Arc<App> {
        self.instance_of(Timeouts::LOCAL, SenderTimeouts::LOCAL)
    }

    /// Another function instance with these timeouts.
    pub fn instance_of(&self, timeouts: Timeouts, of_sender: SenderTimeouts) -> Arc<App> {
        Arc::new(new_app(self.connect(timeouts), self.system.clone(), of_sender))
    }

    /// Another function instance whose tokens are signed with other keys.
    pub fn instance_with(&self, signing_secret: SigningSecret) -> App {
        App::new(self.new_context(DEFAULT_REPLAY_WINDOW), signing_secret)
    }

    /// The same with another replay window.
    pub fn with_replay_window(self, window: SignedDuration) -> Self {
        let app = App::new(self.new_context(window), signing_secret());
        Self { app: Arc::new(app), ..self }
    }

    fn new_context(&self, window: SignedDuration) -> Context {
        let table = self.connect(Timeouts::LOCAL);
        Context::new(table, self.system.clone(), window, SenderTimeouts::LOCAL)
    }

    /// Stores a key of an account.
    pub async fn put_key(&self, token: &str, key: ApiKey) {
        self.direct.put_api_key(&TokenHash::of(token), key).await.unwrap();
    }

    /// Stores a key of an account that never expires.
    pub async fn open_account(&self, token: &str, account: Account) {
        self.put_key(token, ApiKey::new(account)).await;
    }

    /// Stores a key of Flextell that may act for these tenants.
    pub async fn open_tenants(&self, token: &str, tenants: &[u64]) {
        let key = ApiKey::new(account(Provider::Flextell, token));
        self.put_key(token, ApiKey { tenants: tenants.to_vec(), ..key }).await;
    }

    /// The table of the functions, over the connection that can fail.
    pub fn table(&self) -> &LeadTable {
        &self.app.context.table
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
        let request = Delivery::new("keyspot-issue-token", "");
        let request = request.header("x-api-key", "demo-key").header("x-api-secret", "demo-secret");
        let issued = self.send(request).await;
        issued.body["data"]["token"].as_str().unwrap().to_owned()
    }
}

impl Deref for TestApi {
    type Target = TestTable;

    fn deref(&self) -> &TestTable {
        &self.table
    }
}

/// A function instance with the default replay window, which signs tokens with [`SIGNING_KEY`].
pub fn new_app(table: LeadTable, system: ClockAndRandom, timeouts: SenderTimeouts) -> App {
    App::new(Context::new(table, system, DEFAULT_REPLAY_WINDOW, timeouts), signing_secret())
}

fn signing_secret() -> SigningSecret {
    SigningSecret::fixed(SIGNING_KEY).unwrap()
}

/// A mark that no other write has.
pub fn random_mark() -> String {
    ClockAndRandom::system().random_mark()
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
