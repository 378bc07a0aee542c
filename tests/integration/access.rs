//! API keys: which are accepted, when they end, and what their lookup costs.

use jiff::SignedDuration;
use serde_json::json;
use shared::model::{Account, ApiKey, Provider, TokenHash};
use tests::{Answer, Delivery, Sender, TestApi, account, send_to};

const FUNCTION: &str = "integrabot-create-lead";
const KEY: &str = "sk_demo_integrabot";
const BODY: &str = r#"{"name":"Ana","type":"web"}"#;

fn assert_unauthorized(answer: &Answer, case: &str) {
    Sender::of(Provider::Integrabot).check_error("unknown_credentials", answer, case);
}

fn acme() -> Account {
    account(Provider::Integrabot, "acme")
}

#[tokio::test]
async fn without_a_valid_key_no_lead_is_stored() {
    let api = TestApi::start().await;
    let now = api.now();
    let second = SignedDuration::from_secs(1);
    let expired = ApiKey { expires_at: Some(now), ..ApiKey::new(acme()) };
    let revoked = ApiKey { revoked_at: Some(now - second), ..ApiKey::new(acme()) };
    api.put_key("sk_expired", expired).await;
    api.put_key("sk_revoked", revoked).await;
    let anonymous = Delivery::new(FUNCTION, BODY);
    let cases = [
        ("no header", anonymous.clone()),
        ("another scheme", anonymous.clone().header("authorization", "Basic c2s6")),
        ("no scheme", anonymous.clone().header("authorization", "sk_demo_integrabot")),
        ("an unknown key", anonymous.clone().bearer("sk_unknown")),
        ("an expired key", anonymous.clone().bearer("sk_expired")),
        ("a revoked key", anonymous.bearer("sk_revoked")),
    ];
    for (case, delivery) in cases {
        assert_unauthorized(&api.send(delivery).await, case);
    }
    assert!(api.items("lead#").await.is_empty());
}

/// A partition key has 2,048 bytes at most and a sort key 1,024. The subject of a Keyspot token is
/// in `keyspot/tokens.rs`.
#[tokio::test]
async fn a_sent_value_that_does_not_fit_into_a_table_key_is_unknown_and_no_fault() {
    let api = TestApi::start().await;
    let long = "a".repeat(5_000);
    let integrabot = Delivery::new(FUNCTION, BODY);
    let pollybot = Delivery::new("pollybot-create-lead", r#"{"name":"Ana","email":"a@x.com"}"#);
    let pollybot = pollybot.bearer("sk-workspace_your_api_key");
    let flextell = Delivery::new("flextell-create-lead", r#"{"last_name":"Smith"}"#);
    let flextell = flextell.bearer("demo-flextell");
    let lead = json!({
        "name": "Ana", "email": "a@x.com", "phone": "1", "message": "Oi", "propertyCode": long,
    });
    let keyspot = Delivery::new("keyspot-create-lead", lead.to_string());
    let keyspot = keyspot.bearer(&api.keyspot_token().await);
    let cases = [
        ("a key", integrabot.clone().bearer(&long), 401),
        ("an Idempotency-Key", integrabot.bearer(KEY).idempotency_key(&long), 422),
        ("a chatbot", pollybot.clone().chatbot(&long), 404),
        ("an empty chatbot", pollybot.chatbot(""), 404),
        ("a tenant", flextell.clone().header("x-tenant", &"1".repeat(5_000)), 400),
        ("a property's code", keyspot, 201),
    ];
    for (case, delivery, expected) in cases {
        assert_eq!(api.send(delivery).await.status, expected, "{case} of 5 KB");
    }
}

/// No key has such a token, so a flood of them costs no read unit.
#[tokio::test]
async fn a_token_that_no_key_can_have_is_not_looked_up() {
    let api = TestApi::start().await;
    let long = "a".repeat(65);
    let cases =
        [("a", true), (&long[1..], true), (&*long, false), ("sk_a/b", false), ("a.b", false)];
    for (token, is_looked_up) in cases {
        api.connection.take_operations();
        let answer = api.send(Delivery::new(FUNCTION, BODY).bearer(token)).await;
        assert_eq!(answer.status, 401, "{token}");
        let looked_up = api.connection.take_operations();
        assert_eq!(looked_up.is_empty(), !is_looked_up, "{token}: {looked_up:?}");
        let keyspot = Delivery::new("keyspot-issue-token", "");
        let keyspot = keyspot.header("x-api-key", token).header("x-api-secret", "demo-secret");
        assert_eq!(api.send(keyspot).await.status, 401, "{token}");
        let looked_up = api.connection.take_operations();
        assert_eq!(looked_up.is_empty(), !is_looked_up, "{token}: {looked_up:?}");
    }
}

#[tokio::test]
async fn a_bad_key_is_answered_before_a_bad_body() {
    let api = TestApi::start().await;
    let too_large = vec![b'x'; shared::request::MAX_BODY_BYTES + 1];
    let answer = api.send(Delivery::new(FUNCTION, too_large).bearer("sk_unknown")).await;
    assert_unauthorized(&answer, "body too large");
}

#[tokio::test]
async fn a_key_works_until_the_second_it_expires() {
    let api = TestApi::start().await;
    // Keys expire at whole seconds, so the test starts at a whole second.
    api.advance(SignedDuration::from_millis(877));
    let expires_at = Some(api.now() + SignedDuration::from_secs(90));
    let key = ApiKey { expires_at, ..ApiKey::new(acme()) };
    api.put_key("sk_short", key).await;
    let delivery = Delivery::new(FUNCTION, BODY).bearer("sk_short");
    assert_eq!(api.send(delivery.clone()).await.status, 201);
    api.advance(SignedDuration::from_secs(59));
    assert_eq!(api.send(delivery.clone()).await.status, 201, "cached, and not expired");
    api.advance(SignedDuration::from_secs(31));
    assert_unauthorized(&api.send(delivery).await, "expired");
}

#[tokio::test]
async fn a_revoked_key_stops_within_a_minute() {
    let api = TestApi::start().await;
    api.open_account("sk_acme", acme()).await;
    let delivery = Delivery::new(FUNCTION, BODY).bearer("sk_acme");
    assert_eq!(api.send(delivery.clone()).await.status, 201);
    let revoked_at = Some(api.now());
    let key = ApiKey { revoked_at, ..ApiKey::new(acme()) };
    api.put_key("sk_acme", key).await;
    let fresh = send_to(&api.another_instance(), delivery.clone()).await;
    assert_unauthorized(&fresh, "an instance that had not looked it up");
    api.advance(SignedDuration::from_secs(60));
    assert_unauthorized(&api.send(delivery).await, "60 seconds after it was looked up");
}

#[tokio::test]
async fn a_new_key_works_at_once_after_a_refusal() {
    let api = TestApi::start().await;
    let delivery = Delivery::new(FUNCTION, BODY).bearer("sk_soon");
    assert_unauthorized(&api.send(delivery.clone()).await, "not there yet");
    api.open_account("sk_soon", acme()).await;
    assert_eq!(api.send(delivery).await.status, 201);
}

#[tokio::test]
async fn a_warm_create_is_one_dynamodb_request() {
    let api = TestApi::start().await;
    let new_lead = |n: u32| {
        let body = json!({ "name": "Ana", "type": "web", "phone_number": n.to_string() });
        Delivery::new(FUNCTION, body.to_string()).bearer("sk_demo_integrabot")
    };
    let nobody = Delivery::new(FUNCTION, BODY).bearer("sk_demo_integrabot");
    let expected: [(&str, Delivery, u16, &[&str]); 4] = [
        ("the day's first", new_lead(1), 201, &["GetItem", "UpdateItem", "TransactWriteItems"]),
        ("warm", new_lead(2), 201, &["TransactWriteItems"]),
        ("warm, nothing to claim", nobody, 201, &["PutItem"]),
        ("warm, known", new_lead(1), 200, &["TransactWriteItems", "GetItem"]),
    ];
    api.connection.take_operations();
    for (case, delivery, status, operations) in expected {
        assert_eq!(api.send(delivery).await.status, status, "{case}");
        assert_eq!(api.connection.take_operations(), operations, "{case}");
    }
}

#[tokio::test]
async fn a_clock_that_jumps_back_does_not_keep_a_revoked_key_alive() {
    let api = TestApi::start().await;
    api.open_account("sk_acme", acme()).await;
    let delivery = Delivery::new(FUNCTION, BODY).bearer("sk_acme");
    assert_eq!(api.send(delivery.clone()).await.status, 201);
    let token = TokenHash::of("sk_acme");
    api.table().revoke_api_key(&token, api.now()).await.unwrap();
    api.advance(-SignedDuration::from_hours(1));
    assert_unauthorized(&api.send(delivery).await, "after the clock was put back");
}
