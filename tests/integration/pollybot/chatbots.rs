//! The chatbot in the path of a delivery.

use super::{FUNCTION, TOKEN, delivery, error, example};
use serde_json::json;
use shared::model::{EntryId, EntryKey, Provider};
use tests::{Delivery, TestApi, account};

#[tokio::test]
async fn a_chatbot_of_another_workspace_is_404() {
    let api = TestApi::start().await;
    let not_found = error("Chatbot not found or access denied", "CHATBOT_NOT_FOUND");
    let too_long = "c".repeat(2_000);
    for id in ["cb_unknown", "%", "cb_1234567890abcdef#", " ", &too_long] {
        let request = Delivery::new(FUNCTION, example().to_string()).bearer(TOKEN).chatbot(id);
        let answer = api.send(request).await;
        assert_eq!((answer.status, &answer.body), (404, &not_found), "{id}");
    }
    assert!(api.items("lead#").await.is_empty());
}

/// A function URL has no path parameters.
#[tokio::test]
async fn without_path_parameters_the_chatbot_is_read_from_the_path() {
    let api = TestApi::start().await;
    for (path, status) in [
        ("/api/v1/chatbots/cb_unknown/leads", 404),
        ("/api/v1/chatbots/cb_1234567890abcdef/leads", 201),
        ("/pollybot/api/v1/chatbots/cb_1234567890abcdef/leads", 409),
        ("/api/v1/leads", 409),
    ] {
        let delivery = Delivery::new(FUNCTION, example().to_string()).bearer(TOKEN).path(path);
        assert_eq!(api.send(delivery).await.status, status, "{path}");
    }
}

/// REST APIs and function URLs do not decode paths. HTTP APIs do.
#[tokio::test]
async fn a_chatbots_id_is_percent_decoded_from_every_gateway() {
    let api = TestApi::start().await;
    let account = account(Provider::PollyBot, "ws_your_workspace_id");
    let chatbot = EntryKey::new(pollybot::CHATBOT, EntryId::from_static("team/a é"));
    api.table().put_new_entry(&account, &chatbot, &json!({})).await.unwrap();
    let deliver = |n: usize| {
        let body = json!({ "name": "Ana", "email": format!("ana{n}@exemplo.com") });
        Delivery::new(FUNCTION, body.to_string()).bearer(TOKEN)
    };
    for (n, delivery) in [
        deliver(0).chatbot("team/a é"),
        deliver(1).chatbot("team%2Fa%20%C3%A9"),
        deliver(2).chatbot("team%2fa%20%c3%a9"),
        deliver(3).path("/api/v1/chatbots/team%2Fa%20%C3%A9/leads"),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(api.send(delivery).await.status, 201, "{n}");
    }
}

#[tokio::test]
async fn an_idempotency_key_is_for_one_chatbot() {
    let api = TestApi::start().await;
    let keyed = |delivery: Delivery| delivery.idempotency_key("key-1");
    assert_eq!(api.send(keyed(delivery(&example()))).await.status, 201);
    let alias = Delivery::new(FUNCTION, example().to_string()).bearer(TOKEN);
    assert_eq!(api.send(keyed(alias)).await.status, 422);
}
