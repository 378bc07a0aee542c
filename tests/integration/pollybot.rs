//! PollyBot's rules, as pollybot.app/docs states them.

use serde_json::{Value, json};
use shared::model::{Account, AccountId, EntryId, EntryKey, Provider};
use tests::{Delivery, World};

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

fn example_with(field: &str, value: Value) -> Value {
    let mut body = example();
    body[field] = value;
    body
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
        let world = World::start().await;
        let mut answer = world.send(delivery).await;
        assert_eq!(answer.status, 201, "{case}");
        let id = answer.body["data"]["id"].take();
        let id = id.as_str().unwrap();
        assert!(id.starts_with("lead_") && id.len() == 21, "{case}: {id}");
        assert!(pollybot::LEAD_ID.read(id).is_some(), "{case}: {id}");
        let mut data = json!({ "id": null });
        data.as_object_mut().unwrap().extend(example().as_object().unwrap().clone());
        data["createdAt"] = World::BEGINNING.into();
        data["updatedAt"] = World::BEGINNING.into();
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
        let world = World::start().await;
        let answer = world.send(delivery(&body)).await;
        assert_eq!(answer.status, 201, "{case}");
        let data = &answer.body["data"];
        let optional = [&data["phone"], &data["source"], &data["status"], &data["metadata"]];
        assert_eq!(optional, [&json!(null), &json!(null), &json!("new"), &json!({})], "{case}");
    }
}

#[tokio::test]
async fn each_field_follows_its_rule() {
    let required = "Is required";
    let string = "Must be a string";
    let email = "Must be a valid email address";
    let status = "Must be one of: new, contacted, qualified, converted, lost, follow_up";
    let cases = [
        ("name", json!(null), required),
        ("name", json!(""), required),
        ("name", json!(1), string),
        ("name", json!("J"), ""),
        ("name", json!("J".repeat(3_000)), ""),
        ("email", json!(null), required),
        ("email", json!(""), email),
        ("email", json!("invalid-email"), email),
        ("email", json!("a@b@"), email),
        ("email", json!(["a@b.c"]), string),
        ("email", json!("A@b.co"), ""),
        ("phone", json!(1), string),
        ("phone", json!("call me"), ""),
        ("source", json!({}), string),
        ("source", json!("webinar"), ""),
        ("status", json!("hot"), status),
        ("status", json!("New"), status),
        ("status", json!(7), string),
        ("status", json!("new"), ""),
        ("status", json!("contacted"), ""),
        ("status", json!("qualified"), ""),
        ("status", json!("converted"), ""),
        ("status", json!("lost"), ""),
        ("status", json!("follow_up"), ""),
        ("metadata", json!([1]), "Must be an object"),
        ("metadata", json!("x"), "Must be an object"),
        ("metadata", json!({}), ""),
    ];
    for (field, value, message) in cases {
        let case = format!("{field}: {value}");
        let world = World::start().await;
        let answer = world.send(delivery(&example_with(field, value.clone()))).await;
        if message.is_empty() {
            assert_eq!((answer.status, &answer.body["data"][field]), (201, &value), "{case}");
        } else {
            assert_eq!(answer.status, 400, "{case}");
            assert_eq!(answer.body, invalid(field, value, message), "{case}");
            assert!(world.items("lead#").await.is_empty(), "{case}");
        }
    }
}

#[tokio::test]
async fn the_first_invalid_field_in_body_order_is_named() {
    let world = World::start().await;
    for (body, field) in [
        (json!({ "metadata": 1, "status": "x", "email": "x" }), "name"),
        (json!({ "metadata": 1, "status": "x", "email": "x", "name": "Ana" }), "email"),
        (json!({ "metadata": 1, "status": "x", "email": "a@x.com", "name": "Ana" }), "status"),
    ] {
        let answer = world.send(delivery(&body)).await;
        assert_eq!(answer.body["details"]["field"], field);
    }
}

#[tokio::test]
async fn odd_values_are_returned_as_sent() {
    let world = World::start().await;
    let deep = format!("{}1{}", "[".repeat(300), "]".repeat(300));
    for sent in ["1e400", deep.as_str(), r#"{"a":"\ud800"}"#] {
        let body = format!(r#"{{"name":"Ana","email":{sent}}}"#);
        let answer = world.send(Delivery::new(FUNCTION, body).bearer(TOKEN)).await;
        assert_eq!(answer.status, 400, "{sent}");
        let written = sent.replace(r"\ud800", r"\ufffd");
        assert!(answer.text.contains(&format!(r#""value":{written},"#)), "{}", answer.text);
    }
}

#[tokio::test]
async fn metadata_is_returned_exactly_as_sent() {
    let deep = format!("{}1{}", r#"{"a":"#.repeat(200), "}".repeat(200));
    for sent in [
        r#"{"z":1,"a":1.0,"e":1E+2,"n":-0,"huge":1e400,"long":0.10000000000000000000001}"#,
        r#"{ "space" : [ true , null ] }"#,
        r#"{"k":"\u00e3\/\ud83d\ude00","k":"again"}"#,
        &deep,
    ] {
        let world = World::start().await;
        let body = format!(r#"{{"name":"Ana","email":"ana@x.com","metadata":{sent}}}"#);
        let answer = world.send(Delivery::new(FUNCTION, body).bearer(TOKEN)).await;
        assert_eq!(answer.status, 201, "{sent}");
        assert!(answer.text.contains(&format!(r#""metadata":{sent},"#)), "{}", answer.text);
    }
}

#[tokio::test]
async fn a_known_email_is_409_with_the_lead_that_has_it() {
    let world = World::start().await;
    let first = world.send(delivery(&example())).await;
    for (case, email) in
        [("as it was", "john.doe@example.com"), ("in capitals", "JOHN.DOE@Example.com")]
    {
        let body = json!({ "name": "J", "email": email, "phone": "1" });
        let answer = world.send(delivery(&body)).await;
        let mut expected = error("Email already exists", "DUPLICATE_EMAIL");
        expected["details"] = json!({
            "email": email,
            "existingLeadId": first.body["data"]["id"],
            "message": "A lead with this email already exists in your workspace",
        });
        assert_eq!((answer.status, answer.body), (409, expected), "{case}");
    }
    let same_phone = json!({ "name": "J", "email": "j@x.com", "phone": "+1-555-123-4567" });
    assert_eq!(
        world.send(delivery(&same_phone)).await.status,
        201,
        "PollyBot does not claim phones"
    );
    assert_eq!(world.items("lead#").await.len(), 2);
}

#[tokio::test]
async fn workspaces_are_separate() {
    let world = World::start().await;
    let account = Account { provider: Provider::PollyBot, id: AccountId::from_static("ws_other") };
    world.open_account("sk-workspace_other", account).await;
    let other = Delivery::new(FUNCTION, example().to_string()).bearer("sk-workspace_other");
    assert_eq!(world.send(delivery(&example())).await.status, 201);
    let answer = world.send(other.clone()).await;
    assert_eq!((answer.status, &answer.body["data"]["workspaceId"]), (201, &json!("ws_other")));
    let theirs = world.send(other.chatbot(CHATBOT)).await;
    assert_eq!(theirs.status, 404, "the chatbot is the demo workspace's");
}

#[tokio::test]
async fn a_chatbot_of_another_workspace_is_404() {
    let world = World::start().await;
    let not_found = error("Chatbot not found or access denied", "CHATBOT_NOT_FOUND");
    let too_long = "c".repeat(2_000);
    for id in ["cb_unknown", "%", "cb_1234567890abcdef#", " ", &too_long] {
        let request = Delivery::new(FUNCTION, example().to_string()).bearer(TOKEN).chatbot(id);
        let answer = world.send(request).await;
        assert_eq!((answer.status, &answer.body), (404, &not_found), "{id}");
    }
    assert!(world.items("lead#").await.is_empty());
}

/// A function URL has no path parameters.
#[tokio::test]
async fn without_path_parameters_the_chatbot_is_read_from_the_path() {
    let world = World::start().await;
    for (path, status) in [
        ("/api/v1/chatbots/cb_unknown/leads", 404),
        ("/api/v1/chatbots/cb_1234567890abcdef/leads", 201),
        ("/pollybot/api/v1/chatbots/cb_1234567890abcdef/leads", 409),
        ("/api/v1/leads", 409),
    ] {
        let delivery = Delivery::new(FUNCTION, example().to_string()).bearer(TOKEN).path(path);
        assert_eq!(world.send(delivery).await.status, status, "{path}");
    }
}

/// REST APIs and function URLs do not decode paths. HTTP APIs do.
#[tokio::test]
async fn a_chatbots_id_is_percent_decoded_from_every_gateway() {
    let world = World::start().await;
    let account = Account {
        provider: Provider::PollyBot,
        id: AccountId::from_static("ws_your_workspace_id"),
    };
    let chatbot = EntryKey::new(pollybot::CHATBOT, EntryId::from_static("team/a é"));
    world.app.context.table.put_new_entry(&account, &chatbot, &json!({})).await.unwrap();
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
        assert_eq!(world.send(delivery).await.status, 201, "{n}");
    }
}

#[tokio::test]
async fn an_idempotency_key_is_for_one_chatbot() {
    let world = World::start().await;
    let keyed = |delivery: Delivery| delivery.header("idempotency-key", "key-1");
    assert_eq!(world.send(keyed(delivery(&example()))).await.status, 201);
    let alias = Delivery::new(FUNCTION, example().to_string()).bearer(TOKEN);
    assert_eq!(world.send(keyed(alias)).await.status, 422);
}

#[tokio::test]
async fn each_fault_of_the_authorization_header_has_its_code() {
    let world = World::start().await;
    let missing = error("Missing authorization header", "MISSING_AUTH_HEADER");
    let malformed = error(
        "Malformed authorization header. Expected format: Bearer <token>",
        "MALFORMED_AUTH_HEADER",
    );
    let bad = error("Invalid API key", "INVALID_API_KEY");
    let anonymous = Delivery::new(FUNCTION, example().to_string()).chatbot(CHATBOT);
    for (case, delivery, expected) in [
        ("none", anonymous.clone(), missing),
        ("no scheme", anonymous.clone().header("authorization", TOKEN), malformed.clone()),
        ("another scheme", anonymous.clone().header("authorization", "Token x"), malformed),
        ("unknown", anonymous.clone().bearer("sk-workspace_x"), bad.clone()),
        ("another provider's", anonymous.bearer("demo-rdstation"), bad),
    ] {
        let answer = world.send(delivery).await;
        assert_eq!((answer.status, &answer.body), (401, &expected), "{case}");
        assert_eq!(answer.headers["www-authenticate"], "Bearer", "{case}");
    }
}

#[tokio::test]
async fn a_body_without_a_json_object_is_400_and_a_large_one_is_413() {
    let world = World::start().await;
    let mut expected = error("Validation failed", "VALIDATION_ERROR");
    expected["details"] = json!({ "message": "Request body must be a JSON object" });
    for body in ["", "{", "[]", "null", "7"] {
        let answer = world.send(Delivery::new(FUNCTION, body).bearer(TOKEN)).await;
        assert_eq!((answer.status, &answer.body), (400, &expected), "{body}");
    }
    let body = vec![b' '; shared::request::MAX_BODY_BYTES + 1];
    let answer = world.send(Delivery::new(FUNCTION, body).bearer(TOKEN)).await;
    let too_large = error("Request body must not exceed 256 KiB", "PAYLOAD_TOO_LARGE");
    assert_eq!((answer.status, answer.body), (413, too_large));
}
