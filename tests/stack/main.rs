//! The stack of `template.yaml`, deployed to an AWS engine: its API answers the sample events.
//!
//! Run by `tests/stack/events.py` and `tests/stack/policies.py`, which deploy the stack.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where and stop")]

use aws_sdk_dynamodb::{Client, types::AttributeValue};
use jiff::Timestamp;
use local::seed_demo_accounts;
use reqwest::Url;
use serde_json::Value;
use shared::{
    model::Contact,
    table::{LeadTable, connect_from_env},
};
use std::{
    collections::{BTreeMap, HashMap},
    env,
    net::Ipv4Addr,
};
use tests::{
    Answer, Given, SENDERS, SampleEvent, arrange_forwarded_leads, sample_events, send_over_http,
};

/// The base URL of the API.
const API_VARIABLE: &str = "TEST_STACK_API";
/// The table of the stack.
const TABLE_VARIABLE: &str = "TEST_STACK_TABLE";
/// What is given, as the sample events say it: the events are sent for which it is. Functions
/// remember keys, so they must start anew before another run.
const GIVEN_VARIABLE: &str = "TEST_STACK_GIVEN";
/// The function whose effects are printed.
const FUNCTION_VARIABLE: &str = "TEST_STACK_FUNCTION";

/// The stack.
struct Stack {
    base: String,
    http: reqwest::Client,
    client: Client,
    table: LeadTable,
}

impl Stack {
    /// The stack of this run; `None` if this run has none, or not the variable with its aim.
    async fn of(aim_variable: &str) -> Option<(Self, String)> {
        let (Ok(base), Ok(aim)) = (env::var(API_VARIABLE), env::var(aim_variable)) else {
            eprintln!("skipped: {API_VARIABLE} or {aim_variable} is not set");
            return None;
        };
        let host = Url::parse(&base).unwrap().host_str().unwrap().to_owned();
        let engine = (Ipv4Addr::LOCALHOST, 0).into();
        let http = reqwest::Client::builder().resolve(&host, engine).build().unwrap();
        let client = connect_from_env().await;
        let table = LeadTable::new(client.clone(), env::var(TABLE_VARIABLE).unwrap());
        Some((Self { base, http, client, table }, aim))
    }

    async fn send(&self, event: &SampleEvent) -> Answer {
        send_over_http(event, &self.http, &self.base).await
    }

    async fn items(&self) -> Vec<HashMap<String, AttributeValue>> {
        let scan = self.client.scan().table_name(self.table.name());
        scan.send().await.unwrap().items.unwrap()
    }

    /// Deletes the items with such a partition key, and makes the demo accounts.
    async fn reset(&self, prefix: &str) {
        for mut item in self.items().await {
            item.retain(|name, _| name == "pk" || name == "sk");
            if item["pk"].as_s().unwrap().starts_with(prefix) {
                let delete = self.client.delete_item().table_name(self.table.name());
                delete.set_key(Some(item)).send().await.unwrap();
            }
        }
        seed_demo_accounts(&self.table).await.unwrap();
    }

    /// Sends an event, and tells its effect: the status of the answer, and how many items of each
    /// kind are in the table then.
    async fn effect(&self, event: &SampleEvent) -> String {
        let mut effect = format!("{}/{}", event.function, event.name);
        for before in event.before().iter().chain([event]) {
            effect += &format!(" {}", self.send(before).await.status);
        }
        let mut kinds = BTreeMap::<_, usize>::new();
        for item in self.items().await {
            let kind = item["pk"].as_s().unwrap().split('#').next().unwrap().to_owned();
            // The day of the last use is noted in the item of a key.
            let kind =
                if item.contains_key("last_used_on") { format!("used {kind}") } else { kind };
            *kinds.entry(kind).or_default() += 1;
        }
        format!("{effect} {kinds:?}")
    }
}

/// Whether an event is a request to an HTTP API.
fn is_sendable(event: &SampleEvent) -> bool {
    let json: Value = serde_json::from_str(&event.event).unwrap();
    event.is_request() && json["routeKey"].as_str().is_some_and(|route| route != "$default")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_answers_the_sample_events() {
    let Some((stack, given)) = Stack::of(GIVEN_VARIABLE).await else { return };
    let (mut sent, mut wrong) = (0, Vec::new());
    let is_given = |event: &SampleEvent| event.given_in_words().unwrap_or_default() == given;
    for event in sample_events().iter().filter(|event| is_sendable(event) && is_given(event)) {
        if event.given() != Given::NoTable {
            stack.reset("").await;
            event.given().arrange(&stack.table, &stack.client).await;
        }
        for before in event.before() {
            stack.send(&before).await;
        }
        let difference = event.differs(&stack.send(event).await);
        wrong.extend(difference.map(|what| format!("{}/{}: {what}", event.function, event.name)));
        sent += 1;
    }
    assert!(sent > 0, "no event has this given: {given}");
    assert!(wrong.is_empty(), "{sent} events, wrong: {wrong:#?}");
    println!("{sent} events good: {given}");
}

/// Prints what a function does with its sample events in accounts that block somebody, also if the
/// leads of claims were deleted. `policies.py` compares this with what the function does without one
/// of its permissions.
#[tokio::test(flavor = "multi_thread")]
async fn the_effects_of_a_function() {
    let Some((stack, function)) = Stack::of(FUNCTION_VARIABLE).await else { return };
    let is_taken = |event: &SampleEvent| {
        event.function == function && [Given::DemoTable, Given::Leads].contains(&event.given())
    };
    for event in sample_events().iter().filter(|event| is_sendable(event) && is_taken(event)) {
        stack.reset("").await;
        if event.given() == Given::Leads {
            arrange_forwarded_leads(&stack.table, &stack.client, Timestamp::now()).await;
        }
        for sender in SENDERS {
            let blocked = [Contact::email("nobody@exemplo.com")].into();
            stack.table.block(&sender.account(), &blocked).await.unwrap();
        }
        println!("{}", stack.effect(event).await);
        stack.reset("lead#").await;
        println!("{}", stack.effect(event).await);
    }
}
