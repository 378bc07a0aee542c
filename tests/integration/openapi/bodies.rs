//! Bodies and headers at the limits of the documents: a function accepts exactly those that its
//! document allows.

use super::{addressed, texts};
use crate::account_requests::{authorized, create_leads, requests};
use serde_json::{Map, Value, json};
use shared::model::Provider;
use tests::{Answer, Delivery, Document, Operation, Sender, TestApi};

/// What a function does with a body.
#[derive(Debug, PartialEq)]
enum Judgement {
    Accepted,
    Refused,
}

/// A known person is not an error in the body, so 409 counts as accepted.
fn judgement(answer: &Answer) -> Judgement {
    match answer.status {
        200 | 201 | 409 => Judgement::Accepted,
        400 | 422 => Judgement::Refused,
        status => panic!("{status} {}", answer.text),
    }
}

/// Each member in turn is absent, has each JSON type, each documented value, the longest length and
/// one more. The function accepts exactly the bodies that the document allows.
#[tokio::test]
async fn a_body_is_accepted_if_its_document_allows_it() {
    for operation in Operation::all() {
        let Some(schema) = operation.body() else { continue };
        let document = operation.document();
        let validator = document.validator(schema);
        let api = TestApi::start().await;
        let delivery = delivery_to(&api, operation).await;
        for body in bodies(document, schema) {
            let text = body.to_string();
            let answer = api.send(delivery.clone().with_body(text.clone())).await;
            let wanted =
                if validator.is_valid(&body) { Judgement::Accepted } else { Judgement::Refused };
            let cut: String = text.chars().take(500).collect();
            let route = &operation.key;
            assert_eq!(judgement(&answer), wanted, "{route}: {cut}: {}", answer.text);
        }
    }
}

/// A delivery with valid credentials. For Flextell it is a tenant without a directory, because a
/// document cannot say which ids a directory has.
async fn delivery_to(api: &TestApi, operation: &Operation) -> Delivery {
    let sender = Sender::of(operation.provider);
    if operation.provider != Provider::Flextell || !operation.creates_leads() {
        return request_to(api, operation).await;
    }
    api.open_tenants("seven", &[7]).await;
    Delivery::new(sender.function, "").bearer("seven").header("x-tenant", "7")
}

/// A request to an operation that the provider answers.
pub(super) async fn request_to(api: &TestApi, operation: &Operation) -> Delivery {
    if operation.creates_leads() {
        return addressed(Sender::of(operation.provider).delivery(api, 1).await, operation);
    }
    let leads = create_leads(api, 1).await;
    let mut requests = requests(&leads).into_iter().map(|(_, request)| request);
    let request = requests.find(|request| request.function == operation.function()).unwrap();
    authorized(operation.provider, request)
}

/// Bodies that differ in one member from the smallest valid one.
pub(super) fn bodies(document: &Document, schema: &Value) -> Vec<Value> {
    let members = schema["properties"].as_object().unwrap();
    let examples = document.value["components"]["examples"].as_object().unwrap().values();
    let full: Map<_, _> =
        examples.flat_map(|example| example["value"].as_object().unwrap().clone()).collect();
    let smallest: Map<_, _> = texts(&schema["required"])
        .map(|name| (name.to_owned(), full.get(name).cloned().unwrap_or(json!("a"))))
        .collect();
    let mut bodies = vec![json!([]), json!("text"), Value::Null, smallest.clone().into()];
    for (name, member) in members {
        let mut without = smallest.clone();
        without.remove(name);
        bodies.push(without.into());
        let values = values(document, member);
        bodies.extend(values.into_iter().map(|value| with(&smallest, name, value)));
    }
    bodies.push(with(&smallest, "unknown_member", json!([null])));
    bodies
}

fn with(body: &Map<String, Value>, name: &str, value: Value) -> Value {
    let mut body = body.clone();
    body.insert(name.to_owned(), value);
    body.into()
}

/// Values of each JSON type, and values at the limits of a member's schema.
fn values(document: &Document, schema: &Value) -> Vec<Value> {
    let mut values =
        vec![json!(null), json!(true), json!(0), json!(1), json!(-1), json!(1.5), json!(1.0)];
    values.extend([json!(i64::MAX), json!(u64::MAX), json!(i64::MIN)]);
    values.extend([json!([]), json!(["a"]), json!([1]), json!({}), json!({"a": "b"})]);
    values.extend([json!({"a": 1}), json!({"a": {"b": [null]}}), json!(["a", null])]);
    let uuid = "a1b2c3d4-e5f6-7890-abcd-ef1234567890";
    let words = ["", " ", "text", "12", "+12", "a@x.com", "a@x@y.com", "x.com", "https://x.com/a"];
    values.extend(words.map(Value::from));
    values.extend([uuid.into(), uuid.replace('-', "").into()]);
    for value in enumerated(document, schema) {
        values.extend([json!(value), json!(format!("{value}x")), json!(value.to_uppercase())]);
        values.push(json!(value.to_lowercase()));
    }
    let parts = schema["anyOf"].as_array().into_iter().flatten().chain([schema]);
    let longest = parts.filter_map(|part| part["maxLength"].as_u64()).max();
    let longest = longest.unwrap_or(300) as usize;
    for length in [longest - 1, longest, longest + 1] {
        values.extend(of_length(length).map(Value::from));
    }
    values
}

fn enumerated<'a>(document: &'a Document, schema: &'a Value) -> Vec<&'a str> {
    let schema = document.resolve(schema);
    let either = schema["anyOf"].as_array().into_iter().flatten();
    let inner = either.flat_map(|schema| enumerated(document, schema));
    texts(&schema["enum"]).chain(inner).collect()
}

/// Texts with this number of characters: letters, digits, an e-mail, a URL.
fn of_length(length: usize) -> [String; 4] {
    let local = "a".repeat(length.saturating_sub(190).clamp(1, 64));
    let host = "b.".repeat(length) + "com";
    let host: String = host.chars().rev().take(length - local.len() - 1).collect();
    let host: String = host.chars().rev().collect();
    let host = host.replacen('.', "b", usize::from(host.starts_with('.')));
    let url = format!("https://x.com/{}", "a".repeat(length.saturating_sub(14)));
    ["é".repeat(length), "1".repeat(length), format!("{local}@{host}"), url]
}

/// Each header parameter in turn is absent, has the longest length and one more.
#[tokio::test]
async fn a_header_is_accepted_if_its_document_allows_it() {
    for operation in Operation::all() {
        let document = operation.document();
        let api = TestApi::start().await;
        let parameters = operation.value["parameters"].as_array().into_iter().flatten();
        let parameters = parameters.map(|parameter| document.resolve(parameter));
        for parameter in parameters.filter(|parameter| parameter["in"] == "header") {
            let name = parameter["name"].as_str().unwrap().to_lowercase();
            let schema = document.validator(&parameter["schema"]);
            let delivery = request_to(&api, operation).await;
            let absent = api.send(delivery.clone().without_header(&name)).await;
            let is_required = parameter["required"] == true;
            assert_eq!(judgement(&absent) == Judgement::Refused, is_required, "{name}");
            let longest = parameter["schema"]["maxLength"].as_u64().unwrap_or(20) as usize;
            for value in ["1", "-1", "a"]
                .map(str::to_owned)
                .into_iter()
                .chain([longest, longest + 1].map(|length| format!("{:a>length$}", "")))
            {
                let answer = api.send(delivery.clone().header(&name, &value)).await;
                let number = value.parse::<i64>().map(Value::from);
                let is_valid = schema.is_valid(&value.clone().into())
                    || number.is_ok_and(|number| schema.is_valid(&number));
                let is_accepted = judgement(&answer) == Judgement::Accepted;
                assert_eq!(is_accepted, is_valid, "{} {name}: {value}", operation.key);
            }
        }
    }
}
