//! The model of the table answers as the embedded engine, or as the DynamoDB at
//! `TEST_DYNAMODB_ENDPOINT`: all requests of histories are sent to both. `COMPARED_HISTORIES` sets
//! how many.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where and stop")]

use local::{EmbeddedTable, ServedTable, Storage, connect_to};
use reqwest::Client;
use serde_json::Value;
use shared::table::{LeadTable, Timeouts};
use simulation::{Wanted, history_of, play, table::Exchange, with_stack};
use std::env;

/// A DynamoDB, and the access key that it requires.
struct DynamoDb {
    client: Client,
    endpoint: String,
    access_key: String,
}

impl DynamoDb {
    /// Sends a request. An error is DynamoDB's error.
    async fn ask(&self, operation: &str, request: String) -> Result<Value, Value> {
        let scope = format!("{}/20260101/us-east-1/dynamodb/aws4_request", self.access_key);
        let signed =
            format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0");
        let post = self.client.post(&self.endpoint);
        let post = post.header("x-amz-target", format!("DynamoDB_20120810.{operation}"));
        let post = post.header("content-type", "application/x-amz-json-1.0");
        let post = post.header("authorization", signed).header("x-amz-date", "20260101T000000Z");
        let answer = post.body(request).send().await.unwrap();
        let is_done = answer.status().is_success();
        let answer = answer.json().await.unwrap();
        if is_done { Ok(answer) } else { Err(answer) }
    }
}

/// What of an answer matters to leadhook, in one order.
fn essence(answer: &Result<Value, Value>) -> Result<Value, Value> {
    let reduce = |answer: &Value| {
        let mut answer = answer.clone();
        answer.sort_all_objects();
        reduce(&mut answer);
        answer
    };
    answer.as_ref().map(reduce).map_err(reduce)
}

fn reduce(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for name in ["message", "Message", "ScannedCount", "ConsumedCapacity"] {
                members.shift_remove(name);
            }
            if let Some(kind) = members.get_mut("__type") {
                *kind = kind.as_str().unwrap().rsplit('#').next().unwrap().into();
            }
            members.values_mut().for_each(reduce);
            // The members of a set, and the items of a batch, have no order.
            for name in ["SS", "NS", "leads"] {
                if let Some(Value::Array(texts)) = members.get_mut(name) {
                    texts.sort_by_key(Value::to_string);
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(reduce),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

async fn compare(dynamodb: &DynamoDb, seed: u64, exchanges: &[Exchange]) {
    let client = connect_to(&dynamodb.endpoint, &dynamodb.access_key, Timeouts::LOCAL);
    let table = LeadTable::new(client.clone(), "leads");
    table.create().await.unwrap();
    for (n, Exchange { operation, request, answer }) in exchanges.iter().enumerate() {
        let got = dynamodb.ask(operation, request.clone()).await;
        let (expected, got) = (essence(answer), essence(&got));
        assert_eq!(expected, got, "seed {seed}, request {n}: {operation} {request}");
    }
    client.delete_table().table_name("leads").send().await.unwrap();
}

#[test]
fn the_model_of_the_table_answers_as_dynamodb_does() {
    let histories = env::var("COMPARED_HISTORIES").map_or(30, |number| number.parse().unwrap());
    let play_all = move || {
        let play = |seed| (seed, play(&history_of(seed), Wanted::Requests).exchanges);
        (0..histories).map(play).collect::<Vec<_>>()
    };
    let played = with_stack(play_all);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut engine = EmbeddedTable::open(&Storage::Memory).await.unwrap();
        let ServedTable { endpoint, access_key } = engine.serve(None).await.unwrap();
        let client = Client::new();
        let dynamodb = match env::var("TEST_DYNAMODB_ENDPOINT") {
            Ok(endpoint) => DynamoDb { client, endpoint, access_key: "local".to_owned() },
            Err(_) => DynamoDb { client, endpoint, access_key: access_key.as_str().to_owned() },
        };
        let mut compared = 0;
        for (seed, exchanges) in &played {
            compare(&dynamodb, *seed, exchanges).await;
            compared += exchanges.len();
        }
        println!("{compared} requests of {} histories", played.len());
        assert!(compared > 100, "nothing was compared");
    });
}
