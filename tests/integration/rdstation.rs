//! RD Station Mentoria's rules.

use serde_json::{Value, json};
use shared::model::Provider;
use tests::{Delivery, TestApi, account};

const FUNCTION: &str = "rdstation-create-lead";
const TOKEN: &str = "demo-rdstation";
const STRINGS: [&str; 6] = ["agentId", "name", "email", "phone", "company", "site"];

fn delivery(body: &Value) -> Delivery {
    Delivery::new(FUNCTION, body.to_string()).bearer(TOKEN)
}

fn invalid(issue: Value) -> Value {
    json!({ "message": "Input validation failed", "code": "BAD_REQUEST", "issues": [issue] })
}

fn wrong_type(field: &str, expected: &str, received: &str) -> Value {
    let message = format!("Expected {expected}, received {received}");
    json!({
        "code": "invalid_type", "expected": expected, "received": received, "path": [field],
        "message": message,
    })
}

#[tokio::test]
async fn an_empty_body_is_a_lead_whose_members_are_all_there() {
    let api = TestApi::start().await;
    for (case, body) in [
        ("nothing", json!({})),
        (
            "every nullable member null",
            json!({
                "agentId": null, "name": null, "email": null, "phone": null, "company": null,
                "site": null,
            }),
        ),
        ("only unknown members", json!({ "id": "x", "workspaceId": "wpc_other", "createdAt": 1 })),
    ] {
        let mut answer = api.send(delivery(&body)).await;
        assert_eq!(answer.status, 200, "{case}");
        let id = answer.body["id"].take();
        let id = id.as_str().unwrap();
        assert!(id.starts_with("lead_") && id.len() == 16, "{case}: {id}");
        assert!(rdstation::LEAD_ID.read(id).is_some(), "{case}: {id}");
        let expected = json!({
            "id": null, "agentId": null, "name": null, "email": null, "phone": null,
            "company": null, "site": null, "custom": {}, "utm": {}, "capture": "completed",
            "workspaceId": "wpc_demo", "createdAt": "2076-01-15T10:30:00.123Z",
            "updatedAt": "2076-01-15T10:30:00.123Z",
        });
        assert_eq!(answer.body, expected, "{case}");
    }
    assert_eq!(api.items("lead#").await.len(), 3, "two bodies without a contact are two leads");
}

#[tokio::test]
async fn strings_are_returned_as_sent_and_other_types_are_refused() {
    for field in STRINGS {
        let api = TestApi::start().await;
        for value in [json!(""), json!(" x "), json!("não é e-mail"), json!("x".repeat(5_000))] {
            let answer = api.send(delivery(&json!({ field: value }))).await;
            assert_eq!((answer.status, &answer.body[field]), (200, &value), "{field}");
        }
        for (value, received) in [
            (json!(1), "number"),
            (json!(true), "boolean"),
            (json!([[]]), "array"),
            (json!({}), "object"),
        ] {
            let answer = api.send(delivery(&json!({ field: value }))).await;
            assert_eq!(answer.status, 400, "{field}: {value}");
            assert_eq!(answer.body, invalid(wrong_type(field, "string", received)), "{field}");
        }
    }
}

#[tokio::test]
async fn custom_and_utm_are_returned_exactly_as_sent() {
    let api = TestApi::start().await;
    let deep = format!("{}1{}", r#"{"a":"#.repeat(200), "}".repeat(200));
    for field in ["custom", "utm"] {
        for sent in [
            "{}",
            r#"{"z":1,"a":1.0,"n":1e400,"big":12345678901234567890123456789}"#,
            r#"{ "space" : [ 1 , 2 ] }"#,
            r#"{"s":"\u00e3\ud800","twice":1,"twice":2}"#,
            &deep,
        ] {
            let body = format!(r#"{{"{field}":{sent}}}"#);
            let answer = api.send(Delivery::new(FUNCTION, body).bearer(TOKEN)).await;
            assert_eq!(answer.status, 200, "{field}: {sent}");
            let written = sent.replace(r"\ud800", r"\ufffd");
            assert!(answer.text.contains(&format!(r#""{field}":{written}"#)), "{}", answer.text);
        }
        for (value, received) in [
            (json!(null), "null"),
            (json!([[]]), "array"),
            (json!("x"), "string"),
            (json!(1), "number"),
        ] {
            let answer = api.send(delivery(&json!({ field: value }))).await;
            assert_eq!(answer.status, 400, "{field}: {value}");
            assert_eq!(answer.body, invalid(wrong_type(field, "object", received)), "{field}");
        }
    }
}

#[tokio::test]
async fn capture_is_completed_or_partial() {
    let api = TestApi::start().await;
    for value in ["completed", "partial"] {
        let answer = api.send(delivery(&json!({ "capture": value }))).await;
        assert_eq!((answer.status, &answer.body["capture"]), (200, &json!(value)));
    }
    let enum_issue = |received: &str| {
        let message =
            format!("Invalid enum value. Expected 'completed' | 'partial', received '{received}'");
        json!({
            "received": received, "code": "invalid_enum_value",
            "options": ["completed", "partial"], "path": ["capture"], "message": message,
        })
    };
    for (value, issue) in [
        (json!("Completed"), enum_issue("Completed")),
        (json!("it's \"done\""), enum_issue("it's \"done\"")),
        (json!(null), wrong_type("capture", "string", "null")),
        (json!(1), wrong_type("capture", "string", "number")),
    ] {
        let answer = api.send(delivery(&json!({ "capture": value }))).await;
        assert_eq!((answer.status, &answer.body), (400, &invalid(issue)), "{value}");
    }
}

#[tokio::test]
async fn all_invalid_fields_are_named_at_once() {
    let api = TestApi::start().await;
    let body = json!({ "name": 1, "site": [], "utm": null, "capture": "x" });
    let answer = api.send(delivery(&body)).await;
    let issues = answer.body["issues"].as_array().unwrap();
    let paths: Vec<&Value> = issues.iter().map(|issue| &issue["path"][0]).collect();
    assert_eq!(paths, ["name", "site", "utm", "capture"]);
}

#[tokio::test]
async fn the_same_person_again_is_a_new_lead() {
    let api = TestApi::start().await;
    let body = |name: &str| json!({ "name": name, "email": "m@x.com", "phone": "5511" });
    let first = api.send(delivery(&body("Maria"))).await;
    let second = api.send(delivery(&body("Maria S."))).await;
    assert_eq!((first.status, second.status), (200, 200));
    assert_ne!(first.body["id"], second.body["id"]);
}

#[tokio::test]
async fn a_lead_shows_the_workspace_of_its_key() {
    let api = TestApi::start().await;
    let account = account(Provider::RdStation, "wpc_other");
    api.open_account("other", account).await;
    let body = json!({ "email": "m@x.com" }).to_string();
    let demo = api.send(Delivery::new(FUNCTION, body.clone()).bearer(TOKEN)).await;
    let other = api.send(Delivery::new(FUNCTION, body).bearer("other")).await;
    assert_eq!(demo.body["workspaceId"], "wpc_demo");
    assert_eq!(other.body["workspaceId"], "wpc_other");
    assert_ne!(demo.body["id"], other.body["id"], "no replay of another account's lead");
}
