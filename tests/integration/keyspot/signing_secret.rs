//! The signing secret is read from Secrets Manager while the function runs.

use super::{FUNCTION, example_with, token_request};
use jiff::SignedDuration;
use providers::App;
use serde_json::json;
use tests::{Delivery, SIGNING_KEY, SecretStore, TestApi, send_to};

/// A secret, an instance that reads it, and a token from this instance.
async fn start() -> (TestApi, SecretStore, App, String) {
    let api = TestApi::start().await;
    let store = SecretStore::start(SIGNING_KEY, api.now()).await;
    let instance = api.instance_with(store.signing_secret());
    let token = token_of(&instance).await;
    (api, store, instance, token)
}

/// A token from this instance.
async fn token_of(instance: &App) -> String {
    let answer = send_to(instance, token_request("demo-key", "demo-secret")).await;
    answer.body["data"]["token"].as_str().unwrap().to_owned()
}

/// The status of a new delivery to this instance.
async fn status_of(instance: &App, token: &str) -> u16 {
    let body = example_with("phone", json!(rand::random::<u64>().to_string())).to_string();
    send_to(instance, Delivery::new(FUNCTION, body).bearer(token)).await.status
}

#[tokio::test]
async fn a_rotation_of_the_signing_secret_refuses_no_valid_token() {
    const NEXT_KEY: &str = "the next signing key of 32 bytes";
    const LAST_KEY: &str = "and the last one of 32 characters";
    let (api, store, issuing, before) = start().await;
    let taking = api.instance_with(store.signing_secret());
    assert_eq!(status_of(&taking, &before).await, 201, "a secret that was never rotated");
    store.put(NEXT_KEY, api.now());
    let fresh = api.instance_with(store.signing_secret());
    let meanwhile = token_of(&fresh).await;
    assert_eq!(
        status_of(&taking, &meanwhile).await,
        201,
        "an instance that did not read the new key"
    );
    for minute in 1..=11 {
        api.advance(SignedDuration::from_mins(1));
        let token = token_of(&issuing).await;
        for (case, token) in [("before", &before), ("meanwhile", &meanwhile), ("now", &token)] {
            for instance in [&issuing, &taking, &fresh] {
                assert_eq!(status_of(instance, token).await, 201, "{case}, minute {minute}");
            }
        }
    }
    let after = token_of(&issuing).await;
    store.put(LAST_KEY, api.now());
    api.advance(SignedDuration::from_mins(5));
    assert_eq!(status_of(&taking, &after).await, 201, "signed with the new key");
    assert_eq!(status_of(&taking, &before).await, 401, "the key of two rotations ago");
}

#[tokio::test]
async fn the_signing_secret_is_read_once_in_five_minutes() {
    let (api, store, instance, token) = start().await;
    let once = store.reads();
    api.advance(SignedDuration::from_secs(299));
    assert_eq!(status_of(&instance, &token).await, 201);
    assert_eq!(store.reads(), once);
    api.advance(SignedDuration::from_secs(1));
    assert_eq!(status_of(&instance, &token).await, 201);
    assert_eq!(store.reads(), 2 * once);
}

#[tokio::test]
async fn without_secrets_manager_loaded_keys_still_work_and_no_keys_is_503() {
    let (api, store, instance, token) = start().await;
    store.set_away(true);
    api.advance(SignedDuration::from_mins(5));
    assert_eq!(status_of(&instance, &token).await, 201, "loaded keys");
    let cold = api.instance_with(store.signing_secret());
    assert_eq!(status_of(&cold, &token).await, 503, "no keys");
    store.set_away(false);
    assert_eq!(status_of(&cold, &token).await, 201, "the store answers again");
    store.put("too short", api.now());
    let misled = api.instance_with(store.signing_secret());
    assert_eq!(status_of(&misled, &token).await, 503, "a secret that is not a key");
    store.put("a key again, of 32 bytes or more", api.now());
    let mended = api.instance_with(store.signing_secret());
    assert_eq!(status_of(&mended, &token_of(&mended).await).await, 201, "a corrected secret");
}

#[tokio::test]
async fn a_secret_that_cannot_be_read_is_read_again_after_fifteen_seconds() {
    let (api, store, instance, token) = start().await;
    api.advance(SignedDuration::from_mins(5));
    store.set_away(true);
    assert_eq!(status_of(&instance, &token).await, 201);
    store.set_away(false);
    let tried = store.reads();
    for (seconds, reads) in [(0, tried), (14, tried), (1, tried + 2), (14, tried + 2)] {
        api.advance(SignedDuration::from_secs(seconds));
        assert_eq!(status_of(&instance, &token).await, 201, "{seconds}");
        assert_eq!(store.reads(), reads, "{seconds}");
    }
}

#[tokio::test]
async fn loaded_keys_still_work_if_secrets_manager_stops_answering_midway() {
    let (api, store, instance, token) = start().await;
    store.set_previous_hangs(true);
    api.advance(SignedDuration::from_mins(5));
    assert_eq!(status_of(&instance, &token).await, 201);
}

/// With only the current key, tokens of the previous key would be refused.
#[tokio::test]
async fn a_previous_version_that_cannot_be_read_is_503_and_not_401() {
    let (api, store, _, token) = start().await;
    store.put("the next signing key of 32 bytes", api.now());
    store.set_previous_fails(true);
    let cold = api.instance_with(store.signing_secret());
    assert_eq!(status_of(&cold, &token).await, 503);
    store.set_previous_fails(false);
    assert_eq!(status_of(&cold, &token).await, 201);
}

/// An instance that cannot read the new key answers 503 for its tokens, and not 401.
#[tokio::test]
async fn a_rotation_during_an_outage_of_secrets_manager_refuses_no_valid_token() {
    let (api, store, cut_off, old) = start().await;
    store.put("the next signing key of 32 bytes", api.now());
    store.set_away(true);
    api.advance(SignedDuration::from_mins(5));
    assert_eq!(status_of(&cut_off, &old).await, 201, "the loaded keys still work");
    api.advance(SignedDuration::from_mins(1));
    store.set_away(false);
    let new = token_of(&api.instance_with(store.signing_secret())).await;
    store.set_away(true);
    assert_eq!(status_of(&cut_off, &new).await, 503, "the token may be valid");
    assert_eq!(status_of(&cut_off, &old).await, 201, "this token is valid");
    store.set_away(false);
    api.advance(SignedDuration::from_secs(15));
    assert_eq!(status_of(&cut_off, &new).await, 201, "the secret was read again");
    assert_eq!(status_of(&cut_off, "no.good.token").await, 401);
}
