//! Deliveries that are sent again: the replay window and `Idempotency-Key`, for every provider.

use jiff::SignedDuration;
use serde_json::json;
use shared::model::Provider;
use std::{collections::HashSet, sync::Arc};
use tests::{Answer, Fault, SENDERS, Sender, World};
use tokio::task::JoinSet;

fn is_replayed(answer: &Answer) -> bool {
    answer.headers.get("idempotency-replayed") == Some(&json!("true"))
}

/// Checks that an answer equals the first answer and is marked as a replay.
fn assert_replay(again: &Answer, first: &Answer, case: &str) {
    assert_eq!((again.status, &again.text), (first.status, &first.text), "{case}");
    assert!(is_replayed(again) && !is_replayed(first), "{case}");
}

#[tokio::test]
async fn within_the_replay_window_the_same_body_is_the_same_lead() {
    for case in SENDERS.iter().filter(|case| !case.unique) {
        let name = case.function;
        let world = World::start().await;
        let delivery = case.delivery(&world, 1).await;
        let first = world.send(delivery.clone()).await;
        assert_eq!(first.status, case.created, "{name}");
        world.advance(SignedDuration::from_secs(299));
        assert_replay(&world.send(delivery.clone()).await, &first, name);
        assert_eq!(world.items("lead#").await.len(), 1, "{name}");
        let other = world.send(case.delivery(&world, 2).await).await;
        assert_ne!(case.lead_of(&other)["id"], case.lead_of(&first)["id"], "{name}: another body");
        world.advance(SignedDuration::from_secs(1));
        let later = world.send(delivery).await;
        assert_eq!(later.status, case.created, "{name}");
        assert_ne!(case.lead_of(&later)["id"], case.lead_of(&first)["id"], "{name}: too late");
        assert!(!is_replayed(&later), "{name}");
        assert_eq!(world.items("lead#").await.len(), 3, "{name}");
    }
}

#[tokio::test]
async fn with_a_replay_window_of_zero_the_same_body_makes_two_leads() {
    for case in SENDERS.iter().filter(|case| !case.unique) {
        let world = World::start().await.with_replay_window(SignedDuration::ZERO);
        for _ in 0..2 {
            let answer = world.send(case.delivery(&world, 1).await).await;
            assert_eq!((answer.status, is_replayed(&answer)), (case.created, false));
        }
        assert_eq!(world.items("lead#").await.len(), 2, "{}", case.function);
        assert!(world.items("claim#").await.is_empty(), "{}", case.function);
    }
}

#[tokio::test]
async fn the_same_key_and_body_get_the_first_answer_for_24_hours() {
    for case in &SENDERS {
        let name = case.function;
        let world = World::start().await;
        let first = case.delivery(&world, 1).await.header("idempotency-key", "\"key-1\"");
        let first = world.send(first).await;
        assert_eq!((first.status, is_replayed(&first)), (case.created, false), "{name}");
        for (hours, key) in [(1, "\"key-1\""), (22, "key-1")] {
            world.advance(SignedDuration::from_hours(hours));
            let again = case.delivery(&world, 1).await.header("idempotency-key", key);
            assert_replay(&world.send(again).await, &first, name);
        }
        assert_eq!(world.items("lead#").await.len(), 1, "{name}");
        world.advance(SignedDuration::from_hours(1));
        let late = case.delivery(&world, 1).await.header("idempotency-key", "key-1");
        let late = world.send(late).await;
        assert!(!is_replayed(&late), "{name}: the key is free again");
        let leads = if case.unique { 1 } else { 2 };
        assert_eq!(world.items("lead#").await.len(), leads, "{name}");
    }
}

#[tokio::test]
async fn the_same_key_with_another_body_is_422() {
    let expected = [
        (
            Provider::Integrabot,
            json!({
                "error": "Validation Error",
                "message": {
                    "Idempotency-Key": ["A chave de idempotência já foi usada com outro corpo."],
                },
            }),
        ),
        (
            Provider::RdStation,
            json!({
                "message": "Idempotency-Key was used before with another body",
                "code": "UNPROCESSABLE_CONTENT",
            }),
        ),
        (
            Provider::PollyBot,
            json!({
                "success": false, "error": "Idempotency-Key was used before with another body",
                "code": "IDEMPOTENCY_KEY_REUSED",
            }),
        ),
        (
            Provider::Keyspot,
            json!({
                "error": "Idempotency-Key was used before with another body",
                "code": "IDEMPOTENCY_KEY_REUSED",
            }),
        ),
        (
            Provider::Flextell,
            json!({
                "error": "validation_error",
                "message": "The Idempotency-Key was used before with another body.",
            }),
        ),
    ];
    for (provider, expected) in expected {
        let case = Sender::of(provider);
        let world = World::start().await;
        for n in [1, 2] {
            let delivery = case.delivery(&world, n).await.header("idempotency-key", "key-1");
            let answer = world.send(delivery).await;
            if n == 1 {
                assert_eq!(answer.status, case.created, "{}", case.function);
            } else {
                assert_eq!((answer.status, &answer.body), (422, &expected), "{}", case.function);
            }
        }
        assert_eq!(world.items("lead#").await.len(), 1, "{}", case.function);
    }
}

/// A key that was stored for a known person is not a claim of the lead, so it stays when the lead is
/// erased.
#[tokio::test]
async fn a_key_whose_lead_was_deleted_refuses_no_other_body() {
    for case in SENDERS.iter().filter(|case| case.unique) {
        let name = case.function;
        let world = World::start().await;
        assert_eq!(world.send(case.delivery(&world, 1).await).await.status, case.created, "{name}");
        let again = case.delivery(&world, 1).await.header("idempotency-key", "key-1");
        assert_ne!(world.send(again).await.status, case.created, "{name}");
        world.delete_leads().await;
        let other = case.delivery(&world, 2).await.header("idempotency-key", "key-1");
        assert_eq!(world.send(other).await.status, case.created, "{name}");
    }
}

/// A key is stored with its result even if the result is not a new lead.
#[tokio::test]
async fn a_key_used_for_a_known_person_replays_its_answer() {
    for case in SENDERS.iter().filter(|case| case.unique) {
        let name = case.function;
        let world = World::start().await;
        world.send(case.delivery(&world, 1).await).await;
        let keyed = case.delivery(&world, 1).await.header("idempotency-key", "key-1");
        let known = world.send(keyed.clone()).await;
        assert_ne!(known.status, case.created, "{name}");
        assert_replay(&world.send(keyed).await, &known, name);
        let other = case.delivery(&world, 2).await.header("idempotency-key", "key-1");
        assert_eq!(world.send(other).await.status, 422, "{name}");
        assert_eq!(world.items("lead#").await.len(), 1, "{name}");
    }
}

/// The answer of the write that stores the key can also be lost.
#[tokio::test]
async fn a_key_whose_write_lost_its_answer_is_not_a_replay() {
    for case in SENDERS.iter().filter(|case| case.unique) {
        let world = World::start().await;
        world.send(case.delivery(&world, 1).await).await;
        world.wire.fail_next("PutItem", Fault::AnswerLost);
        let keyed = case.delivery(&world, 1).await.header("idempotency-key", "key-1");
        let known = world.send(keyed.clone()).await;
        assert!(!is_replayed(&known), "{}", case.function);
        assert_replay(&world.send(keyed).await, &known, case.function);
    }
}

/// If a replay has a new key, the key is stored with the lead that was found.
#[tokio::test]
async fn a_key_used_for_a_replay_is_stored_with_its_lead() {
    for case in SENDERS.iter().filter(|case| !case.unique) {
        let name = case.function;
        let world = World::start().await;
        let first = world.send(case.delivery(&world, 1).await).await;
        let keyed = case.delivery(&world, 1).await.header("idempotency-key", "key-1");
        assert_replay(&world.send(keyed).await, &first, name);
        world.advance(SignedDuration::from_hours(1));
        let keyed = case.delivery(&world, 1).await.header("idempotency-key", "key-1");
        assert_replay(&world.send(keyed).await, &first, name);
        let other = case.delivery(&world, 2).await.header("idempotency-key", "key-1");
        assert_eq!(world.send(other).await.status, 422, "{name}");
    }
}

#[tokio::test]
async fn the_same_key_in_two_accounts_makes_two_leads() {
    let world = World::start().await;
    for case in &SENDERS {
        let delivery = case.delivery(&world, 1).await.header("idempotency-key", "key-1");
        let answer = world.send(delivery).await;
        assert_eq!((answer.status, is_replayed(&answer)), (case.created, false));
    }
}

#[tokio::test]
async fn a_key_of_more_than_255_characters_is_an_invalid_field() {
    for case in &SENDERS {
        let world = World::start().await;
        for (length, accepted) in [(255, true), (256, false)] {
            let key = "k".repeat(length);
            let delivery = case.delivery(&world, length).await.header("idempotency-key", &key);
            let answer = world.send(delivery).await;
            assert_eq!(answer.status == case.created, accepted, "{}: {length}", case.function);
            assert_eq!(answer.text.contains("Idempotency-Key"), !accepted, "{}", answer.text);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_simultaneous_deliveries_with_one_key_are_one_lead() {
    for case in &SENDERS {
        let name = case.function;
        let world = Arc::new(World::start().await);
        let delivery = case.delivery(&world, 1).await.header("idempotency-key", "key-1");
        let mut senders = JoinSet::new();
        for _ in 0..50 {
            let (world, delivery) = (Arc::clone(&world), delivery.clone());
            senders.spawn(async move { world.send(delivery).await });
        }
        let answers = senders.join_all().await;
        assert!(answers.iter().all(|answer| answer.status == case.created), "{name}");
        let texts: HashSet<&str> = answers.iter().map(|answer| answer.text.as_str()).collect();
        assert_eq!(texts.len(), 1, "{name}");
        assert_eq!(answers.iter().filter(|answer| !is_replayed(answer)).count(), 1, "{name}");
        assert_eq!(world.items("lead#").await.len(), 1, "{name}");
    }
}

#[tokio::test]
async fn a_keyspot_token_is_refused_by_the_other_providers() {
    let world = World::start().await;
    let token = world.keyspot_token().await;
    for case in SENDERS.iter().filter(|case| case.function != "keyspot-create-lead") {
        let delivery = case.delivery(&world, 1).await.bearer(&token);
        assert_eq!(world.send(delivery).await.status, 401, "{}", case.function);
    }
}

#[tokio::test]
async fn a_key_is_refused_by_the_other_providers() {
    let world = World::start().await;
    let keys = [
        "sk_demo_integrabot",
        "demo-rdstation",
        "sk-workspace_your_api_key",
        "demo-key",
        "demo-flextell",
    ];
    for case in &SENDERS {
        for key in keys {
            let own = case.headers.iter().any(|(_, value)| value.ends_with(key));
            let delivery = case.delivery(&world, 1).await.bearer(key);
            let status = world.send(delivery).await.status;
            assert_eq!(status != 401, own, "{}: {key}", case.function);
        }
    }
}
