//! Held deliveries: which are held, and which are not.

use jiff::SignedDuration;
use serde_json::json;
use shared::{
    model::{Account, AccountId, HeldDelivery, HeldReason, Provider},
    request::MAX_BODY_BYTES,
    table::WhichHeld,
};
use std::time::{Duration, Instant};
use tests::{Delivery, Fault, SENDERS, Sender, TestApi};

/// A body that every provider refuses.
const INVALID: &str = r#"{"name": "Ana", "email": "not an address", "phone": 5}"#;

pub(crate) async fn held(api: &TestApi, sender: &Sender) -> Vec<HeldDelivery> {
    let mut held = Vec::new();
    let take = |delivery| held.push(delivery);
    let table = api.table();
    table.each_held(&sender.account(), &WhichHeld::All, api.now(), take).await.unwrap();
    held
}

pub(crate) async fn refused(api: &TestApi, sender: &Sender, body: impl Into<Vec<u8>>) -> u16 {
    sender.send(api, body).await.status
}

#[tokio::test]
async fn an_invalid_delivery_is_held_unchanged_for_thirty_days() {
    let bodies = [
        ("fields", INVALID.as_bytes()),
        ("a list", b"[1, 2]"),
        ("no JSON", b"name=Ana&email=ana%40x.com"),
        ("no text", b"\xff\xfe{}"),
        ("nothing", b""),
    ];
    for sender in SENDERS {
        for (case, body) in bodies {
            let case = format!("{}: {case}", sender.function);
            // RD Station accepts any text in its fields.
            let is_lead = sender.function == "rdstation-create-lead" && body == INVALID.as_bytes();
            let body = if is_lead { br#"{"email": 5}"# } else { body };
            let api = TestApi::start().await;
            assert!([400, 422].contains(&refused(&api, sender, body).await), "{case}");
            let (reason, now) = (HeldReason::Invalid, api.now());
            let expected = HeldDelivery::new(&sender.account(), reason, None, body.to_vec(), now);
            let [held_one] = &held(&api, sender).await[..] else { panic!("{case}") };
            let (answer, outcome, broken) = (None, None, Vec::new());
            let bare = HeldDelivery { answer, outcome, broken, ..held_one.clone() };
            assert_eq!(bare, expected, "{case}");
            api.advance(SignedDuration::from_hours(30 * 24) - SignedDuration::from_secs(1));
            assert_eq!(held(&api, sender).await.len(), 1, "{case}");
            api.advance(SignedDuration::from_secs(1));
            assert!(held(&api, sender).await.is_empty(), "{case}: its time is over");
        }
    }
}

#[tokio::test]
async fn a_held_delivery_has_the_answer_that_was_sent() {
    for sender in SENDERS {
        let api = TestApi::start().await;
        let answer = sender.send(&api, r#"{"email": 5}"#).await;
        let held = held(&api, sender).await;
        let kept = held[0].answer.as_ref().unwrap();
        assert_eq!((kept.status, &kept.body), (answer.status, &answer.text), "{}", sender.function);
    }
}

#[tokio::test]
async fn a_held_delivery_says_why_it_was_rejected() {
    let api = TestApi::start().await;
    let keyed = |body: &str| {
        let delivery = Delivery::new("integrabot-create-lead", body).bearer("sk_demo_integrabot");
        delivery.idempotency_key("a")
    };
    let person = r#"{"name": "Ana", "type": "web"}"#;
    assert_eq!(api.send(keyed(person)).await.status, 201);
    let to = |function, token, body: &str| Delivery::new(function, body).bearer(token);
    let pollybot = "sk-workspace_your_api_key";
    let cases = [
        (
            to("integrabot-create-lead", "sk_demo_integrabot", r#"{"name": "Ana", "email": "x"}"#),
            "type is required; email must be a valid email address",
        ),
        (to("rdstation-create-lead", "demo-rdstation", "[]"), "not a JSON object"),
        (to("pollybot-create-lead", pollybot, "{}").chatbot("cb_none"), "unknown chatbot"),
        (keyed(r#"{"name": "Eva", "type": "web"}"#), "Idempotency-Key used before"),
    ];
    for (delivery, why) in cases {
        assert!((400..500).contains(&api.send(delivery).await.status), "{why}");
        let mut found = Vec::new();
        for sender in SENDERS {
            found.extend(held(&api, sender).await.iter().filter_map(HeldDelivery::why));
        }
        assert!(found.iter().any(|found| found == why), "{why} in {found:?}");
    }
}

/// A long answer and a body of 256 KiB do not fit into one item.
#[tokio::test]
async fn a_long_answer_is_not_stored_with_its_held_delivery() {
    let (api, sender) = (TestApi::start().await, Sender::of(Provider::PollyBot));
    let body = json!({ "name": "Ana", "email": "x".repeat(250_000) }).to_string();
    let answer = sender.send(&api, body.clone()).await;
    assert!(answer.status == 400 && answer.text.len() > 250_000);
    let held = &held(&api, sender).await[0];
    assert!(held.body == body.as_bytes() && held.answer.is_none());
}

#[tokio::test]
async fn the_same_body_held_in_two_accounts_has_two_ids() {
    let (api, sender) = (TestApi::start().await, Sender::of(Provider::RdStation));
    let other = Account { id: AccountId::from_static("wpc_other"), ..sender.account() };
    api.open_account("other", other.clone()).await;
    let delivery = sender.deliver(&api, "[]").await;
    api.send(delivery.clone()).await;
    api.send(delivery.bearer("other")).await;
    let mut ids = vec![held(&api, sender).await[0].id.clone()];
    let table = api.table();
    table.each_held(&other, &WhichHeld::All, api.now(), |held| ids.push(held.id)).await.unwrap();
    assert_eq!(ids.len(), 2);
    assert_ne!(ids[0], ids[1]);
}

#[tokio::test]
async fn an_unauthenticated_delivery_is_not_held() {
    let api = TestApi::start().await;
    for sender in SENDERS {
        let anonymous = Delivery::new(sender.function, INVALID);
        for delivery in [anonymous.clone(), anonymous.bearer("nobody-has")] {
            assert_eq!(api.send(delivery.header("x-tenant", "1")).await.status, 401);
        }
    }
    let foreign = Delivery::new("flextell-create-lead", INVALID).bearer("demo-flextell");
    for tenant in ["2", "x"] {
        api.send(foreign.clone().header("x-tenant", tenant)).await;
    }
    assert!(api.items("held#").await.is_empty());
}

#[tokio::test]
async fn a_large_body_and_a_repeated_lead_are_not_held() {
    let api = TestApi::start().await;
    for sender in SENDERS {
        let too_large = vec![b' '; MAX_BODY_BYTES + 1];
        assert_eq!(refused(&api, sender, too_large.clone()).await, 413);
        let unknown = sender.deliver(&api, too_large).await.chatbot("cb_gone");
        assert!([404, 413].contains(&api.send(unknown).await.status));
        let delivery = sender.delivery(&api, 1).await;
        api.send(delivery.clone()).await;
        api.send(delivery).await;
    }
    assert!(api.items("held#").await.is_empty());
}

#[tokio::test]
async fn the_same_body_is_held_once() {
    for sender in SENDERS {
        let api = TestApi::start().await;
        refused(&api, sender, "[]").await;
        api.advance(SignedDuration::from_secs(60));
        refused(&api, sender, "[]").await;
        refused(&api, sender, "[1]").await;
        let held = held(&api, sender).await;
        assert_eq!(held.len(), 2, "{}", sender.function);
        assert!(held.iter().all(|held| held.received_at == api.now()), "{}", sender.function);
    }
}

#[tokio::test]
async fn a_known_person_with_new_content_is_held_as_a_repeat() {
    for sender in SENDERS.iter().filter(|sender| sender.is_unique()) {
        let name = sender.function;
        let api = TestApi::start().await;
        sender.send_nth(&api, 1).await;
        let body = sender.body_with(1, "name", "Ana Maria");
        let again = sender.send(&api, body.clone()).await;
        assert!([200, 409].contains(&again.status), "{name}");
        let [held] = &held(&api, sender).await[..] else { panic!("{name}") };
        let HeldReason::Repeat(lead_id) = held.reason else { panic!("{name}") };
        let lead = &api.items("lead#").await[0];
        assert_eq!(lead["id"].as_n().unwrap(), &lead_id.to_string(), "{name}");
        assert_eq!(held.body, body.into_bytes(), "{name}");
    }
}

#[tokio::test]
async fn a_key_used_for_another_body_and_an_unknown_chatbot_are_held() {
    for sender in SENDERS {
        let api = TestApi::start().await;
        let keyed = sender.delivery(&api, 1).await.idempotency_key("k");
        api.send(keyed).await;
        let other = sender.delivery(&api, 2).await.idempotency_key("k");
        assert_eq!(api.send(other).await.status, 422, "{}", sender.function);
        let [held] = &held(&api, sender).await[..] else { panic!("{}", sender.function) };
        assert_eq!(held.body, (sender.body)(2).to_string().into_bytes());
    }
    let (api, sender) = (TestApi::start().await, Sender::of(Provider::PollyBot));
    let delivery = sender.delivery(&api, 1).await.chatbot("cb_gone");
    assert_eq!(api.send(delivery).await.status, 404);
    assert_eq!(held(&api, sender).await[0].target.as_deref(), Some("cb_gone"));
}

#[tokio::test]
async fn a_delivery_that_cannot_be_held_gets_the_same_answer() {
    for sender in SENDERS {
        let api = TestApi::start().await;
        let expected = sender.send(&api, "[]").await;
        let delivery = sender.deliver(&api, "[2]").await;
        api.connection.fail_next("PutItem", Fault::Delayed(Duration::from_mins(1)));
        let started = Instant::now();
        assert_eq!(api.send(delivery).await, expected, "{}", sender.function);
        assert!(started.elapsed() < Duration::from_secs(20), "{}", sender.function);
        let delivery = sender.deliver(&api, "[3]").await;
        api.connection.set_away(true);
        assert_eq!(api.send(delivery).await, expected, "{}", sender.function);
    }
}

/// The first attempt stored its key, but ended before its delivery was held.
#[tokio::test]
async fn a_repeat_with_a_key_is_held_if_its_first_attempt_was_not() {
    for sender in SENDERS.iter().filter(|sender| sender.is_unique()) {
        let api = TestApi::start().await;
        sender.send_nth(&api, 1).await;
        let more = sender.body_with(1, "name", "Ana Maria");
        let keyed = sender.deliver(&api, more).await.idempotency_key("k");
        api.send(keyed.clone()).await;
        let id = held(&api, sender).await[0].id.clone();
        api.table().delete_held(&sender.account(), &id).await.unwrap();
        api.send(keyed).await;
        assert_eq!(held(&api, sender).await.len(), 1, "{}", sender.function);
    }
}
