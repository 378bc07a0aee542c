//! Each answer, code and value in the documents is met.

use super::{addressed, bodies::bodies, parse, texts};
use serde_json::Value;
use shared::model::{Contact, Provider};
use std::collections::{BTreeMap, BTreeSet};
use tests::{
    Answer, Document, Given, Operation, SampleEvent, Sender, TestApi, sample_events, send_event,
};

/// Each documented value of RD Station's issues is in an answer.
#[tokio::test]
async fn every_documented_value_of_an_issue_is_met() {
    let mut operations = Operation::all().filter(|operation| operation.creates_leads());
    let operation = operations.find(|operation| operation.provider == Provider::RdStation).unwrap();
    let (document, schema) = (operation.document(), operation.body().unwrap());
    let api = TestApi::start().await;
    let sender = Sender::of(operation.provider);
    let blocked = [Contact::email("blocked@x.com")].into();
    api.table().block(&sender.account(), &blocked).await.unwrap();
    let delivery = sender.delivery(&api, 1).await;
    let mut deliveries = vec![
        delivery.clone().idempotency_key(&"a".repeat(256)),
        delivery.clone().with_body(r#"{"email": "blocked@x.com"}"#),
    ];
    let bodies = bodies(document, schema).into_iter();
    deliveries.extend(bodies.map(|body| delivery.clone().with_body(body.to_string())));
    let mut met: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for delivery in deliveries {
        let answer = api.send(delivery).await.body;
        for issue in answer["issues"].as_array().into_iter().flatten() {
            for (name, value) in issue.as_object().unwrap() {
                met.entry(name.clone()).or_default().insert(value.to_string());
            }
        }
    }
    for variant in document.value["components"]["schemas"]["Issue"]["oneOf"].as_array().unwrap() {
        for (name, property) in variant["properties"].as_object().into_iter().flatten() {
            for value in property["enum"].as_array().into_iter().flatten() {
                assert!(met[name].contains(&value.to_string()), "{name} {value}");
            }
        }
    }
}

/// For each operation and each of its statuses, a sample event gets this status.
#[tokio::test]
async fn every_documented_status_is_answered() {
    let samples = sample_events();
    for operation in Operation::all() {
        for status in operation.responses.keys() {
            let is_one = |sample: &&SampleEvent| {
                sample.function == operation.function()
                    && sample.answer["status"] == *status
                    && is_of_the_gateway(sample)
            };
            let sample = samples.iter().find(is_one);
            let route = &operation.key;
            let sample = sample.unwrap_or_else(|| panic!("no event gets {status} of {route}"));
            assert_eq!(answer_to(sample, route).await.status, *status, "{route}");
        }
    }
}

/// Whether an event is of an HTTP API: it has the routes of the documents.
fn is_of_the_gateway(sample: &SampleEvent) -> bool {
    parse(&sample.event)["routeKey"].as_str().is_some_and(|key| key != "$default")
}

/// The answer to a sample event at this route of its function.
async fn answer_to(sample: &SampleEvent, route: &str) -> Answer {
    let api = TestApi::start().await;
    sample.given().arrange(api.table(), &api.direct_client()).await;
    api.connection.set_away(sample.given() == Given::TableAway);
    for before in sample.before() {
        send_event(&api.app, &before.function, &at_route(&before.event, route)).await;
    }
    send_event(&api.app, &sample.function, &at_route(&sample.event, route)).await
}

/// The event at a route of its function, if it has all parameters of the route's path.
fn at_route(event: &str, key: &str) -> String {
    let mut event: Value = parse(event);
    let mut path = key.split(' ').nth(1).unwrap().to_owned();
    let mut parameters = event["pathParameters"].as_object().cloned().unwrap_or_default();
    parameters.retain(|name, value| {
        let place = format!("{{{name}}}");
        let has_place = path.contains(&place);
        path = path.replace(&place, value.as_str().unwrap());
        has_place
    });
    if !path.contains('{') {
        event["routeKey"] = key.into();
        event["rawPath"] = path.as_str().into();
        event["pathParameters"] = parameters.into();
        event["requestContext"]["http"]["path"] = path.into();
    }
    event.to_string()
}

/// Each documented error code is in the answer to a sample event.
#[test]
fn every_documented_error_code_is_answered() {
    let samples = sample_events();
    for operation in Operation::all() {
        let responses = operation.value["responses"].as_object().unwrap();
        for (status, response) in responses {
            let of_status = samples.iter().filter(|sample| {
                sample.function == operation.function()
                    && sample.answer["status"] == status.parse::<u16>().unwrap()
            });
            let bodies: Vec<_> = of_status.map(|sample| &sample.answer["body"]).collect();
            for (member, code) in codes(operation.document(), response) {
                let is_met = bodies.iter().any(|body| body[member] == code);
                assert!(is_met, "{} {status} {member} {code}", operation.key);
            }
        }
    }
}

/// The values that the `code` and `error` of a response's body may have.
fn codes<'a>(document: &'a Document, value: &'a Value) -> Vec<(&'static str, &'a str)> {
    let value = document.resolve(value);
    let own = ["code", "error"].into_iter().flat_map(|member| {
        let schema = &value["properties"][member];
        let values = texts(&schema["enum"]).chain(schema["const"].as_str());
        values.map(move |value| (member, value))
    });
    let members = value.as_object().into_iter().flatten();
    let members = members.filter(|(name, _)| *name != "properties").map(|(_, value)| value);
    let inner = members.chain(value.as_array().into_iter().flatten());
    own.chain(inner.flat_map(|value| codes(document, value))).collect()
}

/// If a documented answer can be a replay, a second delivery gets it as a replay.
#[tokio::test]
async fn every_documented_replay_is_answered() {
    for operation in Operation::all().filter(|operation| operation.creates_leads()) {
        let sender = Sender::of(operation.provider);
        let mut replayed = BTreeSet::new();
        for is_known in [false, true] {
            let api = TestApi::start().await;
            let delivery = addressed(sender.delivery(&api, 1).await, operation);
            if is_known && sender.is_unique() {
                api.send(delivery.clone()).await;
            }
            let delivery = delivery.idempotency_key("first");
            api.send(delivery.clone()).await;
            let again = api.send(delivery).await;
            assert_eq!(again.headers["idempotency-replayed"], "true", "{}", operation.key);
            replayed.insert(again.status);
        }
        let responses = operation.responses.iter();
        let documented = responses
            .filter(|(_, response)| response.headers.contains_key("idempotency-replayed"))
            .map(|(status, _)| *status);
        assert_eq!(replayed, documented.collect(), "{}", operation.key);
    }
}
