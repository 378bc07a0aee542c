//! API keys: which are accepted, when they end, and what their lookup costs.

use jiff::SignedDuration;
use serde_json::json;
use shared::model::{Account, AccountId, ApiKey, Provider, TokenHash};
use std::time::Duration;
use tests::{Answer, Delivery, Fault, World, send_to};

const FUNCTION: &str = "integrabot-create-lead";
const KEY: &str = "sk_demo_integrabot";
const BODY: &str = r#"{"name":"Ana","type":"web"}"#;

fn assert_unauthorized(answer: &Answer, case: &str) {
    assert_eq!(answer.status, 401, "{case}");
    assert_eq!(answer.headers["www-authenticate"], "Bearer", "{case}");
    let message = "Token de API inválido ou ausente.";
    assert_eq!(answer.body, json!({ "error": "Unauthorized", "message": message }), "{case}");
}

fn account() -> Account {
    Account { provider: Provider::Integrabot, id: AccountId::from_static("acme") }
}

#[tokio::test]
async fn without_a_valid_key_no_lead_is_stored() {
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

/// A partition key has 2,048 bytes at most and a sort key 1,024. The subject of a Keyspot token is
/// in `keyspot/tokens.rs`.
#[tokio::test]
async fn a_sent_value_that_does_not_fit_into_a_table_key_is_unknown_and_no_fault() {
    let world = World::start().await;
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
    let keyspot = keyspot.bearer(&world.keyspot_token().await);
    let cases = [
        ("a key", integrabot.clone().bearer(&long), 401),
        ("an Idempotency-Key", integrabot.bearer(KEY).header("idempotency-key", &long), 422),
        ("a chatbot", pollybot.clone().chatbot(&long), 404),
        ("an empty chatbot", pollybot.chatbot(""), 404),
        ("a tenant", flextell.clone().header("x-tenant", &"1".repeat(5_000)), 400),
        ("a property's code", keyspot, 201),
    ];
    for (case, delivery, expected) in cases {
        assert_eq!(world.send(delivery).await.status, expected, "{case} of 5 KB");
    }
}

#[tokio::test]
async fn a_bad_key_is_answered_before_a_bad_body() {
    let world = World::start().await;
    let too_large = vec![b'x'; shared::request::MAX_BODY_BYTES + 1];
    let answer = world.send(Delivery::new(FUNCTION, too_large).bearer("sk_unknown")).await;
    assert_unauthorized(&answer, "body too large");
}

#[tokio::test]
async fn a_key_works_until_the_second_it_expires() {
    let world = World::start().await;
    // Keys expire at whole seconds, so the test starts at a whole second.
    world.advance(SignedDuration::from_millis(877));
    let expires_at = Some(world.now() + SignedDuration::from_secs(90));
    let key = ApiKey { expires_at, ..ApiKey::new(account()) };
    world.put_key("sk_short", key).await;
    let delivery = Delivery::new(FUNCTION, BODY).bearer("sk_short");
    assert_eq!(world.send(delivery.clone()).await.status, 201);
    world.advance(SignedDuration::from_secs(59));
    assert_eq!(world.send(delivery.clone()).await.status, 201, "cached, and not expired");
    world.advance(SignedDuration::from_secs(31));
    assert_unauthorized(&world.send(delivery).await, "expired");
}

#[tokio::test]
async fn a_revoked_key_stops_within_a_minute() {
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
async fn a_new_key_works_at_once_after_a_refusal() {
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
        ("the day's first", new_lead(1), 201, &["GetItem", "UpdateItem", "TransactWriteItems"]),
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

async fn last_used_on(world: &World, token: &str) -> Option<String> {
    let key = world.app.context.table.get_api_key(&TokenHash::of(token)).await.unwrap().unwrap();
    key.last_used_on.map(|day| day.to_string())
}

#[tokio::test]
async fn a_keys_last_day_of_use_costs_one_write_a_day() {
    let world = World::start().await;
    world.open_account("sk_acme", account()).await;
    let delivery = Delivery::new(FUNCTION, BODY).bearer("sk_acme");
    assert_eq!(last_used_on(&world, "sk_acme").await, None);
    let today = world.now().to_string()[..10].to_owned();
    world.wire.take_operations();
    for _ in 0..3 {
        // Longer than a key is cached.
        world.advance(SignedDuration::from_secs(61));
        assert_eq!(world.send(delivery.clone()).await.status, 201);
    }
    let writes = world.wire.take_operations().into_iter().filter(|name| name == "UpdateItem");
    assert_eq!(writes.count(), 1);
    assert_eq!(last_used_on(&world, "sk_acme").await, Some(today.clone()));
    world.advance(SignedDuration::from_hours(24));
    world.send(delivery).await;
    assert!(last_used_on(&world, "sk_acme").await > Some(today));
}

#[tokio::test]
async fn a_failed_write_of_the_last_use_changes_no_answer() {
    let world = World::start().await;
    world.open_account("sk_acme", account()).await;
    world.wire.fail_next("UpdateItem", Fault::Delayed(Duration::from_mins(1)));
    let delivery = Delivery::new(FUNCTION, BODY).bearer("sk_acme");
    assert_eq!(world.send(delivery).await.status, 201);
}

#[tokio::test]
async fn a_refused_key_gets_no_day_of_last_use() {
    let world = World::start().await;
    let revoked = ApiKey { revoked_at: Some(world.now()), ..ApiKey::new(account()) };
    world.put_key("sk_revoked", revoked).await;
    world.send(Delivery::new(FUNCTION, BODY).bearer("sk_revoked")).await;
    assert_eq!(last_used_on(&world, "sk_revoked").await, None);
}

#[tokio::test]
async fn a_wrong_secret_or_a_foreign_tenant_is_not_a_use_of_the_key() {
    let world = World::start().await;
    let today = world.now().to_string()[..10].to_owned();
    let issue = |secret: &str| {
        let delivery = Delivery::new("keyspot-issue-token", "").header("x-api-key", "demo-key");
        delivery.header("x-api-secret", secret)
    };
    assert_eq!(world.send(issue("wrong")).await.status, 401);
    assert_eq!(last_used_on(&world, "demo-key").await, None);
    assert_eq!(world.send(issue("demo-secret")).await.status, 200, "with the right secret");
    assert_eq!(last_used_on(&world, "demo-key").await, Some(today.clone()));
    let to_tenant = |tenant: &str| {
        let delivery = Delivery::new("flextell-create-lead", r#"{"last_name": "Smith"}"#);
        delivery.bearer("demo-flextell").header("x-tenant", tenant)
    };
    for (tenant, status) in [("2", 403), ("x", 400)] {
        assert_eq!(world.send(to_tenant(tenant)).await.status, status);
        assert_eq!(last_used_on(&world, "demo-flextell").await, None, "{tenant}");
    }
    assert_eq!(world.send(to_tenant("1")).await.status, 201);
    assert_eq!(last_used_on(&world, "demo-flextell").await, Some(today));
}

#[tokio::test]
async fn a_clock_that_jumps_back_does_not_keep_a_revoked_key_alive() {
    let world = World::start().await;
    world.open_account("sk_acme", account()).await;
    let delivery = Delivery::new(FUNCTION, BODY).bearer("sk_acme");
    assert_eq!(world.send(delivery.clone()).await.status, 201);
    let token = TokenHash::of("sk_acme");
    world.app.context.table.revoke_api_key(&token, world.now()).await.unwrap();
    world.advance(-SignedDuration::from_hours(1));
    assert_unauthorized(&world.send(delivery).await, "after the clock was put back");
}
