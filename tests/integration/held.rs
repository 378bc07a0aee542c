//! Held deliveries: which are held, which are not, and how they are redelivered.

use jiff::SignedDuration;
use providers::redeliver_held;
use serde_json::{Value, json};
use shared::{
    model::{Account, AccountId, Contact, EntryId, EntryKey, HeldDelivery, HeldReason, Provider},
    request::MAX_BODY_BYTES,
    table::WhichHeld,
};
use std::{
    collections::HashSet,
    time::{Duration, Instant},
};
use tests::{Delivery, Fault, SENDERS, Sender, World};

/// A body that every provider refuses.
const INVALID: &str = r#"{"name": "Ana", "email": "not an address", "phone": 5}"#;

async fn held(world: &World, sender: &Sender) -> Vec<HeldDelivery> {
    let mut held = Vec::new();
    let take = |delivery| held.push(delivery);
    let table = &world.app.context.table;
    table.each_held(&sender.account(), &WhichHeld::All, world.now(), take).await.unwrap();
    held
}

async fn refused(world: &World, sender: &Sender, body: impl Into<Vec<u8>>) -> u16 {
    world.send(sender.deliver(world, body).await).await.status
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
    for sender in &SENDERS {
        for (case, body) in bodies {
            let case = format!("{}: {case}", sender.function);
            // RD Station accepts any text in its fields.
            let is_lead = sender.function == "rdstation-create-lead" && body == INVALID.as_bytes();
            let body = if is_lead { br#"{"email": 5}"# } else { body };
            let world = World::start().await;
            assert!([400, 422].contains(&refused(&world, sender, body).await), "{case}");
            let (reason, now) = (HeldReason::Invalid, world.now());
            let expected = HeldDelivery::new(&sender.account(), reason, None, body.to_vec(), now);
            let [held_one] = &held(&world, sender).await[..] else { panic!("{case}") };
            let (answer, broken) = (None, Vec::new());
            let bare = HeldDelivery { answer, broken, ..held_one.clone() };
            assert_eq!(bare, expected, "{case}");
            world.advance(SignedDuration::from_hours(30 * 24) - SignedDuration::from_secs(1));
            assert_eq!(held(&world, sender).await.len(), 1, "{case}");
            world.advance(SignedDuration::from_secs(1));
            assert!(held(&world, sender).await.is_empty(), "{case}: its time is over");
        }
    }
}

#[tokio::test]
async fn a_held_delivery_has_the_answer_that_was_sent() {
    for sender in &SENDERS {
        let world = World::start().await;
        let answer = world.send(sender.deliver(&world, r#"{"email": 5}"#).await).await;
        let held = held(&world, sender).await;
        let kept = held[0].answer.as_ref().unwrap();
        assert_eq!((kept.status, &kept.body), (answer.status, &answer.text), "{}", sender.function);
    }
}

/// A long answer and a body of 256 KiB do not fit into one item.
#[tokio::test]
async fn a_long_answer_is_not_stored_with_its_held_delivery() {
    let (world, sender) = (World::start().await, Sender::of(Provider::PollyBot));
    let body = json!({ "name": "Ana", "email": "x".repeat(250_000) }).to_string();
    let answer = world.send(sender.deliver(&world, body.clone()).await).await;
    assert!(answer.status == 400 && answer.text.len() > 250_000);
    let held = &held(&world, sender).await[0];
    assert!(held.body == body.as_bytes() && held.answer.is_none());
}

#[tokio::test]
async fn the_same_body_held_in_two_accounts_has_two_ids() {
    let (world, sender) = (World::start().await, Sender::of(Provider::RdStation));
    let other = Account { id: AccountId::from_static("wpc_other"), ..sender.account() };
    world.open_account("other", other.clone()).await;
    let delivery = sender.deliver(&world, "[]").await;
    world.send(delivery.clone()).await;
    world.send(delivery.bearer("other")).await;
    let mut ids = vec![held(&world, sender).await[0].id.clone()];
    let table = &world.app.context.table;
    table.each_held(&other, &WhichHeld::All, world.now(), |held| ids.push(held.id)).await.unwrap();
    assert_eq!(ids.len(), 2);
    assert_ne!(ids[0], ids[1]);
}

#[tokio::test]
async fn an_unauthenticated_delivery_is_not_held() {
    let world = World::start().await;
    for sender in &SENDERS {
        let anonymous = Delivery::new(sender.function, INVALID);
        for delivery in [anonymous.clone(), anonymous.bearer("nobody-has")] {
            assert_eq!(world.send(delivery.header("x-tenant", "1")).await.status, 401);
        }
    }
    let foreign = Delivery::new("flextell-create-lead", INVALID).bearer("demo-flextell");
    for tenant in ["2", "x"] {
        world.send(foreign.clone().header("x-tenant", tenant)).await;
    }
    assert!(world.items("held#").await.is_empty());
}

#[tokio::test]
async fn a_large_body_and_a_repeated_lead_are_not_held() {
    let world = World::start().await;
    for sender in &SENDERS {
        let too_large = vec![b' '; MAX_BODY_BYTES + 1];
        assert_eq!(refused(&world, sender, too_large.clone()).await, 413);
        let unknown = sender.deliver(&world, too_large).await.chatbot("cb_gone");
        assert!([404, 413].contains(&world.send(unknown).await.status));
        let delivery = sender.delivery(&world, 1).await;
        world.send(delivery.clone()).await;
        world.send(delivery).await;
    }
    assert!(world.items("held#").await.is_empty());
}

#[tokio::test]
async fn the_same_body_is_held_once() {
    for sender in &SENDERS {
        let world = World::start().await;
        refused(&world, sender, "[]").await;
        world.advance(SignedDuration::from_secs(60));
        refused(&world, sender, "[]").await;
        refused(&world, sender, "[1]").await;
        let held = held(&world, sender).await;
        assert_eq!(held.len(), 2, "{}", sender.function);
        assert!(held.iter().all(|held| held.received_at == world.now()), "{}", sender.function);
    }
}

#[tokio::test]
async fn a_known_person_with_new_content_is_held_as_a_repeat() {
    for sender in SENDERS.iter().filter(|sender| sender.unique) {
        let name = sender.function;
        let world = World::start().await;
        world.send(sender.delivery(&world, 1).await).await;
        let mut body = (sender.body)(1);
        body["name"] = "Ana Maria".into();
        let again = world.send(sender.deliver(&world, body.to_string()).await).await;
        assert!([200, 409].contains(&again.status), "{name}");
        let [held] = &held(&world, sender).await[..] else { panic!("{name}") };
        let HeldReason::Repeat(lead_id) = held.reason else { panic!("{name}") };
        let lead = &world.items("lead#").await[0];
        assert_eq!(lead["id"].as_n().unwrap(), &lead_id.to_string(), "{name}");
        assert_eq!(held.body, body.to_string().into_bytes(), "{name}");
    }
}

#[tokio::test]
async fn a_key_used_for_another_body_and_an_unknown_chatbot_are_held() {
    for sender in &SENDERS {
        let world = World::start().await;
        let keyed = sender.delivery(&world, 1).await.header("idempotency-key", "k");
        world.send(keyed).await;
        let other = sender.delivery(&world, 2).await.header("idempotency-key", "k");
        assert_eq!(world.send(other).await.status, 422, "{}", sender.function);
        let [held] = &held(&world, sender).await[..] else { panic!("{}", sender.function) };
        assert_eq!(held.body, (sender.body)(2).to_string().into_bytes());
    }
    let (world, sender) = (World::start().await, Sender::of(Provider::PollyBot));
    let delivery = sender.delivery(&world, 1).await.chatbot("cb_gone");
    assert_eq!(world.send(delivery).await.status, 404);
    assert_eq!(held(&world, sender).await[0].target.as_deref(), Some("cb_gone"));
}

#[tokio::test]
async fn a_delivery_that_cannot_be_held_gets_the_same_answer() {
    for sender in &SENDERS {
        let world = World::start().await;
        let expected = world.send(sender.deliver(&world, "[]").await).await;
        let delivery = sender.deliver(&world, "[2]").await;
        world.wire.fail_next("PutItem", Fault::Delayed(Duration::from_mins(1)));
        let started = Instant::now();
        assert_eq!(world.send(delivery).await, expected, "{}", sender.function);
        assert!(started.elapsed() < Duration::from_secs(20), "{}", sender.function);
        let delivery = sender.deliver(&world, "[3]").await;
        world.wire.set_away(true);
        assert_eq!(world.send(delivery).await, expected, "{}", sender.function);
    }
}

#[tokio::test]
async fn a_corrected_delivery_that_is_redelivered_becomes_a_lead() {
    for sender in &SENDERS {
        let name = sender.function;
        let world = World::start().await;
        refused(&world, sender, r#"{"email": 5}"#).await;
        let [held_one] = &held(&world, sender).await[..] else { panic!("{name}") };
        let account = sender.account();
        let (context, account) = (&world.app.context, &account);
        let replay = async |body: Value| {
            redeliver_held(context, account, held_one, body.to_string().as_bytes()).await
        };
        let still_invalid = replay(json!([])).await.unwrap().answer;
        assert!([400, 422].contains(&still_invalid.status().as_u16()), "{name}");
        assert_eq!(held(&world, sender).await.len(), 1, "{name}: still invalid");
        // The redelivery is interrupted before it is complete, and is done again.
        world.wire.fail_next("DeleteItem", Fault::Delayed(Duration::from_mins(1)));
        let body = (sender.body)(7);
        let interrupted = tokio::time::timeout(Duration::from_secs(2), replay(body.clone())).await;
        assert!(interrupted.is_err(), "{name}");
        let answer = replay(body.clone()).await.unwrap().answer;
        assert_eq!(answer.status().as_u16(), sender.created, "{name}");
        let answer: Value = serde_json::from_str(answer.body()).unwrap();
        let lead = (sender.lead)(&answer);
        for (field, sent) in body.as_object().unwrap() {
            assert_eq!(&lead[field], sent, "{name}: {field}");
        }
        assert!(held(&world, sender).await.is_empty(), "{name}: it is a lead now");
        assert_eq!(world.items("lead#").await.len(), 1, "{name}");
    }
}

#[tokio::test]
async fn a_redelivery_of_a_known_person_stays_held() {
    for sender in SENDERS.iter().filter(|sender| sender.unique) {
        let name = sender.function;
        let world = World::start().await;
        world.send(sender.delivery(&world, 1).await).await;
        refused(&world, sender, "{}").await;
        let mut more = (sender.body)(1);
        more["name"] = "Ana Maria".into();
        world.send(sender.deliver(&world, more.to_string()).await).await;
        let (context, account) = (&world.app.context, sender.account());
        let before = held(&world, sender).await;
        assert_eq!(before.len(), 2, "{name}: one invalid, one repeat");
        for held in &before {
            let body = more.to_string().into_bytes();
            let redelivered = redeliver_held(context, &account, held, &body).await.unwrap();
            assert!([200, 409].contains(&redelivered.answer.status().as_u16()), "{name}");
            assert!(
                redelivered.summary.lead.is_some() && !redelivered.summary.became_lead(),
                "{name}"
            );
        }
        let same = (sender.body)(1).to_string().into_bytes();
        let redelivered = redeliver_held(context, &account, &before[0], &same).await.unwrap();
        assert!(
            redelivered.summary.lead.is_some() && !redelivered.summary.became_lead(),
            "{name}: the same content"
        );
        assert_eq!(held(&world, sender).await, before, "{name}");
        // Another correction is not the same delivery again.
        let other = (sender.body)(2).to_string().into_bytes();
        let redelivered = redeliver_held(context, &account, &before[0], &other).await.unwrap();
        assert_eq!(redelivered.answer.status().as_u16(), sender.created, "{name}");
        assert!(redelivered.summary.became_lead(), "{name}");
    }
}

/// Bodies that name Ana, whom the account blocks, and that cannot be read as a lead.
fn unreadable_bodies_of_ana() -> Vec<(&'static str, Vec<u8>)> {
    let utf16 = "{\"email\": \"ana@exemplo.com\"}".encode_utf16().flat_map(u16::to_le_bytes);
    vec![
        ("a field at fault", br#"{"email": "Ana@Exemplo.com", "name": 5}"#.into()),
        ("a number at fault", br#"{"email": 5, "phone": "+55 (11) 98888-7777"}"#.into()),
        ("a free field", br#"{"email": 5, "note": "\"Ana\" <ana@exemplo.com>"}"#.into()),
        ("cut off", br#"{"email": "ana\u0040exemplo.com", "name": "#.into()),
        ("a list", br"[5511988887777]".into()),
        ("a form", b"name=Ana&email=ana%40exemplo.com".into()),
        ("UTF-16", utf16.collect()),
        ("too many contacts to look at", format!("[{}]", "1,".repeat(3_000)).into()),
    ]
}

fn ana() -> HashSet<Contact> {
    [Contact::email("ana@exemplo.com"), Contact::phone("5511988887777")].into()
}

#[tokio::test]
async fn an_invalid_delivery_of_a_blocked_person_is_not_held() {
    for sender in &SENDERS {
        let (world, name) = (World::start().await, sender.function);
        let table = &world.app.context.table;
        table.block(&sender.account(), &ana()).await.unwrap();
        for (case, body) in unreadable_bodies_of_ana() {
            let status = refused(&world, sender, body).await;
            assert!([400, 422].contains(&status), "{name}: {case}: {status}");
            assert!(held(&world, sender).await.is_empty(), "{name}: {case}");
        }
        refused(&world, sender, r#"{"email": 5, "note": "eva@exemplo.com 5511977776666"}"#).await;
        assert_eq!(held(&world, sender).await.len(), 1, "{name}: another person");
        table.unblock(&sender.account(), &ana()).await.unwrap();
        for (_, body) in unreadable_bodies_of_ana() {
            refused(&world, sender, body).await;
        }
        assert!(held(&world, sender).await.len() > 1, "{name}: no longer blocked");
    }
}

#[tokio::test]
async fn a_blocked_persons_delivery_to_an_unknown_chatbot_is_not_held() {
    let (world, sender) = (World::start().await, Sender::of(Provider::PollyBot));
    world.app.context.table.block(&sender.account(), &ana()).await.unwrap();
    let send = async |email: &str, chatbot: &str| {
        let body = json!({ "name": "Ana", "email": email }).to_string();
        let delivery = sender.deliver(&world, body).await.chatbot(chatbot);
        assert_eq!(world.send(delivery).await.status, 404);
        held(&world, sender).await.len()
    };
    assert_eq!(send("ana@exemplo.com", "cb_gone").await, 0);
    assert_eq!(send("eva@exemplo.com", "ana@exemplo.com").await, 0);
    assert_eq!(send("eva@exemplo.com", "cb_gone").await, 1);
}

#[tokio::test]
async fn an_account_without_blocks_costs_nothing_and_an_unknown_block_holds_nothing() {
    for sender in &SENDERS {
        let (world, name) = (World::start().await, sender.function);
        refused(&world, sender, "[0]").await;
        world.wire.take_operations();
        refused(&world, sender, "[1]").await;
        let mut operations = world.wire.take_operations();
        operations.retain(|operation| operation != "GetItem");
        assert_eq!(operations, ["PutItem"], "{name}");
        world.app.context.table.block(&sender.account(), &ana()).await.unwrap();
        world.advance(SignedDuration::from_secs(60));
        let expected = refused(&world, sender, "[2]").await;
        assert_eq!(held(&world, sender).await.len(), 3, "{name}");
        world.wire.fail_next("BatchGetItem", Fault::Delayed(Duration::from_mins(1)));
        assert_eq!(refused(&world, sender, "[5511977776666]").await, expected, "{name}");
        assert_eq!(held(&world, sender).await.len(), 3, "{name}: it may name a blocked person");
    }
}

/// The first attempt stored its key, but ended before its delivery was held.
#[tokio::test]
async fn a_repeat_with_a_key_is_held_if_its_first_attempt_was_not() {
    for sender in SENDERS.iter().filter(|sender| sender.unique) {
        let world = World::start().await;
        world.send(sender.delivery(&world, 1).await).await;
        let mut more = (sender.body)(1);
        more["name"] = "Ana Maria".into();
        let keyed = sender.deliver(&world, more.to_string()).await.header("idempotency-key", "k");
        world.send(keyed.clone()).await;
        let id = held(&world, sender).await[0].id.clone();
        world.app.context.table.delete_held(&sender.account(), &id).await.unwrap();
        world.send(keyed).await;
        assert_eq!(held(&world, sender).await.len(), 1, "{}", sender.function);
    }
}

#[tokio::test]
async fn a_redelivery_has_the_chatbot_of_the_delivery() {
    for id in ["cb_1234567890abcdef", "team/a", "50 %", "a/leads/chatbots/b"] {
        let (world, sender) = (World::start().await, Sender::of(Provider::PollyBot));
        let chatbot = EntryKey::new(pollybot::CHATBOT, EntryId::from_static(id));
        let table = &world.app.context.table;
        table.put_new_entry(&sender.account(), &chatbot, &json!({})).await.unwrap();
        let delivery = sender.deliver(&world, "{}").await.chatbot(id);
        assert_eq!(world.send(delivery).await.status, 400, "{id}");
        let held = &held(&world, sender).await[0];
        let body = (sender.body)(1).to_string().into_bytes();
        let redelivered = redeliver_held(&world.app.context, &sender.account(), held, &body).await;
        assert_eq!(redelivered.unwrap().answer.status().as_u16(), 201, "{id}");
        let lead = &world.items("lead#").await[0];
        assert_eq!(lead["details"].as_m().unwrap()["chatbot_id"].as_s().unwrap(), id);
    }
}
