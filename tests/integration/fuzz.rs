//! Random bodies, headers and events for every provider. The fuzz targets in `fuzz/` check the same
//! properties, but need nightly Rust. `FUZZ_CASES` sets how many cases of each kind.

use crate::account_requests::{Ids, authorized, requests};
use proptest::{
    collection::{hash_map, vec},
    option,
    prelude::*,
    sample::select,
    test_runner::{Config, TestRunner},
};
use serde_json::{Map, Value};
use std::env;
use tests::{Fuzzed, HeadersAndPath, Operation, SENDERS, TestApi};
use tokio::runtime::Runtime;

const CASES_VARIABLE: &str = "FUZZ_CASES";
const DEFAULT_CASES: u32 = 200;

fn runner() -> TestRunner {
    let cases = env::var(CASES_VARIABLE).map_or(DEFAULT_CASES, |cases| cases.parse().unwrap());
    TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() })
}

/// Text as people write it, and as attackers write it.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-z0-9 ]{0,12}",
        2 => "[a-z]{1,8}@[a-z]{1,8}\\.(com|com\\.br)",
        2 => "\\+?[0-9 ()-]{1,16}",
        2 => any::<String>(),
        1 => "[\\x00-\\x1f\"\\\\{}]{0,8}",
        1 => select(vec!["web", "manual", "new", "completed", "partial", "API", "https://a.b/c"]).prop_map(str::to_owned),
    ]
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        6 => text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            hash_map(text(), inner, 0..6)
                .prop_map(|members| members.into_iter().collect::<Map<_, _>>().into()),
        ]
    })
}

/// A body made of the fields that some provider has.
fn fields() -> impl Strategy<Value = Vec<u8>> {
    let mut names: Vec<&str> = SENDERS.iter().flat_map(|sender| sender.echoed).copied().collect();
    names.extend(["lead_status_id", "propertyCode", "trafficOrigin", "unknown"]);
    let value = prop_oneof![6 => text().prop_map(Value::from), 2 => json()];
    vec((select(names), value), 0..14).prop_map(|members| {
        // Not made with `json!`, because a member may be there twice.
        let members = members.iter().map(|(name, value)| format!("\"{name}\": {value}"));
        format!("{{{}}}", members.collect::<Vec<_>>().join(",")).into_bytes()
    })
}

/// A valid body with some of its bytes changed.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let bodies: Vec<String> = SENDERS.iter().map(|sender| (sender.body)(0).to_string()).collect();
    (select(bodies), vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)).prop_map(
        |(body, changes)| {
            let mut body = body.into_bytes();
            for (place, byte) in changes {
                let place = place.index(body.len());
                body[place] = byte;
            }
            body
        },
    )
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        5 => fields(),
        2 => damaged(),
        1 => json().prop_map(|value| value.to_string().into_bytes()),
        1 => vec(any::<u8>(), 0..64),
    ]
}

prop_compose! {
    fn headers_and_path()(
        headers in vec((select(vec!["authorization", "x-tenant", "x-api-key", "idempotency-key", "content-type", "x-forwarded-for"]), text()), 0..4),
        chatbot in option::of(text()),
    ) -> HeadersAndPath {
        let headers = headers.into_iter().map(|(name, value)| {
            // HTTP does not allow these characters in a header, so no function gets them.
            let value = value.chars().filter(|c| !c.is_control()).collect();
            (name.to_owned(), value)
        });
        HeadersAndPath { headers: headers.collect(), chatbot }
    }
}

#[test]
fn any_body_gets_a_documented_answer_with_the_values_that_were_sent() {
    let fuzzed = Fuzzed::start();
    for sender in SENDERS {
        let outcome = runner()
            .run(&body(), |body| fuzzed.check_body(sender, &body).map_err(TestCaseError::fail));
        assert!(outcome.is_ok(), "{}: {}", sender.function, outcome.unwrap_err());
    }
}

#[test]
fn any_headers_and_path_get_a_documented_answer() {
    let fuzzed = Fuzzed::start();
    for sender in SENDERS {
        let outcome = runner().run(&headers_and_path(), |sent| {
            fuzzed.check_headers_and_path(sender, &sent).map_err(TestCaseError::fail)
        });
        assert!(outcome.is_ok(), "{}: {}", sender.function, outcome.unwrap_err());
    }
}

#[test]
fn any_query_and_any_id_get_a_documented_answer() {
    let runtime = Runtime::new().unwrap();
    let api = runtime.block_on(TestApi::start());
    let known = ["", "1", "25", "new", "web", "2076-01-15", "a1b2c3d4-e5f6-7890-abcd-ef1234567890"];
    let value = prop_oneof![text(), select(known.to_vec()).prop_map(str::to_owned)];
    let query = vec((select(query_names()), value), 0..6).prop_map(|pairs| {
        let pairs = pairs.into_iter().map(|(name, value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join("&")
    });
    let outcome = runner().run(&(query, text()), |(query, id)| {
        for (provider, request) in requests(&Ids::all(&id)) {
            let request = authorized(provider, request.query(&query));
            // The harness compares the answer with the document.
            let answer = runtime.block_on(api.send(request));
            prop_assert!([200, 400, 404, 409, 422].contains(&answer.status), "{}", answer.text);
        }
        Ok(())
    });
    assert!(outcome.is_ok(), "{}", outcome.unwrap_err());
}

/// The names of all documented parameters of queries, and another one.
fn query_names() -> Vec<&'static str> {
    let parameters = Operation::all().flat_map(|operation| {
        let parameters = operation.value["parameters"].as_array().into_iter().flatten();
        parameters.map(|parameter| operation.document().resolve(parameter))
    });
    let names = parameters.filter(|parameter| parameter["in"] == "query");
    names.filter_map(|parameter| parameter["name"].as_str()).chain(["other"]).collect()
}

#[test]
fn any_other_member_of_an_event_does_not_stop_the_lead() {
    let fuzzed = Fuzzed::start();
    let odd = select(vec![" ", "\"", "<", ">", "%", "a+b", "[::1", "http://", "//", "\u{0}", "é"]);
    let part = prop_oneof![odd.prop_map(str::to_owned), text()];
    let texts = [(); 6].map(|()| part.clone().boxed());
    for sender in SENDERS {
        let outcome = runner()
            .run(&texts, |texts| fuzzed.check_event(sender, &texts).map_err(TestCaseError::fail));
        assert!(outcome.is_ok(), "{}: {}", sender.function, outcome.unwrap_err());
    }
}

#[test]
fn reading_any_event_never_panics() {
    let mangled = (json(), vec(json(), 0..=10)).prop_map(|(event, members)| {
        let mut event = match event {
            Value::Object(event) => event,
            other => Map::from_iter([("body".to_owned(), other)]),
        };
        let names = [
            "headers",
            "multiValueHeaders",
            "pathParameters",
            "requestContext",
            "body",
            "rawPath",
            "path",
            "isBase64Encoded",
            "rawQueryString",
            "queryStringParameters",
        ];
        for (name, value) in names.into_iter().zip(members) {
            event.insert(name.to_owned(), value);
        }
        Value::Object(event)
    });
    let outcome = runner().run(&mangled, |event| {
        // An event of another shape is refused, and the function continues.
        let _ = serde_json::from_value::<shared::request::Request>(event);
        Ok(())
    });
    assert!(outcome.is_ok(), "{}", outcome.unwrap_err());
}
