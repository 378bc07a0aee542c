//! Who may deliver: API keys, their life, and what a lookup costs.

use jiff::SignedDuration;
use serde_json::json;
use shared::{Account, ApiKey, Provider};
use tests::{Answer, Delivery, World, send_to};

const FUNCTION: &str = "integrabot-create-lead";
const BODY: &str = r#"{"name":"Ana","type":"web"}"#;

fn assert_unauthorized(answer: &Answer, case: &str) {
    assert_eq!(answer.status, 401, "{case}");
    assert_eq!(answer.headers["www-authenticate"], "Bearer", "{case}");
    let message = "Token de API inválido ou ausente.";
    assert_eq!(answer.body, json!({ "error": "Unauthorized", "message": message }), "{case}");
}

fn account() -> Account {
    Account { provider: Provider::Integrabot, id: "acme".to_owned() }
}

#[tokio::test]
async fn without_a_good_key_nothing_is_taken() {
    let world = World::start().await;
    let now = world.now();
    let second = SignedDuration::from_secs(1);
    let expired = ApiKey { expires_at: Some(now), ..ApiKey::new(account()) };
    let revoked = ApiKey { revoked_at: Some(now - second), ..ApiKey::new(account()) };
    world.put_key("sk_expired", expired).await;
    world.put_key("sk_revoked", revoked).await;
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
        assert_unauthorized(&world.send(delivery).await, case);
    }
    assert!(world.items("lead#").await.is_empty());
}

#[tokio::test]
async fn a_bad_key_is_answered_before_a_bad_body() {
    let world = World::start().await;
    let too_large = vec![b'x'; shared::MAX_BODY_BYTES + 1];
    let answer = world.send(Delivery::new(FUNCTION, too_large).bearer("sk_unknown")).await;
    assert_unauthorized(&answer, "body too large");
}

#[tokio::test]
async fn a_key_works_until_the_second_it_expires() {
    let world = World::start().await;
    let expires_at = Some(world.now() + SignedDuration::from_secs(90));
    let key = ApiKey { expires_at, ..ApiKey::new(account()) };
    world.put_key("sk_short", key).await;
    let delivery = Delivery::new(FUNCTION, BODY).bearer("sk_short");
    assert_eq!(world.send(delivery.clone()).await.status, 201);
    world.advance(SignedDuration::from_secs(59));
    assert_eq!(world.send(delivery.clone()).await.status, 201, "kept, and not expired");
    world.advance(SignedDuration::from_secs(31));
    assert_unauthorized(&world.send(delivery).await, "expired");
}

#[tokio::test]
async fn a_revoked_key_is_dead_within_a_minute() {
    let world = World::start().await;
    world.open_account("sk_acme", account()).await;
    let delivery = Delivery::new(FUNCTION, BODY).bearer("sk_acme");
    assert_eq!(world.send(delivery.clone()).await.status, 201);
    let revoked_at = Some(world.now());
    let key = ApiKey { revoked_at, ..ApiKey::new(account()) };
    world.put_key("sk_acme", key).await;
    let fresh = send_to(&world.another_instance(), delivery.clone()).await;
    assert_unauthorized(&fresh, "an instance that had not looked it up");
    world.advance(SignedDuration::from_secs(60));
    assert_unauthorized(&world.send(delivery).await, "60 seconds after it was looked up");
}

#[tokio::test]
async fn a_new_key_works_at_once_even_where_it_was_tried_before() {
    let world = World::start().await;
    let delivery = Delivery::new(FUNCTION, BODY).bearer("sk_soon");
    assert_unauthorized(&world.send(delivery.clone()).await, "not there yet");
    world.open_account("sk_soon", account()).await;
    assert_eq!(world.send(delivery).await.status, 201);
}

#[tokio::test]
async fn a_warm_create_is_one_dynamodb_request() {
    let world = World::start().await;
    let new_lead = |n: u32| {
        let body = json!({ "name": "Ana", "type": "web", "phone_number": n.to_string() });
        Delivery::new(FUNCTION, body.to_string()).bearer("sk_demo_integrabot")
    };
    let nobody = Delivery::new(FUNCTION, BODY).bearer("sk_demo_integrabot");
    let expected: [(&str, Delivery, u16, &[&str]); 4] = [
        ("cold", new_lead(1), 201, &["GetItem", "TransactWriteItems"]),
        ("warm", new_lead(2), 201, &["TransactWriteItems"]),
        ("warm, nothing to claim", nobody, 201, &["PutItem"]),
        ("warm, known", new_lead(1), 200, &["TransactWriteItems", "GetItem"]),
    ];
    world.wire.take_operations();
    for (case, delivery, status, operations) in expected {
        assert_eq!(world.send(delivery).await.status, status, "{case}");
        assert_eq!(world.wire.take_operations(), operations, "{case}");
    }
}
