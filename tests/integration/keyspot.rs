//! Keyspot's contract, rule by rule, and the tokens it is reached with.

use jiff::SignedDuration;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use local::App;
use serde_json::{Value, json};
use shared::model::{Account, AccountId, ApiKey, Provider, TokenHash};
use tests::{Delivery, SIGNING_KEY, SecretStore, World, send_to};

const FUNCTION: &str = "keyspot-create-lead";
const SOURCES: [&str; 20] = [
    "WEBSITE",
    "WHATSAPP",
    "PHONE",
    "EMAIL",
    "SOCIAL_MEDIA",
    "INSTAGRAM",
    "FACEBOOK",
    "PORTAL",
    "PORTAL_VIVAREAL",
    "PORTAL_ZAPIMOVEIS",
    "PORTAL_OLX",
    "PORTAL_IMOVELWEB",
    "PORTAL_CHAVESNAMAO",
    "META_ADS",
    "GOOGLE_ADS",
    "RD_STATION",
    "REFERRAL",
    "REAL_ESTATE",
    "OTHER",
    "API",
];

fn token_request(key: &str, secret: &str) -> Delivery {
    Delivery::new("keyspot-issue-token", "").header("x-api-key", key).header("x-api-secret", secret)
}

async fn deliver(world: &World, body: &Value) -> tests::Answer {
    let token = world.keyspot_token().await;
    world.send(Delivery::new(FUNCTION, body.to_string()).bearer(&token)).await
}

/// The example of the provider's page.
fn example() -> Value {
    json!({
        "name": "João Silva",
        "email": "joao@example.com",
        "phone": "11999999999",
        "message": "Tenho interesse neste imóvel, gostaria de mais informações.",
    })
}

fn example_with(field: &str, value: Value) -> Value {
    let mut body = example();
    body[field] = value;
    body
}

fn error(error: &str, code: &str) -> Value {
    json!({ "error": error, "code": code })
}

fn invalid_token() -> Value {
    error("Invalid or expired token", "INVALID_TOKEN")
}

#[tokio::test]
async fn a_new_lead_is_answered_201_with_the_twelve_documented_members() {
    let world = World::start().await;
    let mut answer = deliver(&world, &example()).await;
    assert_eq!(answer.status, 201);
    let id = answer.body["data"]["id"].take();
    let id = id.as_str().unwrap();
    assert!(id.starts_with('c') && id.len() == 15, "{id}");
    assert!(keyspot::LEAD_ID.read(id).is_some(), "{id}");
    let expected = json!({ "data": {
        "id": null,
        "name": "João Silva",
        "email": "joao@example.com",
        "phone": "11999999999",
        "message": "Tenho interesse neste imóvel, gostaria de mais informações.",
        "source": "API",
        "status": "NEW_LEAD",
        "priority": "MEDIUM",
        "propertyId": null,
        "interestedPropertyTitle": null,
        "createdAt": World::BEGINNING,
        "updatedAt": World::BEGINNING,
    } });
    assert_eq!(answer.body, expected);
}

#[tokio::test]
async fn each_field_keeps_to_its_rule() {
    let source = format!("source must be one of: {}", SOURCES.join(", "));
    let mut cases = vec![
        ("email", json!("joao"), "email must be a valid email address".to_owned()),
        ("phone", json!("any form"), String::new()),
        ("source", json!("LANDING_PAGE"), source.clone()),
        ("source", json!("api"), source.clone()),
        ("source", json!(""), source),
        ("source", json!(1), "source must be a string".to_owned()),
    ];
    for field in ["name", "email", "phone", "message"] {
        let required = format!("{field} is required");
        let empty =
            if field == "email" { "email must be a valid email address" } else { &required };
        cases.push((field, json!(null), required.clone()));
        cases.push((field, json!(""), empty.to_owned()));
        cases.push((field, json!(5), format!("{field} must be a string")));
    }
    for field in ["name", "phone", "message"] {
        // Of length 1 or more, as the page says.
        cases.push((field, json!(" "), String::new()));
        cases.push((field, json!("\u{a0}\n"), String::new()));
        cases.push((field, json!("x"), String::new()));
        cases.push((field, json!("x".repeat(9_000)), String::new()));
    }
    for field in ["propertyCode", "interestedPropertyTitle", "trafficOrigin"] {
        cases.push((field, json!(false), format!("{field} must be a string")));
    }
    cases.extend(SOURCES.map(|source| ("source", json!(source), String::new())));
    let world = World::start().await.with_replay_window(SignedDuration::ZERO);
    for (field, value, text) in cases {
        let case = format!("{field}: {value}");
        let answer = deliver(&world, &example_with(field, value.clone())).await;
        if text.is_empty() {
            assert_eq!((answer.status, &answer.body["data"][field]), (201, &value), "{case}");
        } else {
            assert_eq!(
                (answer.status, answer.body),
                (400, error(&text, "VALIDATION_ERROR")),
                "{case}"
            );
        }
    }
    for field in ["name", "email", "phone", "message"] {
        let mut body = example();
        body.as_object_mut().unwrap().remove(field);
        let answer = deliver(&world, &body).await;
        let text = format!("{field} is required");
        assert_eq!((answer.status, answer.body), (400, error(&text, "VALIDATION_ERROR")));
    }
}

#[tokio::test]
async fn optional_fields_may_be_null_and_unknown_ones_are_ignored() {
    let world = World::start().await;
    let mut body = example();
    for field in ["source", "propertyCode", "interestedPropertyTitle", "trafficOrigin"] {
        body[field] = Value::Null;
    }
    body["operationType"] = "RENT".into();
    body["status"] = "WON".into();
    let answer = deliver(&world, &body).await;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.body["data"]["source"], "API");
    assert_eq!(answer.body["data"]["status"], "NEW_LEAD");
    assert_eq!(answer.body["data"].as_object().unwrap().len(), 12);
}

#[tokio::test]
async fn a_property_code_links_the_property_and_fills_the_title() {
    let (id, title) = ("clp0demo0ap001", "Apartamento 2 quartos, Pinheiros");
    let known = json!({ "propertyCode": "AP001" });
    let titled = json!({ "propertyCode": "AP001", "interestedPropertyTitle": "Cobertura" });
    let unknown = json!({ "propertyCode": "AP999" });
    let unknown_titled = json!({ "propertyCode": "AP999", "interestedPropertyTitle": "Casa" });
    let cases = [
        ("known", known, json!([id, title])),
        ("known, with a title", titled, json!([id, "Cobertura"])),
        ("unknown", unknown, json!([null, null])),
        ("unknown, with a title", unknown_titled, json!([null, "Casa"])),
        ("empty", json!({ "propertyCode": "" }), json!([null, null])),
        ("longer than a key", json!({ "propertyCode": "A".repeat(9_000) }), json!([null, null])),
    ];
    for (case, given, expected) in cases {
        let world = World::start().await;
        let mut body = example();
        body.as_object_mut().unwrap().extend(given.as_object().unwrap().clone());
        let answer = deliver(&world, &body).await;
        let data = &answer.body["data"];
        assert_eq!(answer.status, 201, "{case}");
        assert_eq!(
            json!([data["propertyId"], data["interestedPropertyTitle"]]),
            expected,
            "{case}"
        );
    }
}

#[tokio::test]
async fn the_directory_is_read_once_and_warm_not_at_all() {
    let world = World::start().await;
    let token = world.keyspot_token().await;
    let send = |n: u32| {
        let mut body = example_with("propertyCode", json!("AP001"));
        body["phone"] = n.to_string().into();
        world.send(Delivery::new(FUNCTION, body.to_string()).bearer(&token))
    };
    world.wire.take_operations();
    assert_eq!(send(1).await.status, 201);
    assert_eq!(world.wire.take_operations(), ["GetItem", "BatchGetItem", "TransactWriteItems"]);
    assert_eq!(send(2).await.status, 201);
    assert_eq!(world.wire.take_operations(), ["TransactWriteItems"]);
}

#[tokio::test]
async fn the_same_person_again_is_a_new_lead() {
    let world = World::start().await;
    let first = deliver(&world, &example()).await;
    let second = deliver(&world, &example_with("message", json!("Outra pergunta"))).await;
    assert_eq!((first.status, second.status), (201, 201));
    assert_ne!(first.body["data"]["id"], second.body["data"]["id"]);
}

#[tokio::test]
async fn a_token_is_a_jwt_that_is_good_for_exactly_one_hour() {
    let world = World::start().await;
    let token = world.keyspot_token().await;
    let claims = jsonwebtoken::dangerous::insecure_decode::<Value>(&token).unwrap();
    assert_eq!(claims.header.alg, Algorithm::HS256);
    let claims = claims.claims;
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
async fn only_good_credentials_get_a_token() {
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
async fn no_other_token_opens_the_lead_address() {
    let world = World::start().await;
    let now = world.now().as_second();
    let claims = json!({
        "iss": "leadhook", "aud": "keyspot", "sub": TokenHash::of("demo-key").as_str(),
        "iat": now, "exp": now + 3_600, "jti": "1",
    });
    let sign = |claims: &Value, algorithm, key: &str| {
        encode(&Header::new(algorithm), claims, &EncodingKey::from_secret(key.as_bytes())).unwrap()
    };
    let with = |field: &str, value: Value| {
        let mut claims = claims.clone();
        claims[field] = value;
        sign(&claims, Algorithm::HS256, SIGNING_KEY)
    };
    let good = sign(&claims, Algorithm::HS256, SIGNING_KEY);
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
        sign(&claims, Algorithm::HS256, SIGNING_KEY)
    };
    let body = example().to_string();
    for (case, token) in [
        ("expired", with("exp", json!(now))),
        ("no expiry", without_exp),
        ("wrong audience", with("aud", json!("flextell"))),
        ("wrong issuer", with("iss", json!("someone"))),
        ("unknown credential", with("sub", json!("x"))),
        (
            "another provider's credential",
            with("sub", json!(TokenHash::of("demo-flextell").as_str())),
        ),
        ("another algorithm", sign(&claims, Algorithm::HS512, SIGNING_KEY)),
        ("another key", sign(&claims, Algorithm::HS256, "another key of 32 bytes or more..")),
        ("alg none", none),
        ("alg none, typed", none_typed),
        ("tampered", tampered),
        ("unsigned", unsigned),
        ("the API key itself", "demo-key".to_owned()),
        ("no JWT", "x.y.z".to_owned()),
    ] {
        let answer = world.send(Delivery::new(FUNCTION, body.as_str()).bearer(&token)).await;
        assert_eq!((answer.status, answer.body), (401, invalid_token()), "{case}");
    }
    let anonymous = world.send(Delivery::new(FUNCTION, body.as_str())).await;
    assert_eq!((anonymous.status, anonymous.body), (401, invalid_token()));
    let answer = world.send(Delivery::new(FUNCTION, body.as_str()).bearer(&good)).await;
    assert_eq!(answer.status, 201, "and the good one does");
}

#[tokio::test]
async fn a_token_dies_with_its_credential() {
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

/// A token from this instance.
async fn token_of(instance: &App) -> String {
    let answer = send_to(instance, token_request("demo-key", "demo-secret")).await;
    answer.body["data"]["token"].as_str().unwrap().to_owned()
}

/// The status of a delivery of its own to this instance.
async fn status_of(instance: &App, token: &str) -> u16 {
    let body = example_with("phone", json!(rand::random::<u64>().to_string())).to_string();
    send_to(instance, Delivery::new(FUNCTION, body).bearer(token)).await.status
}

#[tokio::test]
async fn a_rotated_signing_secret_refuses_no_good_token() {
    const NEXT_KEY: &str = "the next signing key of 32 bytes";
    const LAST_KEY: &str = "and the last one of 32 characters";
    let world = World::start().await;
    let store = SecretStore::start(SIGNING_KEY, world.now()).await;
    let issuing = world.instance_with(store.signing_secret());
    let taking = world.instance_with(store.signing_secret());
    let before = token_of(&issuing).await;
    assert_eq!(status_of(&taking, &before).await, 201, "a secret that was never rotated");
    store.put(NEXT_KEY, world.now());
    let fresh = world.instance_with(store.signing_secret());
    let meanwhile = token_of(&fresh).await;
    assert_eq!(status_of(&taking, &meanwhile).await, 201, "an instance that read no new key");
    for minute in 1..=11 {
        world.advance(SignedDuration::from_mins(1));
        let token = token_of(&issuing).await;
        for (case, token) in [("before", &before), ("meanwhile", &meanwhile), ("now", &token)] {
            for instance in [&issuing, &taking, &fresh] {
                assert_eq!(status_of(instance, token).await, 201, "{case}, minute {minute}");
            }
        }
    }
    let after = token_of(&issuing).await;
    store.put(LAST_KEY, world.now());
    world.advance(SignedDuration::from_mins(5));
    assert_eq!(status_of(&taking, &after).await, 201, "the new key had begun to sign");
    assert_eq!(status_of(&taking, &before).await, 401, "two rotations ago");
}

#[tokio::test]
async fn the_signing_secret_is_read_once_in_five_minutes() {
    let world = World::start().await;
    let store = SecretStore::start(SIGNING_KEY, world.now()).await;
    let instance = world.instance_with(store.signing_secret());
    let token = token_of(&instance).await;
    let once = store.reads();
    world.advance(SignedDuration::from_secs(299));
    assert_eq!(status_of(&instance, &token).await, 201);
    assert_eq!(store.reads(), once);
    world.advance(SignedDuration::from_secs(1));
    assert_eq!(status_of(&instance, &token).await, 201);
    assert_eq!(store.reads(), 2 * once);
}

#[tokio::test]
async fn without_secrets_manager_the_keys_at_hand_go_on_and_none_is_503() {
    let world = World::start().await;
    let store = SecretStore::start(SIGNING_KEY, world.now()).await;
    let instance = world.instance_with(store.signing_secret());
    let token = token_of(&instance).await;
    store.set_away(true);
    world.advance(SignedDuration::from_mins(5));
    assert_eq!(status_of(&instance, &token).await, 201, "keys at hand");
    let cold = world.instance_with(store.signing_secret());
    assert_eq!(status_of(&cold, &token).await, 503, "no keys");
    store.set_away(false);
    assert_eq!(status_of(&cold, &token).await, 201, "it is back");
    store.put("too short", world.now());
    let misled = world.instance_with(store.signing_secret());
    assert_eq!(status_of(&misled, &token).await, 503, "a secret that is no key");
    store.put("a key again, of 32 bytes or more", world.now());
    let mended = world.instance_with(store.signing_secret());
    assert_eq!(status_of(&mended, &token_of(&mended).await).await, 201, "mended at once");
}

#[tokio::test]
async fn a_secret_that_cannot_be_read_is_asked_for_again_after_fifteen_seconds() {
    let world = World::start().await;
    let store = SecretStore::start(SIGNING_KEY, world.now()).await;
    let instance = world.instance_with(store.signing_secret());
    let token = token_of(&instance).await;
    world.advance(SignedDuration::from_mins(5));
    store.set_away(true);
    assert_eq!(status_of(&instance, &token).await, 201);
    store.set_away(false);
    let tried = store.reads();
    for (seconds, reads) in [(0, tried), (14, tried), (1, tried + 2), (14, tried + 2)] {
        world.advance(SignedDuration::from_secs(seconds));
        assert_eq!(status_of(&instance, &token).await, 201, "{seconds}");
        assert_eq!(store.reads(), reads, "{seconds}");
    }
}

/// With the current key alone, tokens of the one before would be called bad.
#[tokio::test]
async fn a_previous_version_that_cannot_be_read_is_no_reason_for_401() {
    let world = World::start().await;
    let store = SecretStore::start(SIGNING_KEY, world.now()).await;
    let token = token_of(&world.instance_with(store.signing_secret())).await;
    store.put("the next signing key of 32 bytes", world.now());
    store.set_previous_fails(true);
    let cold = world.instance_with(store.signing_secret());
    assert_eq!(status_of(&cold, &token).await, 503);
    store.set_previous_fails(false);
    assert_eq!(status_of(&cold, &token).await, 201);
}

/// An instance that cannot read the new key does not call its tokens bad.
#[tokio::test]
async fn a_rotation_while_secrets_manager_is_away_refuses_no_good_token() {
    let world = World::start().await;
    let store = SecretStore::start(SIGNING_KEY, world.now()).await;
    let cut_off = world.instance_with(store.signing_secret());
    let old = token_of(&cut_off).await;
    store.put("the next signing key of 32 bytes", world.now());
    store.set_away(true);
    world.advance(SignedDuration::from_mins(5));
    assert_eq!(status_of(&cut_off, &old).await, 201, "the keys at hand go on");
    world.advance(SignedDuration::from_mins(1));
    store.set_away(false);
    let new = token_of(&world.instance_with(store.signing_secret())).await;
    store.set_away(true);
    assert_eq!(status_of(&cut_off, &new).await, 503, "it may be good");
    assert_eq!(status_of(&cut_off, &old).await, 201, "this one is");
    store.set_away(false);
    world.advance(SignedDuration::from_secs(15));
    assert_eq!(status_of(&cut_off, &new).await, 201, "read again soon");
    assert_eq!(status_of(&cut_off, "no.good.token").await, 401);
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

#[tokio::test]
async fn what_is_no_json_object_is_400_and_too_much_is_413() {
    let world = World::start().await;
    let token = world.keyspot_token().await;
    let expected = error("The body must be a JSON object", "VALIDATION_ERROR");
    for body in ["", "{", "[]", "null", "7"] {
        let answer = world.send(Delivery::new(FUNCTION, body).bearer(&token)).await;
        assert_eq!((answer.status, &answer.body), (400, &expected), "{body}");
    }
    let body = vec![b' '; shared::request::MAX_BODY_BYTES + 1];
    let answer = world.send(Delivery::new(FUNCTION, body).bearer(&token)).await;
    let too_large = error("The body must not exceed 256 KiB", "PAYLOAD_TOO_LARGE");
    assert_eq!((answer.status, answer.body), (413, too_large));
}
