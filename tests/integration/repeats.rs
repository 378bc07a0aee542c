//! Deliveries that are sent again: the replay window and `Idempotency-Key`, for every provider.

use jiff::SignedDuration;
use serde_json::json;
use std::{collections::HashSet, sync::Arc};
use tests::{Answer, Fault, SENDERS, Sender, TestApi};
use tokio::task::JoinSet;

/// The senders to providers that recognize a known person.
fn unique_senders() -> impl Iterator<Item = &'static Sender> {
    SENDERS.iter().filter(|sender| sender.is_unique())
}

/// The senders to providers where the same body is a replay.
fn replaying_senders() -> impl Iterator<Item = &'static Sender> {
    SENDERS.iter().filter(|sender| !sender.is_unique())
}

/// The answer to the `n`th delivery with a key that is always the same.
async fn send_keyed(api: &TestApi, sender: &Sender, n: usize) -> Answer {
    api.send(sender.delivery(api, n).await.idempotency_key("key-1")).await
}

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
    for case in replaying_senders() {
        let name = case.function;
        let api = TestApi::start().await;
        let delivery = case.delivery(&api, 1).await;
        let first = api.send(delivery.clone()).await;
        assert_eq!(first.status, case.created, "{name}");
        api.advance(SignedDuration::from_secs(299));
        assert_replay(&api.send(delivery.clone()).await, &first, name);
        assert_eq!(api.items("lead#").await.len(), 1, "{name}");
        let other = case.send_nth(&api, 2).await;
        assert_ne!(case.lead_of(&other)["id"], case.lead_of(&first)["id"], "{name}: another body");
        api.advance(SignedDuration::from_secs(1));
        let later = api.send(delivery).await;
        assert_eq!(later.status, case.created, "{name}");
        assert_ne!(case.lead_of(&later)["id"], case.lead_of(&first)["id"], "{name}: too late");
        assert!(!is_replayed(&later), "{name}");
        assert_eq!(api.items("lead#").await.len(), 3, "{name}");
    }
}

#[tokio::test]
async fn with_a_replay_window_of_zero_the_same_body_makes_two_leads() {
    for case in replaying_senders() {
        let api = TestApi::start().await.with_replay_window(SignedDuration::ZERO);
        for _ in 0..2 {
            let answer = case.send_nth(&api, 1).await;
            assert_eq!((answer.status, is_replayed(&answer)), (case.created, false));
        }
        assert_eq!(api.items("lead#").await.len(), 2, "{}", case.function);
        assert!(api.items("claim#").await.is_empty(), "{}", case.function);
    }
}

#[tokio::test]
async fn the_same_key_and_body_get_the_first_answer_for_24_hours() {
    for case in SENDERS {
        let name = case.function;
        let api = TestApi::start().await;
        let first = case.delivery(&api, 1).await.idempotency_key("\"key-1\"");
        let first = api.send(first).await;
        assert_eq!((first.status, is_replayed(&first)), (case.created, false), "{name}");
        for (hours, key) in [(1, "\"key-1\""), (22, "key-1")] {
            api.advance(SignedDuration::from_hours(hours));
            let again = case.delivery(&api, 1).await.idempotency_key(key);
            assert_replay(&api.send(again).await, &first, name);
        }
        assert_eq!(api.items("lead#").await.len(), 1, "{name}");
        api.advance(SignedDuration::from_hours(1));
        let late = send_keyed(&api, case, 1).await;
        assert!(!is_replayed(&late), "{name}: the key is free again");
        let leads = if case.is_unique() { 1 } else { 2 };
        assert_eq!(api.items("lead#").await.len(), leads, "{name}");
    }
}

#[tokio::test]
async fn the_same_key_with_another_body_is_422() {
    for case in SENDERS {
        let api = TestApi::start().await;
        let first = send_keyed(&api, case, 1).await;
        assert_eq!(first.status, case.created, "{}", case.function);
        let other = send_keyed(&api, case, 2).await;
        case.check_error("key_reused", &other, "another body");
        assert_eq!(api.items("lead#").await.len(), 1, "{}", case.function);
    }
}

/// A key that was stored for a known person is not a claim of the lead, so it stays when the lead
/// is erased.
#[tokio::test]
async fn a_key_whose_lead_was_deleted_refuses_no_other_body() {
    for case in unique_senders() {
        let name = case.function;
        let api = TestApi::start().await;
        assert_eq!(case.send_nth(&api, 1).await.status, case.created, "{name}");
        assert_ne!(send_keyed(&api, case, 1).await.status, case.created, "{name}");
        api.delete_leads().await;
        assert_eq!(send_keyed(&api, case, 2).await.status, case.created, "{name}");
    }
}

/// A key is stored with its result even if the result is not a new lead.
#[tokio::test]
async fn a_key_used_for_a_known_person_replays_its_answer() {
    for case in unique_senders() {
        let name = case.function;
        let api = TestApi::start().await;
        case.send_nth(&api, 1).await;
        let known = send_keyed(&api, case, 1).await;
        assert_ne!(known.status, case.created, "{name}");
        assert_replay(&send_keyed(&api, case, 1).await, &known, name);
        assert_eq!(send_keyed(&api, case, 2).await.status, 422, "{name}");
        assert_eq!(api.items("lead#").await.len(), 1, "{name}");
    }
}

/// The answer of the write that stores the key can also be lost.
#[tokio::test]
async fn a_key_whose_write_lost_its_answer_is_not_a_replay() {
    for case in unique_senders() {
        let api = TestApi::start().await;
        case.send_nth(&api, 1).await;
        api.connection.fail_next("PutItem", Fault::AnswerLost);
        let known = send_keyed(&api, case, 1).await;
        assert!(!is_replayed(&known), "{}", case.function);
        assert_replay(&send_keyed(&api, case, 1).await, &known, case.function);
    }
}

/// If a replay has a new key, the key is stored with the lead that was found.
#[tokio::test]
async fn a_key_used_for_a_replay_is_stored_with_its_lead() {
    for case in replaying_senders() {
        let name = case.function;
        let api = TestApi::start().await;
        let first = case.send_nth(&api, 1).await;
        assert_replay(&send_keyed(&api, case, 1).await, &first, name);
        api.advance(SignedDuration::from_hours(1));
        assert_replay(&send_keyed(&api, case, 1).await, &first, name);
        assert_eq!(send_keyed(&api, case, 2).await.status, 422, "{name}");
    }
}

#[tokio::test]
async fn the_same_key_in_two_accounts_makes_two_leads() {
    let api = TestApi::start().await;
    for case in SENDERS {
        let answer = send_keyed(&api, case, 1).await;
        assert_eq!((answer.status, is_replayed(&answer)), (case.created, false));
    }
}

#[tokio::test]
async fn a_key_of_more_than_255_characters_is_an_invalid_field() {
    for case in SENDERS {
        let api = TestApi::start().await;
        for (length, accepted) in [(255, true), (256, false)] {
            let key = "k".repeat(length);
            let delivery = case.delivery(&api, length).await.idempotency_key(&key);
            let answer = api.send(delivery).await;
            assert_eq!(answer.status == case.created, accepted, "{}: {length}", case.function);
            assert_eq!(answer.text.contains("Idempotency-Key"), !accepted, "{}", answer.text);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_simultaneous_deliveries_with_one_key_are_one_lead() {
    for case in SENDERS {
        let name = case.function;
        let api = Arc::new(TestApi::start().await);
        let delivery = case.delivery(&api, 1).await.idempotency_key("key-1");
        let mut senders = JoinSet::new();
        for _ in 0..50 {
            let (api, delivery) = (Arc::clone(&api), delivery.clone());
            senders.spawn(async move { api.send(delivery).await });
        }
        let answers = senders.join_all().await;
        assert!(answers.iter().all(|answer| answer.status == case.created), "{name}");
        let texts: HashSet<&str> = answers.iter().map(|answer| answer.text.as_str()).collect();
        assert_eq!(texts.len(), 1, "{name}");
        assert_eq!(answers.iter().filter(|answer| !is_replayed(answer)).count(), 1, "{name}");
        assert_eq!(api.items("lead#").await.len(), 1, "{name}");
    }
}
