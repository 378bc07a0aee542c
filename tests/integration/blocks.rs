//! People whom an account blocks: their deliveries are refused, and are not held.

use super::held::{held, refused};
use jiff::SignedDuration;
use serde_json::json;
use shared::model::{Account, AccountId, ApiKey, Contact, Provider, TokenHash};
use std::{collections::HashSet, time::Duration};
use tests::{Fault, SENDERS, Sender, TestApi};

/// With this note a create looks up only the key. A key with tenants is for several accounts.
#[tokio::test]
async fn a_key_notes_that_its_account_blocks_nobody_until_it_does() {
    let (api, sender) = (TestApi::start().await, Sender::of(Provider::Integrabot));
    let (table, account) = (api.table(), sender.account());
    let [old, new, tenants, other] = ["old", "new", "tenants", "other"].map(TokenHash::of);
    let key = ApiKey::new(account.clone());
    let blocks_nobody =
        async |token| table.get_api_key(token).await.unwrap().unwrap().blocks_nobody;
    table.put_api_key(&old, key.clone()).await.unwrap();
    table.put_api_key(&tenants, ApiKey { tenants: vec![1], ..key.clone() }).await.unwrap();
    let account_of_other = Account { id: "other".parse().unwrap(), ..account.clone() };
    table.put_api_key(&other, ApiKey::new(account_of_other)).await.unwrap();
    assert!(blocks_nobody(&old).await);
    assert!(!blocks_nobody(&tenants).await);
    table.block(&account, &ana()).await.unwrap();
    table.replace_api_key(&old, api.now(), &new, key).await.unwrap();
    assert!(!blocks_nobody(&old).await);
    assert!(!blocks_nobody(&new).await, "nor does a new key of this account");
    assert!(blocks_nobody(&other).await);
}

/// The sender's body of Ana, with this value in a field.
fn body_of_ana(sender: &Sender, field: &str, value: &str) -> String {
    let mut body = (sender.body)(1);
    body["name"] = "Ana".into();
    body[field] = value.into();
    body.to_string()
}

#[tokio::test]
async fn a_blocked_person_is_an_invalid_field_and_is_not_held() {
    for sender in SENDERS {
        let (api, name) = (TestApi::start().await, sender.function);
        api.table().block(&sender.account(), &ana()).await.unwrap();
        let (email, phone) = ("email", sender.phone);
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
            let body = body_of_ana(sender, field, value);
            let answer = sender.send(&api, body).await;
            assert!([400, 422].contains(&answer.status), "{name}: {field}: {}", answer.text);
            assert!(answer.text.contains(field), "{name}: {}", answer.text);
        }
        assert!(api.items("lead#").await.is_empty(), "{name}");
        assert!(api.items("held#").await.is_empty(), "{name}");
    }
}

#[tokio::test]
async fn only_the_blocked_person_is_refused_and_only_while_blocked() {
    for sender in SENDERS {
        let (api, name) = (TestApi::start().await, sender.function);
        let (table, account) = (api.table(), sender.account());
        table.block(&account, &ana()).await.unwrap();
        let send = async |email| {
            let body = body_of_ana(sender, "email", email);
            sender.send(&api, body).await.status
        };
        assert_eq!(send("eva@exemplo.com").await, sender.created, "{name}: another person");
        assert!(table.unblock(&account, &ana()).await.unwrap(), "{name}");
        assert!(!table.unblock(&account, &ana()).await.unwrap(), "{name}: it is done");
        assert_eq!(send("ana@exemplo.com").await, sender.created, "{name}: no longer blocked");
    }
}

#[tokio::test]
async fn a_block_applies_only_to_its_account() {
    let (api, sender) = (TestApi::start().await, Sender::of(Provider::Integrabot));
    let other = Account { id: AccountId::from_static("acme"), ..sender.account() };
    let person = [Contact::email("a1@x.com")].into();
    api.table().block(&other, &person).await.unwrap();
    sender.create(&api, 1).await;
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
    [Contact::email("Ana@Exemplo.com"), Contact::phone("+55 11 98888-7777")].into()
}

#[tokio::test]
async fn an_invalid_delivery_of_a_blocked_person_is_not_held() {
    for sender in SENDERS {
        let (api, name) = (TestApi::start().await, sender.function);
        let table = api.table();
        table.block(&sender.account(), &ana()).await.unwrap();
        for (case, body) in unreadable_bodies_of_ana() {
            let status = refused(&api, sender, body).await;
            assert!([400, 422].contains(&status), "{name}: {case}: {status}");
            assert!(held(&api, sender).await.is_empty(), "{name}: {case}");
        }
        refused(&api, sender, r#"{"email": 5, "note": "eva@exemplo.com 5511977776666"}"#).await;
        assert_eq!(held(&api, sender).await.len(), 1, "{name}: another person");
        table.unblock(&sender.account(), &ana()).await.unwrap();
        for (_, body) in unreadable_bodies_of_ana() {
            refused(&api, sender, body).await;
        }
        assert!(held(&api, sender).await.len() > 1, "{name}: no longer blocked");
    }
}

#[tokio::test]
async fn a_blocked_persons_delivery_to_an_unknown_chatbot_is_not_held() {
    let (api, sender) = (TestApi::start().await, Sender::of(Provider::PollyBot));
    api.table().block(&sender.account(), &ana()).await.unwrap();
    let send = async |email: &str, chatbot: &str| {
        let body = json!({ "name": "Ana", "email": email }).to_string();
        let delivery = sender.deliver(&api, body).await.chatbot(chatbot);
        assert_eq!(api.send(delivery).await.status, 404);
        held(&api, sender).await.len()
    };
    assert_eq!(send("ana@exemplo.com", "cb_gone").await, 0);
    assert_eq!(send("eva@exemplo.com", "ana@exemplo.com").await, 0);
    assert_eq!(send("eva@exemplo.com", "cb_gone").await, 1);
}

#[tokio::test]
async fn an_account_without_blocks_costs_nothing_and_an_unknown_block_holds_nothing() {
    for sender in SENDERS {
        let (api, name) = (TestApi::start().await, sender.function);
        refused(&api, sender, "[0]").await;
        api.connection.take_operations();
        refused(&api, sender, "[1]").await;
        let mut operations = api.connection.take_operations();
        operations.retain(|operation| operation != "GetItem");
        assert_eq!(operations, ["PutItem"], "{name}");
        api.table().block(&sender.account(), &ana()).await.unwrap();
        api.advance(SignedDuration::from_secs(60));
        let expected = refused(&api, sender, "[2]").await;
        assert_eq!(held(&api, sender).await.len(), 3, "{name}");
        api.connection.fail_next("BatchGetItem", Fault::Delayed(Duration::from_mins(1)));
        assert_eq!(refused(&api, sender, "[5511977776666]").await, expected, "{name}");
        assert_eq!(held(&api, sender).await.len(), 3, "{name}: it may name a blocked person");
    }
}
