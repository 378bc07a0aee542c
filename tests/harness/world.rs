use crate::{Answer, Delivery, Wire};
use aws_sdk_dynamodb::{Client, types::AttributeValue};
use jiff::{SignedDuration, Timestamp};
use leadhook::{DEMO_ACCOUNTS, EmbeddedTable, ROUTES, Storage};
use shared::{
    Account, ApiKey, Context, LeadTable, Sources, TokenHash,
    dynamodb::{Patience, connect_local},
};
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering::SeqCst},
    },
};

const TABLE_NAME: &str = "leads";

/// A fresh table with the demo accounts, the context that handlers run in, and their clock.
pub struct World {
    /// What the handlers are given.
    pub context: Arc<Context>,
    /// What stands between the handlers and the table.
    pub wire: Wire,
    embedded: EmbeddedTable,
    clock: Arc<AtomicI64>,
}

impl World {
    /// The time at which every world begins.
    pub const BEGINNING: &str = "2026-01-15T10:30:00.123Z";

    /// A world of its own, in memory.
    pub async fn start() -> Self {
        let embedded = EmbeddedTable::open(&Storage::Memory).await.unwrap();
        let table = LeadTable::new(embedded.client(), TABLE_NAME);
        table.create().await.unwrap();
        for account in &DEMO_ACCOUNTS {
            account.seed(&table).await.unwrap();
        }
        let beginning: Timestamp = Self::BEGINNING.parse().unwrap();
        let clock = Arc::new(AtomicI64::new(beginning.as_millisecond()));
        let wire = Wire::to(embedded.endpoint()).await;
        let context = new_context(&wire, &clock);
        Self { context, wire, embedded, clock }
    }

    /// Another function instance over the same table, with nothing looked up yet.
    pub fn another_instance(&self) -> Arc<Context> {
        new_context(&self.wire, &self.clock)
    }

    /// Lets time pass.
    pub fn advance(&self, by: SignedDuration) {
        self.clock.fetch_add(by.as_millis() as i64, SeqCst);
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        self.context.sources.now()
    }

    /// Stores a key that opens an account.
    pub async fn put_key(&self, token: &str, key: ApiKey) {
        self.context.table.put_api_key(&TokenHash::of(token), key).await.unwrap();
    }

    /// Stores a key without end for an account.
    pub async fn open_account(&self, token: &str, account: Account) {
        self.put_key(token, ApiKey { account, expires_at: None, revoked_at: None }).await;
    }

    /// Runs a delivery through the handler of its function.
    pub async fn send(&self, delivery: Delivery) -> Answer {
        send_to(&self.context, delivery).await
    }

    /// Every item of the table whose partition key begins with `prefix`.
    pub async fn items(&self, prefix: &str) -> Vec<HashMap<String, AttributeValue>> {
        let pages = self.direct_client().scan().table_name(TABLE_NAME).into_paginator().items();
        let items = pages.send().collect::<Result<Vec<_>, _>>().await.unwrap();
        items.into_iter().filter(|item| item["pk"].as_s().unwrap().starts_with(prefix)).collect()
    }

    /// A client that reaches the table without the wire.
    pub fn direct_client(&self) -> Client {
        self.embedded.client()
    }
}

/// Runs a delivery in a context of one's own.
pub async fn send_to(context: &Context, delivery: Delivery) -> Answer {
    send_event(context, delivery.function, &delivery.event().to_string()).await
}

/// Runs an event through the handler of a function.
pub async fn send_event(context: &Context, function: &str, event: &str) -> Answer {
    let route = ROUTES.iter().find(|route| route.function == function).unwrap();
    let request = lambda_http::request::from_str(event).unwrap();
    Answer::of((route.handler)(context, &request).await)
}

fn new_context(wire: &Wire, clock: &Arc<AtomicI64>) -> Arc<Context> {
    let table = LeadTable::new(connect_local(&wire.endpoint), TABLE_NAME);
    let clock = Arc::clone(clock);
    let now = move || Timestamp::from_millisecond(clock.load(SeqCst)).unwrap();
    Arc::new(Context::new(table, Sources::new(now, rand::random), Patience::LOCAL.answer))
}
