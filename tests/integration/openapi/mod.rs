//! The documents in `docs/openapi/` agree with the code. The harness also checks each answer of
//! each test against them.

mod answers;
mod bodies;

use bodies::request_to;
use providers::{ROUTES, Route};
use serde_json::{Value, json};
use shared::{model::Provider, request::MAX_BODY_BYTES};
use std::collections::BTreeSet;
use tests::{Delivery, Document, Operation, SampleEvent, Sender, TestApi, sample_events};

#[test]
fn the_documents_have_every_route_and_no_other() {
    let documented: BTreeSet<_> = Operation::all().map(|one| one.key.clone()).collect();
    assert_eq!(documented, ROUTES.iter().map(Route::key).collect());
    for Document { provider, value } in Document::all() {
        let servers = value["servers"].as_array().unwrap();
        let prefix = format!("/{}", provider.as_str());
        assert!(servers.iter().all(|server| server["url"].as_str().unwrap().ends_with(&prefix)));
    }
}

#[test]
fn the_examples_are_the_bodies_of_the_sample_events() {
    let samples = sample_events();
    for Document { provider, value } in Document::all() {
        let examples = value["components"]["examples"].as_object().unwrap();
        assert!(!examples.is_empty());
        for (name, example) in examples {
            let function = format!("{}-create-lead", provider.as_str());
            let is_it = |sample: &&SampleEvent| sample.function == function && sample.name == *name;
            let event: Value = parse(&samples.iter().find(is_it).unwrap().event);
            let body: Value = parse(event["body"].as_str().unwrap());
            assert_eq!(example["value"], body, "{function}/{name}");
        }
    }
}

#[test]
fn the_documents_have_the_enumerations_of_the_code() {
    for (provider, name, values) in [
        (Provider::Integrabot, "Channel", &integrabot::TYPES[..]),
        (Provider::RdStation, "Capture", &rdstation::CAPTURES),
        (Provider::PollyBot, "Status", &pollybot::STATUSES),
        (Provider::Keyspot, "Source", &keyspot::SOURCES),
    ] {
        let schema = &Document::of(provider).value["components"]["schemas"][name];
        assert_eq!(schema["enum"], json!(values), "{}", provider.as_str());
    }
}

/// An answer names a field at fault. The names are those of the body's members, and of what is
/// checked besides.
#[test]
fn the_names_of_fields_at_fault_are_those_of_the_body() {
    for (provider, names, besides) in [
        (Provider::Integrabot, "ValidationError/properties/message/propertyNames", &["body"][..]),
        (Provider::RdStation, "Issue/properties/path/items", &[]),
        (Provider::PollyBot, "FieldFault/properties/field", &[]),
    ] {
        let schemas = &Document::of(provider).value["components"]["schemas"];
        let members = schemas["LeadInput"]["properties"].as_object().unwrap().keys();
        let wanted = members.map(String::as_str).chain(besides.iter().copied());
        let names = &schemas.pointer(&format!("/{names}")).unwrap()["enum"];
        let names: BTreeSet<_> = texts(names).collect();
        assert_eq!(names, wanted.chain(["Idempotency-Key"]).collect(), "{}", provider.as_str());
    }
}

/// The documented limit of a body is the function's.
#[tokio::test]
async fn a_body_may_have_the_documented_size() {
    for operation in Operation::all() {
        let Some(body) = operation.value.get("requestBody") else {
            assert!(!operation.responses.contains_key(&413), "{}", operation.key);
            continue;
        };
        let max = &operation.document().resolve(body)["x-leadhook-max-bytes"];
        let max: usize = max.as_u64().unwrap().try_into().unwrap();
        assert_eq!(max, MAX_BODY_BYTES, "{}", operation.key);
        let api = TestApi::start().await;
        let sender = Sender::of(operation.provider);
        let delivery = request_to(&api, operation).await;
        let (text, done) = if operation.creates_leads() {
            ((sender.body)(1).to_string(), sender.created)
        } else {
            ("{}".to_owned(), 200)
        };
        for (length, wanted) in [(max, done), (max + 1, 413)] {
            let body = text.clone() + &" ".repeat(length - text.len());
            let answer = api.send(delivery.clone().with_body(body)).await;
            assert_eq!(answer.status, wanted, "{} {length}", operation.key);
        }
    }
}

/// An object without unknown members has all members, because leadhook always answers all.
#[test]
fn answers_have_every_member_that_is_documented() {
    for Document { provider, value } in Document::all() {
        for schema in closed_schemas(value) {
            let properties = schema["properties"].as_object().unwrap();
            let required: BTreeSet<_> = texts(&schema["required"]).collect();
            assert_eq!(properties.keys().map(String::as_str).collect::<BTreeSet<_>>(), required);
            assert!(!required.is_empty(), "{}", provider.as_str());
        }
    }
}

fn closed_schemas(value: &Value) -> Vec<&Value> {
    let is_closed = value["additionalProperties"] == false;
    let members = value.as_object().into_iter().flatten().map(|(_, value)| value);
    let inner = members.chain(value.as_array().into_iter().flatten()).flat_map(closed_schemas);
    is_closed.then_some(value).into_iter().chain(inner).collect()
}

/// A delivery at the path of an operation.
fn addressed(delivery: Delivery, operation: &Operation) -> Delivery {
    let parameters = operation.value["parameters"].as_array().into_iter().flatten();
    let parameters = parameters.map(|parameter| operation.document().resolve(parameter));
    let mut in_path = parameters.filter(|parameter| parameter["in"] == "path");
    match in_path.next() {
        Some(parameter) => delivery.chatbot(parameter["example"].as_str().unwrap()),
        None => delivery,
    }
}

fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn texts(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}
