//! What the erasure of leads and of held deliveries deletes.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use shared::{
    model::{Account, Contact, HeldDelivery, HeldReason, LeadId, Provider},
    request::MAX_BODY_BYTES,
    table::Erased,
};
use tests::{Fault, SENDERS, Sender, TestApi, random_mark};

fn account() -> Account {
    Sender::of(Provider::Integrabot).account()
}

/// Creates a lead with a phone and an e-mail.
async fn create_named(api: &TestApi) -> LeadId {
    let body = json!({
        "name": "Ana", "type": "web", "phone_number": "5511900000001", "email": "ana1@exemplo.com",
    });
    create(api, &body).await
}

async fn create(api: &TestApi, body: &Value) -> LeadId {
    let sender = Sender::of(Provider::Integrabot);
    let answer = sender.send(api, body.to_string()).await;
    assert_eq!(answer.status, 201);
    sender.lead_id(&answer).unwrap()
}

/// Creates a lead without a contact.
async fn create_anonymous(api: &TestApi) -> LeadId {
    create(api, &json!({ "name": "Ana", "type": "web" })).await
}

#[tokio::test]
async fn erasing_a_lead_deletes_its_claims_and_nothing_else() {
    for sender in SENDERS {
        let (api, name) = (TestApi::start().await, sender.function);
        sender.send_nth(&api, 1).await;
        let others = api.items("claim#").await.len();
        let delivery = sender.delivery(&api, 2).await.idempotency_key("k");
        api.send(delivery.clone()).await;
        let table = api.table();
        let lead = sender.leads(&api).await.pop().unwrap().id;
        let erased = table
            .erase_lead(&sender.account(), lead, Timestamp::UNIX_EPOCH, &random_mark())
            .await
            .unwrap();
        assert_eq!(erased, Erased { leads: 1, claims: others + 1, ..Erased::default() }, "{name}");
        assert_eq!(api.items("claim#").await.len(), others, "{name}");
        assert_eq!(api.items("lead#").await.len(), 1, "{name}");
        let again = table
            .erase_lead(&sender.account(), lead, Timestamp::UNIX_EPOCH, &random_mark())
            .await
            .unwrap();
        assert_eq!(again, Erased::default(), "{name}: it is gone already");
        assert_eq!(api.send(delivery).await.status, sender.created, "{name}: a new lead");
    }
}

/// An expired replay claim may belong to another lead now.
#[tokio::test]
async fn erasing_a_lead_keeps_claims_of_other_leads() {
    let (api, sender) = (TestApi::start().await, Sender::of(Provider::RdStation));
    sender.send_nth(&api, 1).await;
    api.advance(SignedDuration::from_hours(1));
    sender.send_nth(&api, 1).await;
    let table = api.table();
    let oldest = sender.leads(&api).await[0].id;
    let erased = table
        .erase_lead(&sender.account(), oldest, Timestamp::UNIX_EPOCH, &random_mark())
        .await
        .unwrap();
    assert_eq!(erased, Erased { leads: 1, ..Erased::default() });
    let answer = sender.send_nth(&api, 1).await;
    assert_eq!(answer.headers["idempotency-replayed"], "true", "the claim is still there");
}

#[tokio::test]
async fn an_erasure_whose_answer_is_lost_is_done_once() {
    let api = TestApi::start().await;
    let table = api.table();
    let (named, anonymous) = (create_named(&api).await, create_anonymous(&api).await);
    for (id, operation, claims) in [(named, "TransactWriteItems", 2), (anonymous, "DeleteItem", 0)]
    {
        api.connection.fail_next(operation, Fault::AnswerLost);
        let erased =
            table.erase_lead(&account(), id, Timestamp::UNIX_EPOCH, &random_mark()).await.unwrap();
        assert_eq!(erased, Erased { leads: 1, claims, ..Erased::default() });
    }
    assert!(api.items("claim#").await.is_empty());
    let person = [Contact::email("ana1@exemplo.com")].into();
    table.block(&account(), &person).await.unwrap();
    api.connection.fail_next("BatchWriteItem", Fault::AnswerLost);
    assert!(table.unblock(&account(), &person).await.unwrap());
}

/// A transaction can have 100 items and 4 MB. This is more, so it is not one transaction.
#[tokio::test]
async fn a_hundred_held_bodies_of_the_largest_size_are_erased() {
    let api = TestApi::start().await;
    let table = api.table();
    let mut ids = Vec::new();
    for n in 0..110 {
        let mut body = format!("{n}").into_bytes();
        body.resize(MAX_BODY_BYTES, b' ');
        let (reason, received_at) = (HeldReason::Invalid, api.now());
        let held = HeldDelivery::new(&account(), reason, None, body, received_at);
        table.put_held(&account(), &held).await.unwrap();
        ids.push(held.id);
    }
    api.connection.take_operations();
    let erased = table.erase_held(&account(), &ids[1..]).await.unwrap();
    assert_eq!(erased, Erased { held: 109, ..Erased::default() });
    assert_eq!(api.connection.take_operations(), ["BatchWriteItem"; 5]);
    let left: Vec<_> = api.items("held#").await.iter().map(|item| item["sk"].clone()).collect();
    assert_eq!(left, [AttributeValue::S(ids[0].to_string().replacen('-', "#", 1))]);
}

#[tokio::test]
async fn an_erasure_is_one_transaction() {
    let api = TestApi::start().await;
    let table = api.table();
    let (named, anonymous) = (create_named(&api).await, create_anonymous(&api).await);
    for (id, operations, claims) in [
        (anonymous, vec!["GetItem", "Query", "TransactWriteItems"], 0),
        (named, vec!["GetItem", "BatchGetItem", "Query", "TransactWriteItems"], 2),
    ] {
        api.connection.take_operations();
        let erased =
            table.erase_lead(&account(), id, Timestamp::UNIX_EPOCH, &random_mark()).await.unwrap();
        assert_eq!(erased, Erased { leads: 1, claims, ..Erased::default() });
        assert_eq!(api.connection.take_operations(), operations);
    }
    assert!(api.items("lead#").await.is_empty());
}
