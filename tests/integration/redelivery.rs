//! Held deliveries that the operator sends again.

use super::held::{held, refused};
use providers::{redeliver_held, update_by_held};
use serde_json::{Value, json};
use shared::{
    delivery::{Handled, OperatorUpdate},
    model::{EntryId, EntryKey, HeldDelivery, HeldReason, Provider},
};
use tests::{SENDERS, Sender, TestApi};

/// Sends a held delivery again, with this body.
async fn redeliver(
    api: &TestApi,
    sender: &Sender,
    held: &HeldDelivery,
    body: impl ToString,
) -> Handled {
    let (context, account, body) = (&api.app.context, sender.account(), body.to_string());
    redeliver_held(context, &account, held, body.as_bytes()).await.unwrap()
}

/// Holds an invalid delivery.
async fn hold_one(api: &TestApi, sender: &Sender) -> HeldDelivery {
    refused(api, sender, r#"{"email": 5}"#).await;
    let mut held = held(api, sender).await;
    assert_eq!(held.len(), 1, "{}", sender.function);
    held.remove(0)
}

#[tokio::test]
async fn a_corrected_delivery_that_is_redelivered_becomes_a_lead() {
    for sender in SENDERS {
        let (api, name) = (TestApi::start().await, sender.function);
        let held_one = hold_one(&api, sender).await;
        let body = (sender.body)(7);
        let answer = redeliver(&api, sender, &held_one, &body).await.answer;
        assert_eq!(answer.status().as_u16(), sender.created, "{name}");
        let answer: Value = serde_json::from_str(answer.body()).unwrap();
        for (field, sent) in body.as_object().unwrap() {
            assert_eq!(&(sender.lead)(&answer)[field], sent, "{name}: {field}");
        }
        assert!(held(&api, sender).await.is_empty(), "{name}: it is a lead now");
        assert_eq!(api.items("lead#").await.len(), 1, "{name}");
    }
}

#[tokio::test]
async fn a_redelivery_that_is_still_invalid_stays_held() {
    for sender in SENDERS {
        let (api, name) = (TestApi::start().await, sender.function);
        let held_one = hold_one(&api, sender).await;
        let answer = redeliver(&api, sender, &held_one, "[]").await.answer;
        assert!([400, 422].contains(&answer.status().as_u16()), "{name}");
        assert_eq!(held(&api, sender).await.len(), 1, "{name}");
    }
}

/// The lead is stored, but the held delivery is not deleted: the operator tries again, perhaps with
/// another correction.
#[tokio::test]
async fn an_interrupted_redelivery_that_is_done_again_makes_one_lead() {
    for sender in SENDERS {
        let (api, name) = (TestApi::start().await, sender.function);
        let held_one = hold_one(&api, sender).await;
        let first = redeliver(&api, sender, &held_one, (sender.body)(7)).await.summary.lead;
        for n in [7, 8] {
            api.table().put_held(&sender.account(), &held_one).await.unwrap();
            let Handled { answer, summary } =
                redeliver(&api, sender, &held_one, (sender.body)(n)).await;
            assert_eq!(answer.status().as_u16(), sender.created, "{name}, body {n}");
            assert_eq!((summary.lead, summary.became_lead()), (first, true), "{name}, body {n}");
            assert!(held(&api, sender).await.is_empty(), "{name}, body {n}");
        }
        assert_eq!(api.items("lead#").await.len(), 1, "{name}");
    }
}

#[tokio::test]
async fn a_redelivery_of_a_known_person_stays_held() {
    for sender in SENDERS.iter().filter(|sender| sender.is_unique()) {
        let (api, name) = (TestApi::start().await, sender.function);
        sender.send_nth(&api, 1).await;
        refused(&api, sender, "{}").await;
        let (same, more) = ((sender.body)(1).to_string(), sender.body_with(1, "name", "Ana Maria"));
        sender.send(&api, more.clone()).await;
        let before = held(&api, sender).await;
        assert_eq!(before.len(), 2, "{name}: one invalid, one repeat");
        for (held, body) in [(&before[0], &more), (&before[1], &more), (&before[0], &same)] {
            let Handled { answer, summary } = redeliver(&api, sender, held, body).await;
            assert!([200, 409].contains(&answer.status().as_u16()), "{name}: {body}");
            assert!(summary.lead.is_some() && !summary.became_lead(), "{name}: {body}");
        }
        assert_eq!(held(&api, sender).await, before, "{name}");
        // Another correction is not the same delivery again.
        let other = redeliver(&api, sender, &before[0], (sender.body)(2)).await;
        assert_eq!(other.answer.status().as_u16(), sender.created, "{name}");
        assert!(other.summary.became_lead(), "{name}");
    }
}

#[tokio::test]
async fn a_redelivery_has_the_chatbot_of_the_delivery() {
    for id in ["cb_1234567890abcdef", "team/a", "50 %", "a/leads/chatbots/b"] {
        let (api, sender) = (TestApi::start().await, Sender::of(Provider::PollyBot));
        let chatbot = EntryKey::new(pollybot::CHATBOT, EntryId::from_static(id));
        api.direct.put_new_entry(&sender.account(), &chatbot, &json!({})).await.unwrap();
        let delivery = sender.deliver(&api, "{}").await.chatbot(id);
        assert_eq!(api.send(delivery).await.status, 400, "{id}");
        let held = &held(&api, sender).await[0];
        let redelivered = redeliver(&api, sender, held, (sender.body)(1)).await;
        assert_eq!(redelivered.answer.status().as_u16(), 201, "{id}");
        let lead = &api.items("lead#").await[0];
        assert_eq!(lead["details"].as_m().unwrap()["chatbot_id"].as_s().unwrap(), id);
    }
}

/// The fields that came again replace those of the lead; all others stay. The update is one like a
/// sender's: it moves claims, and destinations get a message.
#[tokio::test]
async fn a_repeat_can_update_its_lead() {
    let first = json!({
        "name": "Ana", "type": "web", "email": "ana@x.com", "custom_fields": { "city": "Recife" },
        "metadata": { "city": "Recife" }, "utm": "a",
    });
    let again = json!({
        "name": "Ana Lima", "type": "manual", "email": "Ana@x.com", "phone": "551199",
        "phone_number": "551199", "custom_fields": { "plan": "b" }, "metadata": { "plan": "b" },
    });
    for provider in [Provider::Integrabot, Provider::PollyBot] {
        let (api, sender) = (TestApi::start().await, Sender::of(provider));
        assert_eq!(sender.send(&api, first.to_string()).await.status, 201);
        sender.send(&api, again.to_string()).await;
        let (context, account) = (&api.app.context, sender.account());
        let repeat = held(&api, sender).await.remove(0);
        let HeldReason::Repeat(lead) = repeat.reason else { panic!("no repeat") };
        let updated = update_by_held(context, &account, &repeat, lead, &repeat.body).await;
        assert!(matches!(updated, Ok(OperatorUpdate::Updated)), "{}", sender.function);
        assert!(held(&api, sender).await.is_empty(), "{}", sender.function);
        let leads = sender.leads(&api).await;
        assert_eq!(leads.len(), 1);
        let found = &leads[0];
        assert_eq!(found.name.as_deref(), Some("Ana Lima"));
        assert_eq!(found.phone.as_deref(), Some("551199"));
        let details = serde_json::to_string(&found.details).unwrap();
        assert!(details.contains("Recife") && details.contains("plan"), "{details}");
        assert!(found.extra.as_ref().unwrap().as_sent().contains(r#""utm":"a""#));
        assert_eq!(found.updates[0].key, "operator");
        // The person is known by what came again, too.
        if provider == Provider::Integrabot {
            let known = sender.send(&api, r#"{"name":"B","type":"web","phone_number":"551199"}"#);
            assert_eq!(known.await.status, 200);
        }
    }
}

#[tokio::test]
async fn a_repeat_that_cannot_update_its_lead_stays_held() {
    let sender = Sender::of(Provider::Integrabot);
    let api = TestApi::start().await;
    let of = |email: &str, phone: &str, name: &str| {
        json!({ "name": name, "type": "web", "email": email, "phone_number": phone }).to_string()
    };
    assert_eq!(sender.send(&api, of("a@x.com", "1", "Ana")).await.status, 201);
    assert_eq!(sender.send(&api, of("b@x.com", "2", "Bia")).await.status, 201);
    // The phone is one lead's, and the e-mail another's.
    assert_eq!(sender.send(&api, of("b@x.com", "1", "Ana")).await.status, 200);
    let (context, account) = (&api.app.context, sender.account());
    let repeat = held(&api, sender).await.remove(0);
    let HeldReason::Repeat(lead) = repeat.reason else { panic!("no repeat") };
    let update = async |lead, body: &str| {
        update_by_held(context, &account, &repeat, lead, body.as_bytes()).await.unwrap()
    };
    let body = of("b@x.com", "1", "Ana");
    let other = sender.leads(&api).await[1].id;
    assert!(matches!(update(lead, &body).await, OperatorUpdate::Taken(id) if id == other));
    assert!(matches!(update(lead, r#"{"type":"x"}"#).await, OperatorUpdate::Refused(_)));
    assert!(matches!(update("7".parse().unwrap(), &body).await, OperatorUpdate::Missing));
    assert_eq!(held(&api, sender).await.len(), 1);
    assert!(sender.leads(&api).await.iter().all(|lead| lead.updates.is_empty()));
    let keyspot = Sender::of(Provider::Keyspot).account();
    let never = update_by_held(context, &keyspot, &repeat, lead, body.as_bytes()).await;
    assert!(matches!(never, Ok(OperatorUpdate::NotPossible)));
}
