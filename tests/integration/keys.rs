//! API keys in the table: their list, their rotation, and the day of their last use.

use jiff::SignedDuration;
use shared::model::{Account, ApiKey, Provider, TokenHash};
use std::time::Duration;
use tests::{Delivery, Fault, SENDERS, TestApi, account};

const BODY: &str = r#"{"name":"Ana","type":"web"}"#;

fn acme() -> Account {
    account(Provider::Integrabot, "acme")
}

fn delivery(key: &str) -> Delivery {
    Delivery::new("integrabot-create-lead", BODY).bearer(key)
}

#[tokio::test]
async fn a_list_of_keys_has_each_key_once() {
    let api = TestApi::start().await;
    let table = api.table();
    api.open_account("sk_acme", acme()).await;
    let tenants = account(Provider::Flextell, "7");
    api.put_key("two", ApiKey { tenants: vec![7, 8], ..ApiKey::new(tenants) }).await;
    let count = async |provider| table.api_keys(provider).await.unwrap().len();
    assert_eq!(count(None).await, SENDERS.len() + 2, "the demo keys and two new ones");
    assert_eq!(count(Some(Provider::Integrabot)).await, 2);
    assert_eq!(count(Some(Provider::Flextell)).await, 2);
    let accounts = table.accounts(Some(Provider::Flextell)).await.unwrap();
    let ids: Vec<_> = accounts.iter().map(|account| account.id.as_str()).collect();
    assert_eq!(ids, ["1", "7", "8"]);
}

#[tokio::test]
async fn a_rotated_key_works_until_it_expires_and_a_revoked_key_stops() {
    let api = TestApi::start().await;
    let table = api.table();
    api.open_account("sk_old", acme()).await;
    let until = api.now() + SignedDuration::from_hours(1);
    let [old, new] = ["sk_old", "sk_new"].map(TokenHash::of);
    table.replace_api_key(&old, until, &new, ApiKey::new(acme())).await.unwrap();
    assert_eq!(api.send(delivery("sk_old")).await.status, 201);
    assert_eq!(api.send(delivery("sk_new")).await.status, 201);
    api.advance(SignedDuration::from_hours(1));
    assert_eq!(api.send(delivery("sk_old")).await.status, 401);
    assert_eq!(api.send(delivery("sk_new")).await.status, 201);
    table.revoke_api_key(&new, api.now()).await.unwrap();
    api.advance(SignedDuration::from_secs(60));
    assert_eq!(api.send(delivery("sk_new")).await.status, 401);
    let unknown = table.revoke_api_key(&TokenHash::of("sk_unknown"), api.now()).await;
    assert!(unknown.is_err(), "revoking an unknown key does not create it");
}

async fn last_used_on(api: &TestApi, token: &str) -> Option<String> {
    let key = api.table().get_api_key(&TokenHash::of(token)).await.unwrap().unwrap();
    key.last_used_on.map(|day| day.to_string())
}

#[tokio::test]
async fn a_keys_last_day_of_use_costs_one_write_a_day() {
    let api = TestApi::start().await;
    api.open_account("sk_acme", acme()).await;
    let delivery = delivery("sk_acme");
    assert_eq!(last_used_on(&api, "sk_acme").await, None);
    let today = api.now().to_string()[..10].to_owned();
    api.connection.take_operations();
    for _ in 0..3 {
        // Longer than a key is cached.
        api.advance(SignedDuration::from_secs(61));
        assert_eq!(api.send(delivery.clone()).await.status, 201);
    }
    let writes = api.connection.take_operations().into_iter().filter(|name| name == "UpdateItem");
    assert_eq!(writes.count(), 1);
    assert_eq!(last_used_on(&api, "sk_acme").await, Some(today.clone()));
    api.advance(SignedDuration::from_hours(24));
    api.send(delivery).await;
    assert!(last_used_on(&api, "sk_acme").await > Some(today));
}

#[tokio::test]
async fn a_failed_write_of_the_last_use_changes_no_answer() {
    let api = TestApi::start().await;
    api.open_account("sk_acme", acme()).await;
    api.connection.fail_next("UpdateItem", Fault::Delayed(Duration::from_mins(1)));
    let delivery = delivery("sk_acme");
    assert_eq!(api.send(delivery).await.status, 201);
}

#[tokio::test]
async fn a_refused_key_gets_no_day_of_last_use() {
    let api = TestApi::start().await;
    let revoked = ApiKey { revoked_at: Some(api.now()), ..ApiKey::new(acme()) };
    api.put_key("sk_revoked", revoked).await;
    api.send(delivery("sk_revoked")).await;
    assert_eq!(last_used_on(&api, "sk_revoked").await, None);
}

#[tokio::test]
async fn a_wrong_secret_or_a_foreign_tenant_is_not_a_use_of_the_key() {
    let api = TestApi::start().await;
    let today = api.now().to_string()[..10].to_owned();
    let issue = |secret: &str| {
        let delivery = Delivery::new("keyspot-issue-token", "").header("x-api-key", "demo-key");
        delivery.header("x-api-secret", secret)
    };
    assert_eq!(api.send(issue("wrong")).await.status, 401);
    assert_eq!(last_used_on(&api, "demo-key").await, None);
    assert_eq!(api.send(issue("demo-secret")).await.status, 200, "with the right secret");
    assert_eq!(last_used_on(&api, "demo-key").await, Some(today.clone()));
    let to_tenant = |tenant: &str| {
        let delivery = Delivery::new("flextell-create-lead", r#"{"last_name": "Smith"}"#);
        delivery.bearer("demo-flextell").header("x-tenant", tenant)
    };
    for (tenant, status) in [("2", 403), ("x", 400)] {
        assert_eq!(api.send(to_tenant(tenant)).await.status, status);
        assert_eq!(last_used_on(&api, "demo-flextell").await, None, "{tenant}");
    }
    assert_eq!(api.send(to_tenant("1")).await.status, 201);
    assert_eq!(last_used_on(&api, "demo-flextell").await, Some(today));
}
