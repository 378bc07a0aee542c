//! The tenants for which a token may act.

use super::{FUNCTION, TOKEN, error};
use serde_json::json;
use tests::{Delivery, TestApi};

#[tokio::test]
async fn the_tenant_must_be_a_number_that_the_token_may_act_for() {
    let api = TestApi::start().await;
    let bad = error("invalid_request", "The X-Tenant header must be a tenant's number.");
    let foreign = error("forbidden", "The token may not act for this tenant.");
    let without = Delivery::new(FUNCTION, r#"{"last_name":"Smith"}"#).bearer(TOKEN);
    let tenant = |text: &str| without.clone().header("x-tenant", text);
    for (case, delivery, status, body) in [
        ("missing", without.clone(), 400, &bad),
        ("empty", tenant(""), 400, &bad),
        ("text", tenant("acme"), 400, &bad),
        ("negative", tenant("-1"), 400, &bad),
        ("a sign", tenant("+1"), 400, &bad),
        ("a fraction", tenant("1.5"), 400, &bad),
        ("too large", tenant("99999999999999999999"), 400, &bad),
        ("foreign", tenant("2"), 403, &foreign),
        ("zero", tenant("0"), 403, &foreign),
    ] {
        let answer = api.send(delivery).await;
        assert_eq!((answer.status, &answer.body), (status, body), "{case}");
    }
    assert!(api.items("lead#").await.is_empty());
}

#[tokio::test]
async fn one_token_may_act_for_several_separate_tenants() {
    let api = TestApi::start().await;
    api.open_tenants("agency", &[7, 8]).await;
    let body = json!({ "last_name": "Smith", "email": "s@x.com" }).to_string();
    for tenant in ["7", "8"] {
        let request = Delivery::new(FUNCTION, body.clone()).bearer("agency");
        let answer = api.send(request.header("x-tenant", tenant)).await;
        assert_eq!(answer.status, 201, "{tenant}");
        assert!(!answer.headers.contains_key("idempotency-replayed"), "{tenant}");
        assert_eq!(api.items(&format!("lead#flextell#{tenant}")).await.len(), 1, "{tenant}");
    }
}
