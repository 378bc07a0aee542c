//! Which credentials get a token, and which tokens the lead address accepts.

use super::{FUNCTION, error, example, example_with, invalid_token, token_request};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::SignedDuration;
use serde_json::{Value, json};
use shared::model::{Account, AccountId, ApiKey, Provider, TokenHash};
use tests::{Delivery, SIGNING_KEY, World, sign_jwt, sign_keyspot_token};

/// The header and the claims of a token.
fn read_parts(token: &str) -> (Value, Value) {
    let mut parts = token.split('.').map(|part| BASE64_URL_SAFE_NO_PAD.decode(part).unwrap());
    let mut read = || serde_json::from_slice(&parts.next().unwrap()).unwrap();
    (read(), read())
}

#[tokio::test]
async fn a_token_is_a_jwt_that_is_valid_for_exactly_one_hour() {
    let world = World::start().await;
    let token = world.keyspot_token().await;
    let (header, claims) = read_parts(&token);
    assert_eq!(header, json!({ "typ": "JWT", "alg": "HS256" }));
    assert_eq!(token, sign_jwt(&header, &claims, SIGNING_KEY));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 3_600);
    assert_eq!(claims["iat"], world.now().as_second());
    assert_eq!((&claims["iss"], &claims["aud"]), (&json!("leadhook"), &json!("keyspot")));
    assert_eq!(claims["sub"], TokenHash::of("demo-key").as_str());
    assert_eq!(claims["jti"].as_str().unwrap().len(), 32);

    let delivery = |n: i32| {
        let body = example_with("phone", json!(n.to_string())).to_string();
        Delivery::new(FUNCTION, body).bearer(&token)
    };
    world.advance(SignedDuration::from_secs(3_599));
    assert_eq!(world.send(delivery(1)).await.status, 201);
    world.advance(SignedDuration::from_secs(1));
    let answer = world.send(delivery(2)).await;
    assert_eq!((answer.status, answer.body), (401, invalid_token()));
}

#[tokio::test]
async fn only_valid_credentials_get_a_token() {
    let world = World::start().await;
    let bad = error("Invalid API key or secret", "INVALID_CREDENTIALS");
    let bare = Delivery::new("keyspot-issue-token", "");
    let revoked_at = Some(world.now());
    let account = Account { provider: Provider::Keyspot, id: AccountId::from_static("demo") };
    let secret = Some(TokenHash::of("secret"));
    world.put_key("revoked", ApiKey { secret, revoked_at, ..ApiKey::new(account.clone()) }).await;
    world.put_key("secretless", ApiKey::new(account)).await;
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
        let answer = world.send(request).await;
        assert_eq!((answer.status, &answer.body), (401, &bad), "{case}");
    }
}

#[tokio::test]
async fn the_lead_address_accepts_only_valid_tokens() {
    let world = World::start().await;
    let now = world.now().as_second();
    let claims = json!({
        "iss": "leadhook", "aud": "keyspot", "sub": TokenHash::of("demo-key").as_str(),
        "iat": now, "exp": now + 3_600, "jti": "1",
    });
    let header = json!({ "typ": "JWT", "alg": "HS256" });
    let sign = |claims: &Value, key: &str| sign_jwt(&header, claims, key);
    let with = |field: &str, value: Value| {
        let mut claims = claims.clone();
        claims[field] = value;
        sign(&claims, SIGNING_KEY)
    };
    let good = sign(&claims, SIGNING_KEY);
    let parts: Vec<&str> = good.split('.').collect();
    // {"alg":"none"} and {"typ":"JWT","alg":"none"}
    let none = format!("eyJhbGciOiJub25lIn0.{}.", parts[1]);
    let none_typed = format!("eyJ0eXAiOiJKV1QiLCJhbGciOiJub25lIn0.{}.", parts[1]);
    let other_claims = with("sub", json!("x"));
    let tampered = format!("{}.{}.{}", parts[0], other_claims.split('.').nth(1).unwrap(), parts[2]);
    let unsigned = format!("{}.{}.", parts[0], parts[1]);
    let without_exp = {
        let mut claims = claims.clone();
        claims.as_object_mut().unwrap().remove("exp");
        sign(&claims, SIGNING_KEY)
    };
    let body = example().to_string();
    for (case, token) in [
        ("expired", with("exp", json!(now))),
        ("no expiry", without_exp),
        ("wrong audience", with("aud", json!("flextell"))),
        ("wrong issuer", with("iss", json!("someone"))),
        ("unknown credential", with("sub", json!(TokenHash::of("unknown").as_str()))),
        ("a short credential", with("sub", json!("x"))),
        ("no credential", with("sub", json!(""))),
        ("a credential of 5 KB", with("sub", json!("a".repeat(5_000)))),
        ("a credential with a separator", with("sub", json!("#".repeat(64)))),
        ("a credential that is no text", with("sub", json!(5))),
        (
            "another provider's credential",
            with("sub", json!(TokenHash::of("demo-flextell").as_str())),
        ),
        ("another algorithm", sign_jwt(&json!({ "alg": "HS512" }), &claims, SIGNING_KEY)),
        ("another key", sign(&claims, "another key of 32 bytes or more..")),
        ("alg none", none),
        ("alg none, typed", none_typed),
        ("tampered", tampered),
        ("unsigned", unsigned),
        ("one part more", format!("{good}.")),
        ("a signature with padding", format!("{good}=")),
        ("half a signature", good[..good.len() - 20].to_owned()),
        ("the API key itself", "demo-key".to_owned()),
        ("no JWT", "x.y.z".to_owned()),
    ] {
        let answer = world.send(Delivery::new(FUNCTION, body.as_str()).bearer(&token)).await;
        assert_eq!((answer.status, answer.body), (401, invalid_token()), "{case}");
    }
    let anonymous = world.send(Delivery::new(FUNCTION, body.as_str())).await;
    assert_eq!((anonymous.status, anonymous.body), (401, invalid_token()));
    let answer = world.send(Delivery::new(FUNCTION, body.as_str()).bearer(&good)).await;
    assert_eq!(answer.status, 201, "the valid token is accepted");
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
    let world = World::start().await;
    let token = world.keyspot_token().await;
    let account = Account { provider: Provider::Keyspot, id: AccountId::from_static("demo") };
    let secret = Some(TokenHash::of("demo-secret"));
    let revoked_at = Some(world.now());
    world.put_key("demo-key", ApiKey { secret, revoked_at, ..ApiKey::new(account) }).await;
    world.advance(SignedDuration::from_secs(60));
    let answer = world.send(Delivery::new(FUNCTION, example().to_string()).bearer(&token)).await;
    assert_eq!((answer.status, answer.body), (401, invalid_token()));
}

#[tokio::test]
async fn an_account_may_list_the_networks_it_accepts() {
    let world = World::start().await;
    let account = Account { provider: Provider::Keyspot, id: AccountId::from_static("walled") };
    let networks = vec!["203.0.113.0/24".parse().unwrap(), "2001:db8::/32".parse().unwrap()];
    let secret = Some(TokenHash::of("secret"));
    world.put_key("walled", ApiKey { secret, networks, ..ApiKey::new(account) }).await;
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
        let answer = world.send(token_request("walled", "secret").from(address)).await;
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
        let answer = world.send(delivery.bearer(&issued).from(address)).await;
        assert_eq!(answer.status, if accepted { 201 } else { 403 }, "{address}");
    }
}
