//! The errors that each provider has besides those of its fields. The answers are in
//! `events/<function>/errors.json`. `table.rs` has the faults of the table, and `repeats.rs` the
//! `Idempotency-Key` of another body.

use providers::about;
use shared::{
    model::{ApiKey, Scope, TokenHash},
    request::MAX_BODY_BYTES,
};
use tests::{Delivery, SENDERS, TestApi, sample_events};

#[tokio::test]
async fn without_valid_credentials_no_lead_is_stored() {
    let api = TestApi::start().await;
    let token = api.keyspot_token().await;
    for sender in SENDERS {
        let body = (sender.body)(1).to_string();
        let anonymous = Delivery::new(sender.function, body).header("x-tenant", "1");
        let own = sender.headers.first().map_or(&*token, |(_, value)| &value["Bearer ".len()..]);
        let with = |authorization: &str| anonymous.clone().header("authorization", authorization);
        for (case, delivery, error) in [
            ("none", anonymous.clone(), "no_credentials"),
            ("no scheme", with(own), "malformed_credentials"),
            ("another scheme", with("Basic c2s6"), "malformed_credentials"),
            ("unknown", anonymous.clone().bearer("unknown"), "unknown_credentials"),
        ] {
            let answer = api.send(delivery).await;
            sender.check_error(error, &answer, case);
        }
    }
    assert!(api.items("lead#").await.is_empty());
}

#[tokio::test]
async fn the_credentials_of_another_provider_are_unknown() {
    let api = TestApi::start().await;
    let token = api.keyspot_token().await;
    let keys = [
        "sk_demo_integrabot",
        "demo-rdstation",
        "sk-workspace_your_api_key",
        "demo-key",
        "demo-flextell",
    ];
    for sender in SENDERS {
        for key in keys.into_iter().chain([&*token]) {
            let answer = api.send(sender.delivery(&api, 1).await.bearer(key)).await;
            let is_token = sender.headers.is_empty() && key == token;
            if is_token || sender.headers.iter().any(|(_, value)| value.ends_with(key)) {
                assert_eq!(answer.status, sender.created, "{}: {key}", sender.function);
            } else {
                sender.check_error("unknown_credentials", &answer, key);
            }
        }
    }
}

/// The table is not asked for more than the key.
#[tokio::test]
async fn a_key_without_the_scope_of_a_request_is_forbidden() {
    let api = TestApi::start().await;
    for sender in SENDERS {
        let delivery = sender.delivery(&api, 1).await;
        let demo = about(sender.account().provider).demo.key;
        let key = api.table().get_api_key(&TokenHash::of(demo)).await.unwrap().unwrap();
        for (scopes, is_allowed) in [
            (&[][..], false),
            (&[Scope::Read], false),
            (&[Scope::Write, Scope::Read], false),
            (&[Scope::Create], true),
            (&Scope::ALL, true),
        ] {
            let scopes = scopes.iter().copied().collect();
            api.put_key(demo, ApiKey { scopes, ..key.clone() }).await;
            api.connection.take_operations();
            let answer = api.another_instance_answers(delivery.clone()).await;
            if is_allowed {
                assert_ne!(answer.status, 403, "{}", sender.function);
            } else {
                sender.check_error("out_of_scope", &answer, "a scope");
                assert_eq!(api.connection.take_operations(), ["GetItem"], "{}", sender.function);
            }
        }
    }
}

#[tokio::test]
async fn a_body_that_is_not_a_json_object_has_its_own_error() {
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    let cases: [(&str, &[u8]); 11] = [
        ("empty", b""),
        ("not JSON", b"name=Maria&type=web"),
        ("an open brace", b"{"),
        ("cut short", br#"{"name":"Maria""#),
        ("two documents", b"{} {}"),
        ("an array", b"[]"),
        ("a string", br#""Maria""#),
        ("a number", b"7"),
        ("null", b"null"),
        ("invalid UTF-8", b"{\"name\":\"Mar\xff\",\"type\":\"web\"}"),
        ("200 levels of array", deep.as_bytes()),
    ];
    let api = TestApi::start().await;
    for sender in SENDERS {
        for (case, body) in cases {
            let answer = sender.send(&api, body).await;
            sender.check_error("no_object", &answer, case);
        }
    }
}

#[tokio::test]
async fn a_body_of_256_kib_is_accepted_and_a_larger_one_is_413() {
    assert_eq!(MAX_BODY_BYTES, 256 * 1024);
    let api = TestApi::start().await;
    for sender in SENDERS {
        let mut body = (sender.body)(1).to_string().into_bytes();
        body.resize(MAX_BODY_BYTES, b' ');
        let answer = sender.send(&api, body.clone()).await;
        assert_eq!(answer.status, sender.created, "{}", sender.function);
        body.push(b' ');
        let answer = sender.send(&api, body).await;
        sender.check_error("too_large", &answer, "one byte more");
    }
}

/// The sample events with these names have the same answers.
#[test]
fn the_sample_events_have_the_errors_of_the_tests() {
    let named = [
        ("unauthorized", "no_credentials"),
        ("malformed_key", "malformed_credentials"),
        ("invalid_key", "unknown_credentials"),
        ("invalid_token", "unknown_credentials"),
        ("malformed", "no_object"),
        ("not_an_object", "no_object"),
        ("out_of_scope", "out_of_scope"),
        ("too_large", "too_large"),
        ("key_reused", "key_reused"),
        ("unavailable", "unavailable"),
        ("internal", "internal"),
    ];
    for sample in sample_events() {
        let sender = SENDERS.iter().find(|sender| sender.function == sample.function);
        let error = named.iter().find(|(name, _)| *name == sample.name);
        let (Some(sender), Some((name, error))) = (sender, error) else { continue };
        let (status, body) = sender.error(error);
        let found = (&sample.answer["status"], &sample.answer["body"]);
        assert_eq!(found, (&status.into(), body), "{}/{name}", sender.function);
    }
}
