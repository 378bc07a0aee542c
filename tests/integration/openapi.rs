//! The documents in `docs/openapi/` agree with the code. The harness also checks each answer of each
//! test against them.

use providers::ROUTES;
use serde_json::{Map, Value, json};
use shared::{
    model::{Account, AccountId, ApiKey, Contact, Provider},
    request::MAX_BODY_BYTES,
};
use std::collections::{BTreeMap, BTreeSet};
use tests::{
    Answer, Delivery, Document, Given, Operation, SampleEvent, Sender, World, sample_events,
    send_event,
};

#[test]
fn the_documents_have_every_route_and_no_other() {
    let documented: BTreeSet<&str> = Operation::all().map(|one| one.route.as_str()).collect();
    assert_eq!(documented, ROUTES.iter().map(|route| route.path).collect());
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
        let document = Document::all().iter().find(|one| one.provider == provider).unwrap();
        let schema = &document.value["components"]["schemas"][name];
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
        let document = Document::all().iter().find(|one| one.provider == provider).unwrap();
        let schemas = &document.value["components"]["schemas"];
        let members = schemas["LeadInput"]["properties"].as_object().unwrap().keys();
        let wanted = members.map(String::as_str).chain(besides.iter().copied());
        let names = &schemas.pointer(&format!("/{names}")).unwrap()["enum"];
        let names: BTreeSet<_> = texts(names).collect();
        assert_eq!(names, wanted.chain(["Idempotency-Key"]).collect(), "{}", provider.as_str());
    }
}

/// Each documented value of RD Station's issues is in an answer.
#[tokio::test]
async fn every_documented_value_of_an_issue_is_met() {
    let operation =
        Operation::all().find(|operation| operation.provider == Provider::RdStation).unwrap();
    let (document, schema) = (operation.document(), operation.body().unwrap());
    let world = World::start().await;
    let sender = Sender::of(operation.provider);
    let blocked = [Contact::email("blocked@x.com")].into();
    world.app.context.table.block(&sender.account(), &blocked).await.unwrap();
    let delivery = sender.delivery(&world, 1).await;
    let mut deliveries = vec![
        delivery.clone().header("idempotency-key", &"a".repeat(256)),
        delivery.clone().with_body(r#"{"email": "blocked@x.com"}"#),
    ];
    let bodies = bodies(document, schema).into_iter();
    deliveries.extend(bodies.map(|body| delivery.clone().with_body(body.to_string())));
    let mut met: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for delivery in deliveries {
        let answer = world.send(delivery).await.body;
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

/// The documented limit of a body is the function's.
#[tokio::test]
async fn a_body_may_have_the_documented_size() {
    for operation in Operation::all() {
        let Some(body) = operation.value.get("requestBody") else {
            assert!(!operation.responses.contains_key(&413), "{}", operation.route);
            continue;
        };
        let max = &operation.document().resolve(body)["x-leadhook-max-bytes"];
        let max: usize = max.as_u64().unwrap().try_into().unwrap();
        assert_eq!(max, MAX_BODY_BYTES, "{}", operation.route);
        let world = World::start().await;
        let sender = Sender::of(operation.provider);
        let delivery = addressed(sender.delivery(&world, 1).await, operation);
        let text = (sender.body)(1).to_string();
        for (length, wanted) in [(max, sender.created), (max + 1, 413)] {
            let body = text.clone() + &" ".repeat(length - text.len());
            let answer = world.send(delivery.clone().with_body(body)).await;
            assert_eq!(answer.status, wanted, "{} {length}", operation.route);
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
            let route = &operation.route;
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
    let world = World::start().await;
    sample.given().arrange(&world.app.context.table, &world.direct_client()).await;
    world.wire.set_away(sample.given() == Given::TableAway);
    for before in sample.before() {
        send_event(&world.app, &before.function, &at_route(&before.event, route)).await;
    }
    send_event(&world.app, &sample.function, &at_route(&sample.event, route)).await
}

fn at_route(event: &str, route: &str) -> String {
    let mut event: Value = parse(event);
    if !route.contains('{') {
        event["routeKey"] = format!("POST {route}").into();
        event["rawPath"] = route.into();
        event["pathParameters"] = json!({});
        event["requestContext"]["http"]["path"] = route.into();
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
                assert!(is_met, "{} {status} {member} {code}", operation.route);
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
    for operation in Operation::all().filter(|operation| operation.body().is_some()) {
        let sender = Sender::of(operation.provider);
        let mut replayed = BTreeSet::new();
        for is_known in [false, true] {
            let world = World::start().await;
            let delivery = addressed(sender.delivery(&world, 1).await, operation);
            if is_known && sender.unique {
                world.send(delivery.clone()).await;
            }
            let delivery = delivery.header("idempotency-key", "first");
            world.send(delivery.clone()).await;
            let again = world.send(delivery).await;
            assert_eq!(again.headers["idempotency-replayed"], "true", "{}", operation.route);
            replayed.insert(again.status);
        }
        let responses = operation.responses.iter();
        let documented = responses
            .filter(|(_, response)| response.headers.contains_key("idempotency-replayed"))
            .map(|(status, _)| *status);
        assert_eq!(replayed, documented.collect(), "{}", operation.route);
    }
}

/// A delivery at the path of an operation.
fn addressed(delivery: Delivery, operation: &Operation) -> Delivery {
    let parameters = operation.value["parameters"].as_array().into_iter().flatten();
    let mut in_path = parameters.filter(|parameter| parameter["in"] == "path");
    match in_path.next() {
        Some(parameter) => delivery.chatbot(parameter["example"].as_str().unwrap()),
        None => delivery,
    }
}

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
        let world = World::start().await;
        let delivery = delivery_to(&world, operation).await;
        for body in bodies(document, schema) {
            let text = body.to_string();
            let answer = world.send(delivery.clone().with_body(text.clone())).await;
            let wanted =
                if validator.is_valid(&body) { Judgement::Accepted } else { Judgement::Refused };
            let cut: String = text.chars().take(500).collect();
            let route = &operation.route;
            assert_eq!(judgement(&answer), wanted, "{route}: {cut}: {}", answer.text);
        }
    }
}

/// A delivery with valid credentials. For Flextell it is a tenant without a directory, because a
/// document cannot say which ids a directory has.
async fn delivery_to(world: &World, operation: &Operation) -> Delivery {
    let sender = Sender::of(operation.provider);
    if operation.provider != Provider::Flextell {
        return addressed(sender.delivery(world, 1).await, operation);
    }
    let account = Account { provider: Provider::Flextell, id: AccountId::from_static("7") };
    world.put_key("seven", ApiKey { tenants: vec![7], ..ApiKey::new(account) }).await;
    Delivery::new(sender.function, "").bearer("seven").header("x-tenant", "7")
}

/// Bodies that differ in one member from the smallest valid one.
fn bodies(document: &Document, schema: &Value) -> Vec<Value> {
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
        let world = World::start().await;
        let parameters = operation.value["parameters"].as_array().into_iter().flatten();
        let parameters = parameters.map(|parameter| document.resolve(parameter));
        for parameter in parameters.filter(|parameter| parameter["in"] == "header") {
            let name = parameter["name"].as_str().unwrap().to_lowercase();
            let schema = document.validator(&parameter["schema"]);
            let sender = Sender::of(operation.provider);
            let delivery = addressed(sender.delivery(&world, 1).await, operation);
            let absent = world.send(delivery.clone().without_header(&name)).await;
            let is_required = parameter["required"] == true;
            assert_eq!(judgement(&absent) == Judgement::Refused, is_required, "{name}");
            let longest = parameter["schema"]["maxLength"].as_u64().unwrap_or(20) as usize;
            for value in ["1", "-1", "a"]
                .map(str::to_owned)
                .into_iter()
                .chain([longest, longest + 1].map(|length| format!("{:a>length$}", "")))
            {
                let answer = world.send(delivery.clone().header(&name, &value)).await;
                let number = value.parse::<i64>().map(Value::from);
                let is_valid = schema.is_valid(&value.clone().into())
                    || number.is_ok_and(|number| schema.is_valid(&number));
                let is_accepted = judgement(&answer) == Judgement::Accepted;
                assert_eq!(is_accepted, is_valid, "{} {name}: {value}", operation.route);
            }
        }
    }
}

fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn texts(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}
