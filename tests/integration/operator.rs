//! The table's functions for the operator's commands: pages, lookups, keys and erasure.

use aws_sdk_dynamodb::types::{AttributeValue, TimeToLiveSpecification};
use jiff::SignedDuration;
use serde_json::json;
use shared::{
    model::{
        Account, AccountId, ApiKey, Contact, Destination, DestinationId, HeldDelivery, HeldReason,
        LeadId, LeadSpan, Provider, SetAside, SetAsideEvent, TokenHash,
    },
    request::MAX_BODY_BYTES,
    table::{Erased, Order},
};
use tests::{Delivery, Fault, SENDERS, Sender, World};

fn account() -> Account {
    Sender::of(Provider::Integrabot).account()
}

async fn send(world: &World, n: usize) -> LeadId {
    let body = json!({
        "name": "Ana", "type": "web", "phone_number": format!("55119{n:08}"),
        "email": format!("ana{n}@exemplo.com"),
    });
    let delivery = Delivery::new("integrabot-create-lead", body.to_string());
    let answer = world.send(delivery.bearer("sk_demo_integrabot")).await;
    assert_eq!(answer.status, 201);
    answer.body["id"].to_string().parse().unwrap()
}

async fn send_anonymous(world: &World) -> LeadId {
    let delivery = Delivery::new("integrabot-create-lead", r#"{"name": "Ana", "type": "web"}"#);
    let answer = world.send(delivery.bearer("sk_demo_integrabot")).await;
    answer.body["id"].to_string().parse().unwrap()
}

#[tokio::test]
async fn a_page_of_leads_costs_one_query() {
    let world = World::start().await;
    let table = &world.app.context.table;
    let mut newest = Vec::new();
    let mut units = Vec::new();
    for n in 0..120 {
        world.advance(SignedDuration::from_millis(1));
        newest.insert(0, send(&world, n).await);
        if [20, 119].contains(&n) {
            world.wire.take_operations();
            let page = table.leads(&account(), LeadSpan::ALL, Order::NewestFirst, Some(20)).await;
            let page = page.unwrap();
            let ids: Vec<_> = page.leads.iter().map(|lead| lead.id).collect();
            assert_eq!(ids, newest[..20]);
            assert_eq!(world.wire.take_operations(), ["Query"]);
            units.push(page.units);
            let found = table.get_leads(&[(account(), newest[n])]).await.unwrap();
            assert_eq!(found[0].1.id, newest[n]);
            assert_eq!(world.wire.take_operations(), ["BatchGetItem"]);
        }
    }
    assert_eq!(units[0], units[1]);
}

#[tokio::test]
async fn pages_in_both_orders_have_each_lead_of_their_span_once() {
    let world = World::start().await;
    let table = &world.app.context.table;
    let mut ids = Vec::new();
    for n in 0..7 {
        world.advance(SignedDuration::from_secs(1));
        ids.push(send(&world, n).await);
    }
    let seventh = world.now();
    let cases = [
        ("all", LeadSpan::ALL, 0..7),
        ("before the seventh", LeadSpan::of_time(None, Some(seventh)).unwrap(), 0..6),
        ("the seventh", LeadSpan::of_time(Some(seventh), None).unwrap(), 6..7),
        ("after the second", LeadSpan::ALL.after(ids[1]).unwrap(), 2..7),
    ];
    for (case, span, expected) in cases {
        for order in [Order::OldestFirst, Order::NewestFirst] {
            let mut read = Vec::new();
            let mut rest = Some(span);
            while let Some(span) = rest {
                let page = table.leads(&account(), span, order, Some(2)).await.unwrap();
                read.extend(page.leads.iter().map(|lead| lead.id));
                rest = page.rest;
            }
            let mut expected = ids[expected.clone()].to_vec();
            if order == Order::NewestFirst {
                expected.reverse();
            }
            assert_eq!(read, expected, "{case}, {order:?}");
        }
    }
    assert_eq!(LeadSpan::of_time(Some(seventh), Some(seventh)), None);
}

#[tokio::test]
async fn erasing_a_lead_deletes_its_claims_and_nothing_else() {
    for sender in &SENDERS {
        let (world, name) = (World::start().await, sender.function);
        world.send(sender.delivery(&world, 1).await).await;
        let others = world.items("claim#").await.len();
        let delivery = sender.delivery(&world, 2).await.header("idempotency-key", "k");
        world.send(delivery.clone()).await;
        let table = &world.app.context.table;
        let page = table.leads(&sender.account(), LeadSpan::ALL, Order::NewestFirst, None).await;
        let lead = page.unwrap().leads.iter().map(|lead| lead.id).max().unwrap();
        let erased = table.erase_lead(&sender.account(), lead).await.unwrap();
        assert_eq!(erased, Erased { leads: 1, claims: others + 1, held: 0 }, "{name}");
        assert_eq!(world.items("claim#").await.len(), others, "{name}");
        assert_eq!(world.items("lead#").await.len(), 1, "{name}");
        let again = table.erase_lead(&sender.account(), lead).await.unwrap();
        assert_eq!(again, Erased::default(), "{name}: it is gone already");
        assert_eq!(world.send(delivery).await.status, sender.created, "{name}: a new lead");
    }
}

/// An expired replay claim may belong to another lead now.
#[tokio::test]
async fn erasing_a_lead_keeps_claims_of_other_leads() {
    let (world, sender) = (World::start().await, Sender::of(Provider::RdStation));
    world.send(sender.delivery(&world, 1).await).await;
    world.advance(SignedDuration::from_hours(1));
    world.send(sender.delivery(&world, 1).await).await;
    let table = &world.app.context.table;
    let page = table.leads(&sender.account(), LeadSpan::ALL, Order::OldestFirst, None).await;
    let oldest = page.unwrap().leads[0].id;
    let erased = table.erase_lead(&sender.account(), oldest).await.unwrap();
    assert_eq!(erased, Erased { leads: 1, claims: 0, held: 0 });
    let answer = world.send(sender.delivery(&world, 1).await).await;
    assert_eq!(answer.headers["idempotency-replayed"], "true", "the claim is still there");
}

#[tokio::test]
async fn an_erasure_whose_answer_is_lost_is_done_once() {
    let world = World::start().await;
    let table = &world.app.context.table;
    let (named, anonymous) = (send(&world, 1).await, send_anonymous(&world).await);
    for (id, operation, claims) in [(named, "TransactWriteItems", 2), (anonymous, "DeleteItem", 0)]
    {
        world.wire.fail_next(operation, Fault::AnswerLost);
        let erased = table.erase_lead(&account(), id).await.unwrap();
        assert_eq!(erased, Erased { leads: 1, claims, held: 0 });
    }
    assert!(world.items("claim#").await.is_empty());
    let person = [Contact::email("ana1@exemplo.com")].into();
    table.block(&account(), &person).await.unwrap();
    world.wire.fail_next("BatchWriteItem", Fault::AnswerLost);
    assert!(table.unblock(&account(), &person).await.unwrap());
}

/// Then a create looks up only the key. A key with tenants is for several accounts.
#[tokio::test]
async fn a_key_says_that_its_account_blocks_nobody_until_it_does() {
    let world = World::start().await;
    let table = &world.app.context.table;
    let [old, new, tenants, other] = ["old", "new", "tenants", "other"].map(TokenHash::of);
    let key = ApiKey::new(account());
    let blocks_nobody =
        async |token| table.get_api_key(token).await.unwrap().unwrap().blocks_nobody;
    table.put_api_key(&old, key.clone()).await.unwrap();
    table.put_api_key(&tenants, ApiKey { tenants: vec![1], ..key.clone() }).await.unwrap();
    let account_of_other = Account { id: "other".parse().unwrap(), ..account() };
    table.put_api_key(&other, ApiKey::new(account_of_other)).await.unwrap();
    assert!(blocks_nobody(&old).await);
    assert!(!blocks_nobody(&tenants).await);
    table.block(&account(), &[Contact::email("ana1@exemplo.com")].into()).await.unwrap();
    table.replace_api_key(&old, world.now(), &new, key).await.unwrap();
    assert!(!blocks_nobody(&old).await);
    assert!(!blocks_nobody(&new).await, "a new key does not say it either");
    assert!(blocks_nobody(&other).await);
}

/// A transaction can have 100 items and 4 MB. This is more, so it is not one transaction.
#[tokio::test]
async fn a_hundred_held_bodies_of_the_largest_size_are_erased() {
    let world = World::start().await;
    let table = &world.app.context.table;
    let mut ids = Vec::new();
    for n in 0..110 {
        let mut body = format!("{n}").into_bytes();
        body.resize(MAX_BODY_BYTES, b' ');
        let (reason, received_at) = (HeldReason::Invalid, world.now());
        let held = HeldDelivery::new(&account(), reason, None, body, received_at);
        table.put_held(&account(), &held).await.unwrap();
        ids.push(held.id);
    }
    world.wire.take_operations();
    let erased = table.erase_held(&account(), &ids[1..]).await.unwrap();
    assert_eq!(erased, Erased { held: 109, ..Erased::default() });
    assert_eq!(world.wire.take_operations(), ["BatchWriteItem"; 5]);
    let left: Vec<_> = world.items("held#").await.iter().map(|item| item["sk"].clone()).collect();
    assert_eq!(left, [AttributeValue::S(ids[0].to_string().replacen('-', "#", 1))]);
}

#[tokio::test]
async fn a_lead_without_claims_is_written_without_a_transaction() {
    let world = World::start().await;
    let table = &world.app.context.table;
    let (named, anonymous) = (send(&world, 1).await, send_anonymous(&world).await);
    for (id, operations, claims) in [
        (anonymous, vec!["GetItem", "DeleteItem"], 0),
        (named, vec!["GetItem", "BatchGetItem", "TransactWriteItems"], 2),
    ] {
        world.wire.take_operations();
        let erased = table.erase_lead(&account(), id).await.unwrap();
        assert_eq!(erased, Erased { leads: 1, claims, held: 0 });
        assert_eq!(world.wire.take_operations(), operations);
    }
    assert!(world.items("lead#").await.is_empty());
}

#[tokio::test]
async fn a_list_of_keys_has_each_key_once() {
    let world = World::start().await;
    let table = &world.app.context.table;
    let (integrabot, flextell) = (
        Sender::of(Provider::Integrabot).account().provider,
        Sender::of(Provider::Flextell).account().provider,
    );
    let acme = Account { provider: integrabot, id: AccountId::from_static("acme") };
    world.open_account("sk_acme", acme.clone()).await;
    let tenants = Account { provider: flextell, id: AccountId::from_static("7") };
    world.put_key("two", ApiKey { tenants: vec![7, 8], ..ApiKey::new(tenants) }).await;
    let count = async |provider| table.api_keys(provider).await.unwrap().len();
    assert_eq!(count(None).await, SENDERS.len() + 2, "the demo keys and two new ones");
    assert_eq!(count(Some(integrabot)).await, 2);
    assert_eq!(count(Some(flextell)).await, 2);
    let accounts = table.accounts(Some(flextell)).await.unwrap();
    let ids: Vec<_> = accounts.iter().map(|account| account.id.as_str()).collect();
    assert_eq!(ids, ["1", "7", "8"]);
}

#[tokio::test]
async fn a_rotated_key_works_until_it_expires_and_a_revoked_key_stops() {
    let world = World::start().await;
    let table = &world.app.context.table;
    world.open_account("sk_old", account()).await;
    let until = world.now() + SignedDuration::from_hours(1);
    let [old, new] = ["sk_old", "sk_new"].map(TokenHash::of);
    table.replace_api_key(&old, until, &new, ApiKey::new(account())).await.unwrap();
    let delivery =
        |key| Delivery::new("integrabot-create-lead", r#"{"name":"A","type":"web"}"#).bearer(key);
    assert_eq!(world.send(delivery("sk_old")).await.status, 201);
    assert_eq!(world.send(delivery("sk_new")).await.status, 201);
    world.advance(SignedDuration::from_hours(1));
    assert_eq!(world.send(delivery("sk_old")).await.status, 401);
    assert_eq!(world.send(delivery("sk_new")).await.status, 201);
    table.revoke_api_key(&new, world.now()).await.unwrap();
    world.advance(SignedDuration::from_secs(60));
    assert_eq!(world.send(delivery("sk_new")).await.status, 401);
    let unknown = table.revoke_api_key(&TokenHash::of("sk_unknown"), world.now()).await;
    assert!(unknown.is_err(), "revoking an unknown key does not create it");
}

#[tokio::test]
async fn a_blocked_person_is_an_invalid_field_and_is_not_held() {
    for sender in &SENDERS {
        let (world, name) = (World::start().await, sender.function);
        let table = &world.app.context.table;
        let account = sender.account();
        let (email, phone) = ("email", sender.phone);
        let with = |field: &str, value: &str| {
            let mut body = (sender.body)(1);
            body["name"] = "Ana".into();
            body[field] = value.into();
            body.to_string()
        };
        let blocked =
            [Contact::email("Ana@Exemplo.com"), Contact::phone("+55 11 98888-7777")].into();
        table.block(&account, &blocked).await.unwrap();
        let mut cases = vec![(email, "ANA@exemplo.com "), (phone, "5511988887777")];
        if name == "rdstation-create-lead" {
            // RD Station accepts any text in its fields.
            cases.extend([
                (email, "\"Ana\" <ana@exemplo.com>"),
                (email, "eva@exemplo.com; ana@exemplo.com"),
                (phone, "11 97777-6666 / +55 11 98888-7777 ramal 12"),
                (email, "5511988887777"),
            ]);
        }
        for (field, value) in cases {
            let answer = world.send(sender.deliver(&world, with(field, value)).await).await;
            assert!([400, 422].contains(&answer.status), "{name}: {field}: {}", answer.text);
            assert!(answer.text.contains(field), "{name}: {}", answer.text);
        }
        assert!(world.items("lead#").await.is_empty(), "{name}");
        assert!(world.items("held#").await.is_empty(), "{name}");
        let other = world.send(sender.deliver(&world, with(email, "eva@exemplo.com")).await).await;
        assert_eq!(other.status, sender.created, "{name}: another person");
        assert!(table.unblock(&account, &blocked).await.unwrap(), "{name}");
        assert!(!table.unblock(&account, &blocked).await.unwrap(), "{name}: it is done");
        let again = world.send(sender.deliver(&world, with(email, "ana@exemplo.com")).await).await;
        assert_eq!(again.status, sender.created, "{name}: no longer blocked");
    }
}

#[tokio::test]
async fn a_block_applies_only_to_its_account() {
    let world = World::start().await;
    let other = Account { id: AccountId::from_static("acme"), ..account() };
    world
        .app
        .context
        .table
        .block(&other, &[Contact::email("ana1@exemplo.com")].into())
        .await
        .unwrap();
    send(&world, 1).await;
}

/// A destination whose cursor is at this lead.
fn destination(world: &World, cursor: LeadId) -> Destination {
    let id = DestinationId::draw(&world.app.context.sources);
    let url = "https://example.com/".to_owned();
    let new = Destination::new(&account(), id, url, LeadId::FIRST, world.now());
    Destination { cursor, ..new }
}

#[tokio::test]
async fn leads_are_counted_up_to_a_number() {
    let world = World::start().await;
    let table = &world.app.context.table;
    let mut ids = Vec::new();
    for n in 0..5 {
        world.advance(SignedDuration::from_millis(1));
        ids.push(send(&world, n).await);
    }
    let account = account();
    let count = |span, most| table.count_leads(&account, span, most);
    assert_eq!(count(LeadSpan::ALL, 10).await.unwrap(), 5);
    assert_eq!(count(LeadSpan::ALL.after(ids[1]).unwrap(), 10).await.unwrap(), 3);
    assert!(count(LeadSpan::ALL, 2).await.unwrap() > 2);
    assert_eq!(count(LeadSpan::ALL.after(ids[4]).unwrap(), 10).await.unwrap(), 0);
}

#[tokio::test]
async fn a_cursor_is_moved_back_only_from_where_it_was_seen() {
    let world = World::start().await;
    let table = &world.app.context.table;
    let mut ids = Vec::new();
    for n in 0..3 {
        world.advance(SignedDuration::from_millis(1));
        ids.push(send(&world, n).await);
    }
    let stored = Destination { starts_after: ids[0], ..destination(&world, ids[2]) };
    table.add_destination(&stored).await.unwrap();
    let seen_before = Destination { cursor: ids[1], ..stored.clone() };
    assert!(!table.move_cursor_back(&seen_before, LeadId::FIRST).await.unwrap());
    let now = |id| async move { table.get_destination(&account(), id).await.unwrap().unwrap() };
    assert_eq!(now(&stored.id).await, stored);
    assert!(table.move_cursor_back(&stored, LeadId::FIRST).await.unwrap());
    let (cursor, reached) = (LeadId::FIRST, Some(ids[2]));
    let (changes, moves) = (1, 1);
    let moved =
        Destination { starts_after: cursor, cursor, reached, changes, moves, ..stored.clone() };
    assert_eq!(now(&stored.id).await, moved);
    table.remove_destination(&moved, world.now()).await.unwrap();
    assert!(!table.move_cursor_back(&moved, LeadId::FIRST).await.unwrap());
    assert!(table.destinations().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_cursor_is_moved_back_also_if_the_first_answer_was_lost() {
    let world = World::start().await;
    let table = &world.app.context.table;
    let stored = destination(&world, send(&world, 1).await);
    table.add_destination(&stored).await.unwrap();
    world.wire.fail_next("UpdateItem", Fault::AnswerLost);
    assert!(table.move_cursor_back(&stored, LeadId::FIRST).await.unwrap());
    world.wire.fail_next("UpdateItem", Fault::Conflict);
    let moved = Destination { cursor: LeadId::FIRST, ..stored };
    assert!(table.move_cursor_back(&moved, LeadId::FIRST).await.unwrap(), "a conflict");
}

#[tokio::test]
async fn a_destination_that_was_not_removed_completely_can_be_removed_again() {
    let world = World::start().await;
    let table = &world.app.context.table;
    let lead = send(&world, 1).await;
    let stored = destination(&world, lead);
    table.add_destination(&stored).await.unwrap();
    let event = SetAside::due(lead, stored.id.clone(), SetAsideEvent::Created, world.now());
    table.set_aside(&account(), &event).await.unwrap();
    // The SDK gives up after twelve attempts.
    for _ in 0..12 {
        world.wire.fail_next("BatchWriteItem", Fault::Throttled);
    }
    assert!(table.remove_destination(&stored, world.now()).await.is_err());
    assert_eq!(table.destinations().await.unwrap(), std::slice::from_ref(&stored));
    table.remove_destination(&stored, world.now()).await.unwrap();
    assert!(table.destinations().await.unwrap().is_empty());
    assert!(world.items("set-aside#").await.is_empty());
}

#[tokio::test]
async fn a_table_whose_creation_ended_early_gets_its_time_to_live() {
    let world = World::start().await;
    let table = &world.app.context.table;
    let off = TimeToLiveSpecification::builder().attribute_name("expires_at").enabled(false);
    let client = world.direct_client();
    let update = client.update_time_to_live().table_name(table.name());
    update.time_to_live_specification(off.build().unwrap()).send().await.unwrap();
    assert!(!table.has_time_to_live().await.unwrap());
    table.create().await.unwrap();
    assert!(table.has_time_to_live().await.unwrap());
}

#[tokio::test]
async fn events_of_a_lead_are_found_at_each_destination() {
    let world = World::start().await;
    let table = &world.app.context.table;
    let lead = send(&world, 1).await;
    let both = [destination(&world, lead), destination(&world, lead)];
    let event = SetAside::due(lead, both[1].id.clone(), SetAsideEvent::Created, world.now());
    table.set_aside(&account(), &event).await.unwrap();
    assert_eq!(table.lead_set_aside(lead, &both).await.unwrap(), [event]);
    assert!(table.lead_set_aside(lead, &both[..1]).await.unwrap().is_empty());
}
