//! PollyBot's rules, as pollybot.app/docs states them.

mod chatbots;

use super::field_rules::check_field_rules;
use serde_json::{Value, json};
use shared::model::Provider;
use tests::{Delivery, TestApi, TestTable, account};

const FUNCTION: &str = "pollybot-create-lead";
const TOKEN: &str = "sk-workspace_your_api_key";
const CHATBOT: &str = "cb_1234567890abcdef";

fn delivery(body: &Value) -> Delivery {
    Delivery::new(FUNCTION, body.to_string()).bearer(TOKEN).chatbot(CHATBOT)
}

/// The example of the provider's page.
fn example() -> Value {
    json!({
        "name": "John Doe",
        "email": "john.doe@example.com",
        "phone": "+1-555-123-4567",
        "source": "website",
        "status": "new",
        "metadata": {
            "utm_source": "google",
            "utm_campaign": "spring_2024",
            "interests": ["product_a", "product_b"],
            "company": "Tech Corp",
            "job_title": "Marketing Manager",
        },
    })
}

fn error(error: &str, code: &str) -> Value {
    json!({ "success": false, "error": error, "code": code })
}

fn invalid(field: &str, value: Value, message: &str) -> Value {
    json!({
        "success": false, "error": "Validation failed", "code": "VALIDATION_ERROR",
        "details": { "field": field, "value": value, "message": message },
    })
}

#[tokio::test]
async fn a_new_lead_is_answered_201_with_the_documented_body() {
    for (case, delivery) in [
        ("chatbot path", delivery(&example())),
        ("alias", Delivery::new(FUNCTION, example().to_string()).bearer(TOKEN)),
    ] {
        let api = TestApi::start().await;
        let mut answer = api.send(delivery).await;
        assert_eq!(answer.status, 201, "{case}");
        let id = answer.body["data"]["id"].take();
        let id = id.as_str().unwrap();
        assert!(id.starts_with("lead_") && id.len() == 21, "{case}: {id}");
        assert!(pollybot::LEAD_ID.read(id).is_some(), "{case}: {id}");
        let mut data = json!({ "id": null });
        data.as_object_mut().unwrap().extend(example().as_object().unwrap().clone());
        data["createdAt"] = TestTable::BEGINNING.into();
        data["updatedAt"] = TestTable::BEGINNING.into();
        data["workspaceId"] = "ws_your_workspace_id".into();
        assert_eq!(answer.body, json!({ "success": true, "data": data }), "{case}");
    }
}

#[tokio::test]
async fn missing_fields_have_their_defaults() {
    let minimal = json!({ "name": "Ana", "email": "ana@x.com" });
    let nulls = json!({
        "name": "Ana", "email": "ana@x.com", "phone": null, "source": null, "status": null,
        "metadata": null,
    });
    for (case, body) in [("absent", minimal), ("null", nulls)] {
        let api = TestApi::start().await;
        let answer = api.send(delivery(&body)).await;
        assert_eq!(answer.status, 201, "{case}");
        let data = &answer.body["data"];
        let optional = [&data["phone"], &data["source"], &data["status"], &data["metadata"]];
        assert_eq!(optional, [&json!(null), &json!(null), &json!("new"), &json!({})], "{case}");
    }
}

#[tokio::test]
async fn each_field_follows_its_rule() {
    let email = "Must be a valid email address";
    let status = "Must be one of: new, contacted, qualified, converted, lost, follow_up";
    let statuses = ["new", "contacted", "qualified", "converted", "lost", "follow_up"];
    let rules = [
        ("name", "Is required", json!([null, ""])),
        ("name", "Must be a string", json!([1])),
        ("name", "", json!(["J", "J".repeat(3_000)])),
        ("email", "Is required", json!([null])),
        ("email", "Must be a string", json!([["a@b.c"]])),
        ("email", email, json!(["", "invalid-email", "a@b@"])),
        ("email", "", json!(["A@b.co"])),
        ("phone", "Must be a string", json!([1])),
        ("phone", "", json!(["call me"])),
        ("source", "Must be a string", json!([{}])),
        ("source", "", json!(["webinar"])),
        ("status", "Must be a string", json!([7])),
        ("status", status, json!(["hot", "New"])),
        ("status", "", json!(statuses)),
        ("metadata", "Must be an object", json!([[1], "x"])),
        ("metadata", "", json!([{}])),
    ];
    let error = |field: &str, value: &Value, text: &str| (400, invalid(field, value.clone(), text));
    check_field_rules(Provider::PollyBot, example(), rules, error).await;
}

#[tokio::test]
async fn the_first_invalid_field_in_body_order_is_named() {
    let api = TestApi::start().await;
    for (body, field) in [
        (json!({ "metadata": 1, "status": "x", "email": "x" }), "name"),
        (json!({ "metadata": 1, "status": "x", "email": "x", "name": "Ana" }), "email"),
        (json!({ "metadata": 1, "status": "x", "email": "a@x.com", "name": "Ana" }), "status"),
    ] {
        let answer = api.send(delivery(&body)).await;
        assert_eq!(answer.body["details"]["field"], field);
    }
}

#[tokio::test]
async fn odd_values_are_returned_as_sent() {
    let api = TestApi::start().await;
    let deep = format!("{}1{}", "[".repeat(300), "]".repeat(300));
    for sent in ["1e400", deep.as_str(), r#"{"a":"\ud800"}"#] {
        let body = format!(r#"{{"name":"Ana","email":{sent}}}"#);
        let answer = api.send(Delivery::new(FUNCTION, body).bearer(TOKEN)).await;
        assert_eq!(answer.status, 400, "{sent}");
        let written = sent.replace(r"\ud800", r"\ufffd");
        assert!(answer.text.contains(&format!(r#""value":{written},"#)), "{}", answer.text);
    }
}

#[tokio::test]
async fn metadata_is_returned_exactly_as_sent() {
    let deep = format!("{}1{}", r#"{"a":"#.repeat(200), "}".repeat(200));
    let api = TestApi::start().await;
    let cases = [
        r#"{"z":1,"a":1.0,"e":1E+2,"n":-0,"huge":1e400,"long":0.10000000000000000000001}"#,
        r#"{ "space" : [ true , null ] }"#,
        r#"{"k":"\u00e3\/\ud83d\ude00","k":"again"}"#,
        &deep,
    ];
    for (n, sent) in cases.into_iter().enumerate() {
        let body = format!(r#"{{"name":"Ana","email":"ana{n}@x.com","metadata":{sent}}}"#);
        let answer = api.send(Delivery::new(FUNCTION, body).bearer(TOKEN)).await;
        assert_eq!(answer.status, 201, "{sent}");
        assert!(answer.text.contains(&format!(r#""metadata":{sent},"#)), "{}", answer.text);
    }
}

#[tokio::test]
async fn a_known_email_is_409_with_the_lead_that_has_it() {
    let api = TestApi::start().await;
    let first = api.send(delivery(&example())).await;
    for (case, email) in
        [("as it was", "john.doe@example.com"), ("in capitals", "JOHN.DOE@Example.com")]
    {
        let body = json!({ "name": "J", "email": email, "phone": "1" });
        let answer = api.send(delivery(&body)).await;
        let mut expected = error("Email already exists", "DUPLICATE_EMAIL");
        expected["details"] = json!({
            "email": email,
            "existingLeadId": first.body["data"]["id"],
            "message": "A lead with this email already exists in your workspace",
        });
        assert_eq!((answer.status, answer.body), (409, expected), "{case}");
    }
    let same_phone = json!({ "name": "J", "email": "j@x.com", "phone": "+1-555-123-4567" });
    assert_eq!(api.send(delivery(&same_phone)).await.status, 201, "PollyBot does not claim phones");
    assert_eq!(api.items("lead#").await.len(), 2);
}

#[tokio::test]
async fn workspaces_are_separate() {
    let api = TestApi::start().await;
    let account = account(Provider::PollyBot, "ws_other");
    api.open_account("sk-workspace_other", account).await;
    let other = Delivery::new(FUNCTION, example().to_string()).bearer("sk-workspace_other");
    assert_eq!(api.send(delivery(&example())).await.status, 201);
    let answer = api.send(other.clone()).await;
    assert_eq!((answer.status, &answer.body["data"]["workspaceId"]), (201, &json!("ws_other")));
    let theirs = api.send(other.chatbot(CHATBOT)).await;
    assert_eq!(theirs.status, 404, "the chatbot is the demo workspace's");
}
