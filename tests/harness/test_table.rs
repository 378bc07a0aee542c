use crate::connection::FaultyConnection;
use aws_sdk_dynamodb::{Client, types::AttributeValue};
use jiff::{SignedDuration, Timestamp};
use local::{EmbeddedTable, ServedTable, Storage, connect_to};
use shared::{
    model::ClockAndRandom,
    table::{LeadTable, Timeouts},
};
use std::{
    collections::HashMap,
    env,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering::SeqCst},
    },
};

/// Names another DynamoDB to run the tests on, such as Amazon's DynamoDB Local.
const ENDPOINT_VARIABLE: &str = "TEST_DYNAMODB_ENDPOINT";

/// A new table, a connection to it that can fail, and a clock that the test sets.
#[derive(Clone)]
pub struct TestTable {
    /// The connection between the functions and the table.
    pub connection: Arc<FaultyConnection>,
    /// The clock of the functions and of the table, in milliseconds.
    pub clock: Arc<AtomicI64>,
    /// The table without the connection that can fail.
    pub direct: LeadTable,
    client: Client,
    access_key: String,
    embedded: Option<Arc<EmbeddedTable>>,
}

impl TestTable {
    /// The time at which every test begins. It is far in the future, so that no table deletes
    /// items that have expired only by our clock.
    pub const BEGINNING: &str = "2076-01-15T10:30:00.123Z";

    /// In memory on the embedded engine, or in the DynamoDB at `TEST_DYNAMODB_ENDPOINT`.
    pub async fn start() -> Self {
        let Ok(endpoint) = env::var(ENDPOINT_VARIABLE) else { return Self::embedded().await };
        Self::new(&endpoint, "local", begin(), None).await
    }

    /// In memory on the embedded engine.
    pub async fn embedded() -> Self {
        let clock = begin();
        let engine = EmbeddedTable::open(&Storage::Memory).await.unwrap();
        let mut engine = engine.with_system(system(&clock, || 0));
        let ServedTable { endpoint, access_key, .. } = engine.serve(None).await.unwrap();
        Self::new(&endpoint, access_key.as_str(), clock, Some(Arc::new(engine))).await
    }

    async fn new(
        endpoint: &str,
        access_key: &str,
        clock: Arc<AtomicI64>,
        embedded: Option<Arc<EmbeddedTable>>,
    ) -> Self {
        let connection =
            Arc::new(FaultyConnection::with_clock(endpoint, system(&clock, || 0)).await);
        let client = match &embedded {
            Some(engine) => engine.client(),
            None => connect_to(endpoint, access_key, Timeouts::LOCAL),
        };
        let direct = new_table(&client).await;
        Self { connection, clock, direct, client, access_key: access_key.to_owned(), embedded }
    }

    /// A client over the connection that can fail.
    pub fn client(&self, timeouts: Timeouts) -> Client {
        connect_to(&self.connection.endpoint, &self.access_key, timeouts)
    }

    /// The table over the connection that can fail.
    pub fn connect(&self, timeouts: Timeouts) -> LeadTable {
        LeadTable::new(self.client(timeouts), self.direct.name())
    }

    /// The test's clock with these random numbers.
    pub fn system(&self, random: impl Fn() -> u128 + Send + Sync + 'static) -> ClockAndRandom {
        system(&self.clock, random)
    }

    /// Lets time pass.
    pub fn advance(&self, by: SignedDuration) {
        self.clock.fetch_add(by.as_millis() as i64, SeqCst);
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.clock.load(SeqCst)).unwrap()
    }

    /// Every item whose partition key begins with `prefix`.
    pub async fn items(&self, prefix: &str) -> Vec<HashMap<String, AttributeValue>> {
        let scan = self.client.scan().table_name(self.direct.name()).consistent_read(true);
        let pages = scan.into_paginator().items();
        let items = pages.send().collect::<Result<Vec<_>, _>>().await.unwrap();
        items.into_iter().filter(|item| item["pk"].as_s().unwrap().starts_with(prefix)).collect()
    }

    /// Deletes every lead but not its claims.
    pub async fn delete_leads(&self) {
        for mut lead in self.items("lead#").await {
            lead.retain(|name, _| name == "pk" || name == "sk");
            let delete = self.client.delete_item().table_name(self.direct.name());
            delete.set_key(Some(lead)).send().await.unwrap();
        }
    }

    /// Whether it is on the embedded engine.
    pub fn is_embedded(&self) -> bool {
        self.embedded.is_some()
    }

    /// A client without the connection that can fail.
    pub fn direct_client(&self) -> Client {
        self.client.clone()
    }
}

/// Random numbers of which no two are equal, not even in the low bits that an id uses.
pub fn unique_numbers() -> impl Fn() -> u128 + Send + Sync {
    let count = AtomicU64::new(0);
    move || (rand::random::<u128>() << 64) | u128::from(count.fetch_add(1, SeqCst))
}

/// A clock at the time at which every test begins.
fn begin() -> Arc<AtomicI64> {
    let beginning: Timestamp = TestTable::BEGINNING.parse().unwrap();
    Arc::new(AtomicI64::new(beginning.as_millisecond()))
}

fn system(
    clock: &Arc<AtomicI64>,
    random: impl Fn() -> u128 + Send + Sync + 'static,
) -> ClockAndRandom {
    let clock = Arc::clone(clock);
    ClockAndRandom::new(move || Timestamp::from_millisecond(clock.load(SeqCst)).unwrap(), random)
}

async fn new_table(client: &Client) -> LeadTable {
    let name = format!("leads-{:032x}", rand::random::<u128>());
    let table = LeadTable::new(client.clone(), name);
    table.create().await.unwrap();
    table
}
