//! Which credentials get a token, and which tokens the lead address accepts.

use super::{FUNCTION, assert_invalid_token, error, example, example_with, token_request};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::SignedDuration;
use serde_json::{Value, json};
use shared::model::{ApiKey, Provider, TokenHash};
use tests::{Answer, Delivery, SIGNING_KEY, TestApi, account, sign_jwt, sign_keyspot_token};

/// The header and the claims of a token.
fn read_parts(token: &str) -> (Value, Value) {
    let mut parts = token.split('.').map(|part| BASE64_URL_SAFE_NO_PAD.decode(part).unwrap());
    let mut read = || serde_json::from_slice(&parts.next().unwrap()).unwrap();
    (read(), read())
}

#[tokio::test]
async fn a_token_is_a_jwt_that_is_valid_for_exactly_one_hour() {
    let api = TestApi::start().await;
    let token = api.keyspot_token().await;
    let (header, claims) = read_parts(&token);
    assert_eq!(header, json!({ "typ": "JWT", "alg": "HS256" }));
    assert_eq!(token, sign_jwt(&header, &claims, SIGNING_KEY));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 3_600);
    assert_eq!(claims["iat"], api.now().as_second());
    assert_eq!((&claims["iss"], &claims["aud"]), (&json!("leadhook"), &json!("keyspot")));
    assert_eq!(claims["sub"], TokenHash::of("demo-key").as_str());
    assert_eq!(claims["jti"].as_str().unwrap().len(), 32);

    let delivery = |n: i32| {
        let body = example_with("phone", json!(n.to_string())).to_string();
        Delivery::new(FUNCTION, body).bearer(&token)
    };
    api.advance(SignedDuration::from_secs(3_599));
    assert_eq!(api.send(delivery(1)).await.status, 201);
    api.advance(SignedDuration::from_secs(1));
    assert_invalid_token(&api.send(delivery(2)).await, "after an hour");
}

#[tokio::test]
async fn only_valid_credentials_get_a_token() {
    let api = TestApi::start().await;
    let bad = error("Invalid API key or secret", "INVALID_CREDENTIALS");
    let bare = Delivery::new("keyspot-issue-token", "");
    let revoked_at = Some(api.now());
    let account = account(Provider::Keyspot, "demo");
    let secret = Some(TokenHash::of("secret"));
    api.put_key("revoked", ApiKey { secret, revoked_at, ..ApiKey::new(account.clone()) }).await;
    api.put_key("secretless", ApiKey::new(account)).await;
    for (case, request) in [
        ("none", bare.clone()),
        ("no secret", bare.clone().header("x-api-key", "demo-key")),
        ("no key", bare.clone().header("x-api-secret", "demo-secret")),
        ("wrong secret", token_request("demo-key", "wrong")),
        ("empty secret", token_request("demo-key", "")),
        ("unknown key", token_request("unknown", "demo-secret")),
        ("another provider's key", token_request("sk_demo_integrabot", "demo-secret")),
        ("revoked", token_request("revoked", "secret")),
        ("a key that has no secret", token_request("secretless", "")),
        ("as a bearer token", bare.bearer("demo-key")),
    ] {
        let answer = api.send(request).await;
        assert_eq!((answer.status, &answer.body), (401, &bad), "{case}");
    }
}

/// The claims of a token that is valid now.
fn valid_claims(api: &TestApi) -> Value {
    let now = api.now().as_second();
    json!({
        "iss": "leadhook", "aud": "keyspot", "sub": TokenHash::of("demo-key").as_str(),
        "iat": now, "exp": now + 3_600, "jti": "1",
    })
}

fn sign(claims: &Value, key: &str) -> String {
    sign_jwt(&json!({ "typ": "JWT", "alg": "HS256" }), claims, key)
}

async fn send_with(api: &TestApi, token: &str) -> Answer {
    api.send(Delivery::new(FUNCTION, example().to_string()).bearer(token)).await
}

#[tokio::test]
async fn a_token_needs_valid_claims() {
    let api = TestApi::start().await;
    let claims = valid_claims(&api);
    let hash = |key: &str| json!(TokenHash::of(key).as_str());
    for (case, claim, value) in [
        ("expired", "exp", claims["iat"].clone()),
        ("no expiry", "exp", Value::Null),
        ("wrong audience", "aud", json!("flextell")),
        ("wrong issuer", "iss", json!("someone")),
        ("unknown credential", "sub", hash("unknown")),
        ("another provider's credential", "sub", hash("demo-flextell")),
        ("a short credential", "sub", json!("x")),
        ("no credential", "sub", json!("")),
        ("a credential of 5 KB", "sub", json!("a".repeat(5_000))),
        ("a credential with a separator", "sub", json!("#".repeat(64))),
        ("a credential that is no text", "sub", json!(5)),
    ] {
        let mut claims = claims.clone();
        claims[claim] = value;
        if claims[claim].is_null() {
            claims.as_object_mut().unwrap().remove(claim);
        }
        assert_invalid_token(&send_with(&api, &sign(&claims, SIGNING_KEY)).await, case);
    }
    let valid = send_with(&api, &sign(&claims, SIGNING_KEY)).await;
    assert_eq!(valid.status, 201, "the valid token is accepted");
}

#[tokio::test]
async fn a_token_needs_its_own_signature() {
    let api = TestApi::start().await;
    let claims = valid_claims(&api);
    let good = sign(&claims, SIGNING_KEY);
    let [header, payload, signature] = good.split('.').collect::<Vec<_>>()[..] else { panic!() };
    let mut of_another = claims.clone();
    of_another["sub"] = "x".into();
    let other = sign(&of_another, SIGNING_KEY);
    let other_payload = other.split('.').nth(1).unwrap();
    for (case, token) in [
        ("another algorithm", sign_jwt(&json!({ "alg": "HS512" }), &claims, SIGNING_KEY)),
        ("another key", sign(&claims, "another key of 32 bytes or more..")),
        // {"alg":"none"} and {"typ":"JWT","alg":"none"}
        ("alg none", format!("eyJhbGciOiJub25lIn0.{payload}.")),
        ("alg none, typed", format!("eyJ0eXAiOiJKV1QiLCJhbGciOiJub25lIn0.{payload}.")),
        ("tampered", format!("{header}.{other_payload}.{signature}")),
        ("unsigned", format!("{header}.{payload}.")),
        ("one part more", format!("{good}.")),
        ("a signature with padding", format!("{good}=")),
        ("half a signature", good[..good.len() - 20].to_owned()),
        ("the API key itself", "demo-key".to_owned()),
        ("no JWT", "x.y.z".to_owned()),
    ] {
        assert_invalid_token(&send_with(&api, &token).await, case);
    }
    assert_eq!(send_with(&api, &good).await.status, 201, "the valid token is accepted");
}

/// The signature was made with Python's `hmac`.
#[test]
fn the_tests_sign_tokens_as_others_do() {
    let signature = "kzPtFYPY3ooSvbSKTB4nGE6zUKxDQLzNFPHw3235MnE";
    let token = sign_keyspot_token("demo-key");
    assert_eq!(token.rsplit('.').next(), Some(signature), "{token}");
}

#[tokio::test]
async fn revoking_a_key_ends_its_tokens() {
    let api = TestApi::start().await;
    let token = api.keyspot_token().await;
    let account = account(Provider::Keyspot, "demo");
    let secret = Some(TokenHash::of("demo-secret"));
    let revoked_at = Some(api.now());
    api.put_key("demo-key", ApiKey { secret, revoked_at, ..ApiKey::new(account) }).await;
    api.advance(SignedDuration::from_secs(60));
    assert_invalid_token(&send_with(&api, &token).await, "the key is revoked");
}

#[tokio::test]
async fn an_account_may_list_the_networks_it_accepts() {
    let api = TestApi::start().await;
    let account = account(Provider::Keyspot, "walled");
    let networks = vec!["203.0.113.0/24".parse().unwrap(), "2001:db8::/32".parse().unwrap()];
    let secret = Some(TokenHash::of("secret"));
    api.put_key("walled", ApiKey { secret, networks, ..ApiKey::new(account) }).await;
    let blocked = error("This network is not allowed", "IP_BLOCKED");
    let mut issued = String::new();
    let cases = [
        ("203.0.113.7", true),
        ("2001:db8::1", true),
        ("203.0.114.7", false),
        ("2001:db9::1", false),
        ("", false),
    ];
    for (address, accepted) in cases {
        let answer = api.send(token_request("walled", "secret").from(address)).await;
        if accepted {
            assert_eq!(answer.status, 200, "{address}");
            issued = answer.body["data"]["token"].as_str().unwrap().to_owned();
        } else {
            assert_eq!((answer.status, &answer.body), (403, &blocked), "{address}");
        }
    }
    for (address, accepted) in cases {
        let body = example_with("message", json!(format!("from {address}")));
        let delivery = Delivery::new(FUNCTION, body.to_string());
        let answer = api.send(delivery.bearer(&issued).from(address)).await;
        assert_eq!(answer.status, if accepted { 201 } else { 403 }, "{address}");
    }
}
