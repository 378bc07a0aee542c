//! PollyBot's updates and deletes of leads.

use super::{CHATBOT, authorized, read};
use serde_json::{Value, json};
use shared::{
    model::{Contact, Lead, LeadSpan, Provider, RawJson, StoredDetails, TokenHash},
    table::Order,
};
use tests::{Answer, Delivery, Fault, Sender, TestApi, send_to};

fn sender() -> &'static Sender {
    Sender::of(Provider::PollyBot)
}

fn request(function: &'static str, id: &str, body: &str) -> Delivery {
    let request = Delivery::new(function, body).parameter("leadId", id);
    authorized(Provider::PollyBot, request)
}

async fn update(api: &TestApi, id: &str, body: impl ToString) -> Answer {
    api.send(request("pollybot-update-lead", id, &body.to_string())).await
}

async fn delete(api: &TestApi, id: &str) -> Answer {
    api.send(request("pollybot-delete-lead", id, "")).await
}

async fn get(api: &TestApi, id: &str) -> Answer {
    let request = Delivery::new("pollybot-get-lead", "").parameter("leadId", id);
    read(api, Provider::PollyBot, request).await
}

fn ana() -> Value {
    json!({
        "name": "Ana", "email": "ana@example.com", "phone": "+1", "source": "web",
        "status": "qualified", "metadata": { "a": { "b": 1.0, "c": [1, 2] }, "d": "x" },
    })
}

/// Creates a lead. Returns it as it is answered.
async fn create(api: &TestApi, lead: &Value) -> Value {
    let answer = sender().send(api, lead.to_string()).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.body["data"].clone()
}

fn id(lead: &Value) -> &str {
    lead["id"].as_str().unwrap()
}

async fn stored(api: &TestApi) -> Vec<Lead<StoredDetails>> {
    let account = sender().account();
    api.table().leads(&account, LeadSpan::ALL, Order::OldestFirst, None).await.unwrap().leads
}

#[tokio::test]
async fn an_update_changes_the_fields_that_it_has() {
    let (same, none) = (Value::Null, || json!([Value::Null]));
    let a = json!({ "b": 1.0, "c": [1, 2] });
    // The body, and the changed members; `[null]` means null.
    let cases = [
        (json!({}), json!({})),
        (json!({ "name": "Bia" }), json!({ "name": "Bia" })),
        (json!({ "email": " Bia@example.com" }), json!({ "email": " Bia@example.com" })),
        (json!({ "phone": null }), json!({ "phone": none() })),
        (json!({ "phone": "" }), json!({ "phone": "" })),
        (json!({ "source": null }), json!({ "source": none() })),
        (json!({ "source": "fair" }), json!({ "source": "fair" })),
        (json!({ "status": "lost" }), json!({ "status": "lost" })),
        (json!({ "status": null }), json!({ "status": "new" })),
        (json!({ "status": "" }), json!({})),
        (json!({ "metadata": null }), json!({ "metadata": {} })),
        (json!({ "metadata": {} }), json!({})),
        (json!({ "metadata": [] }), json!({})),
        (json!({ "metadata": { "e": null } }), json!({})),
        (json!({ "metadata": { "d": null } }), json!({ "metadata": { "a": a } })),
        (json!({ "metadata": { "d": [3] } }), json!({ "metadata": { "a": a, "d": [3] } })),
        (
            json!({ "metadata": { "a": { "b": null, "c": [9], "e": { "f": null } } } }),
            json!({ "metadata": { "a": { "c": [9], "e": {} }, "d": "x" } }),
        ),
        (json!({ "id": "lead_0", "createdAt": 1, "updatedAt": 2, "workspaceId": null }), json!({})),
    ];
    for (body, changes) in cases {
        let api = TestApi::start().await;
        let created = create(&api, &ana()).await;
        api.advance(jiff::SignedDuration::from_secs(60));
        let answer = update(&api, id(&created), &body).await;
        let mut expected = created.clone();
        for (name, value) in changes.as_object().unwrap() {
            expected[name] = if *value == none() { same.clone() } else { value.clone() };
        }
        if expected != created {
            expected["updatedAt"] = json!(format!("{:.3}", api.now()));
        }
        assert_eq!((answer.status, &answer.body["data"]), (200, &expected), "{body}");
        assert_eq!(get(&api, id(&created)).await.body["data"], expected, "{body}");
    }
}

#[tokio::test]
async fn an_update_keeps_the_members_that_the_provider_does_not_know() {
    let api = TestApi::start().await;
    let mut lead = ana();
    lead["tags"] = json!(["a"]);
    let created = create(&api, &lead).await;
    for (body, expected) in [
        (
            json!({ "priority": "HIGH", "notes": { "a": 1 } }),
            Some(r#"{"tags":["a"],"priority":"HIGH","notes":{"a":1}}"#),
        ),
        (
            json!({ "tags": ["b"], "notes": { "a": null, "b": 2 } }),
            Some(r#"{"tags":["b"],"priority":"HIGH","notes":{"b":2}}"#),
        ),
        (json!({ "tags": null, "priority": null, "notes": null }), None),
    ] {
        assert_eq!(update(&api, id(&created), &body).await.status, 200, "{body}");
        let extra = stored(&api).await.remove(0).extra;
        assert_eq!(extra.as_ref().map(RawJson::as_sent), expected, "{body}");
    }
}

#[tokio::test]
async fn an_update_that_breaks_a_rule_changes_nothing() {
    let api = TestApi::start().await;
    let created = create(&api, &ana()).await;
    let large = json!({ "metadata": { "z": "z".repeat(256 * 1024 - 30) } }).to_string();
    let too_large = json!({ "phone": "z".repeat(256 * 1024) }).to_string();
    let cases = [
        ("", 400, "Must be"),
        ("[]", 400, "object"),
        ("null", 400, "object"),
        (r#"{"name": null}"#, 400, "Is required"),
        (r#"{"name": " "}"#, 400, "Is required"),
        (r#"{"name": 5}"#, 400, "Must be a string"),
        (r#"{"email": null}"#, 400, "Is required"),
        (r#"{"email": "nowhere"}"#, 400, "valid email"),
        (r#"{"status": "NEW"}"#, 400, "Must be one of"),
        (r#"{"metadata": "x"}"#, 400, "Must be an object"),
        (r#"{"metadata": [1]}"#, 400, "Must be an object"),
        // With what the lead has, it is over 256 KiB.
        (&large, 413, "256 KiB"),
        (&too_large, 413, "256 KiB"),
    ];
    for (body, status, text) in cases {
        let answer = update(&api, id(&created), body).await;
        let body: String = body.chars().take(60).collect();
        assert_eq!(answer.status, status, "{body}: {}", answer.text);
        assert!(text == "Must be" || answer.text.contains(text), "{body}: {}", answer.text);
        assert_eq!(get(&api, id(&created)).await.body["data"], created, "{body}");
    }
}

/// A moved claim: the old e-mail is free, the new one is taken.
#[tokio::test]
async fn an_update_moves_the_claim_of_the_email() {
    let api = TestApi::start().await;
    let created = create(&api, &ana()).await;
    let cases = [
        ("ANA@example.com", 1),
        ("bia@example.com", 1),
        ("bia@EXAMPLE.com", 1),
        ("ana@example.com", 1),
        ("bia@example.com", 1),
    ];
    for (email, claims) in cases {
        assert_eq!(update(&api, id(&created), json!({ "email": email })).await.status, 200);
        assert_eq!(api.items("claim#").await.len(), claims, "{email}");
        let again = sender().send(&api, json!({ "name": "X", "email": email }).to_string()).await;
        assert_eq!(again.body["details"]["existingLeadId"], created["id"], "{email}");
    }
    let free = create(&api, &ana()).await;
    assert_ne!(free["id"], created["id"]);
    // The claims are deleted with their leads.
    for lead in [&free, &created] {
        assert_eq!(delete(&api, id(lead)).await.status, 200);
    }
    assert!(api.items("claim#").await.is_empty());
}

#[tokio::test]
async fn an_email_of_another_lead_is_refused() {
    let api = TestApi::start().await;
    let ana = create(&api, &ana()).await;
    let bia = create(&api, &json!({ "name": "Bia", "email": "bia@example.com" })).await;
    let answer = update(&api, id(&bia), json!({ "name": "B", "email": "ANA@example.com" })).await;
    let details = json!({
        "email": "ANA@example.com", "existingLeadId": ana["id"],
        "message": "A lead with this email already exists in your workspace",
    });
    assert_eq!((answer.status, &answer.body["details"]), (409, &details));
    assert_eq!(get(&api, id(&bia)).await.body["data"], bia);
    // Nothing of an update is held.
    assert!(api.items("held#").await.is_empty());
    // The claim of an erased lead does not count.
    assert_eq!(delete(&api, id(&ana)).await.status, 200);
    assert_eq!(update(&api, id(&bia), json!({ "email": "ana@example.com" })).await.status, 200);
}

#[tokio::test]
async fn an_update_cannot_bring_a_blocked_person_back() {
    let api = TestApi::start().await;
    let created = create(&api, &ana()).await;
    let blocked = [Contact::email("bia@example.com"), Contact::phone("5511999")].into();
    api.table().block(&sender().account(), &blocked).await.unwrap();
    for (body, field) in [
        (json!({ "email": "Bia@example.com" }), "email"),
        (json!({ "phone": "+55 11 999" }), "phone"),
    ] {
        let request = request("pollybot-update-lead", id(&created), &body.to_string());
        let answer = api.another_instance_answers(request).await;
        assert_eq!((answer.status, &answer.body["details"]["field"]), (400, &json!(field)));
    }
    assert_eq!(get(&api, id(&created)).await.body["data"], created);
}

#[tokio::test]
async fn a_lead_notes_who_updated_it_and_when() {
    let api = TestApi::start().await;
    let created = create(&api, &ana()).await;
    let mut at = Vec::new();
    for n in 0..22 {
        api.advance(jiff::SignedDuration::from_secs(1));
        at.push(api.now());
        assert_eq!(update(&api, id(&created), json!({ "name": n.to_string() })).await.status, 200);
        // One that changes nothing is not noted.
        assert_eq!(update(&api, id(&created), json!({ "name": n.to_string() })).await.status, 200);
    }
    let lead = stored(&api).await.remove(0);
    assert_eq!((lead.updates.len(), lead.version(), lead.updated_at()), (20, 22, at[21]));
    let key = TokenHash::of("sk-workspace_your_api_key").key_id();
    for (update, number) in lead.updates.iter().zip(3..) {
        assert_eq!((update.number, &*update.key), (number, key.as_str()));
        assert_eq!(update.at, at[number as usize - 1]);
    }
}

#[tokio::test]
async fn a_deleted_lead_is_gone_and_its_person_can_be_a_new_one() {
    let api = TestApi::start().await;
    let created = create(&api, &ana()).await;
    let mut repeat = ana();
    repeat["name"] = json!("Ana again");
    assert_eq!(sender().send(&api, repeat.to_string()).await.status, 409);
    assert_eq!(sender().send(&api, r#"{"name": 5}"#).await.status, 400);
    assert_eq!(api.items("held#").await.len(), 2);
    let answer = delete(&api, id(&created)).await;
    let expected = json!({
        "success": true, "message": "Lead deleted successfully",
        "data": { "id": created["id"], "deletedAt": format!("{:.3}", api.now()) },
    });
    assert_eq!((answer.status, answer.body), (200, expected));
    for answer in [
        delete(&api, id(&created)).await,
        get(&api, id(&created)).await,
        update(&api, id(&created), json!({ "name": "X" })).await,
    ] {
        sender().check_error("not_found", &answer, "after the delete");
    }
    // Its repeat is gone with it; the other held delivery is not its.
    assert_eq!(api.items("held#").await.len(), 1);
    assert!(api.items("claim#").await.is_empty());
    assert_ne!(create(&api, &ana()).await["id"], created["id"]);
}

#[tokio::test]
async fn an_id_that_no_lead_has_is_not_found() {
    let api = TestApi::start().await;
    let created = create(&api, &ana()).await;
    let upper = id(&created).to_uppercase();
    for case in ["", "1", "lead_0000000000000001", &upper, "c00000000000000", "%00", "../leads"] {
        for answer in [update(&api, case, json!({ "name": "X" })).await, delete(&api, case).await] {
            sender().check_error("not_found", &answer, case);
        }
    }
    for function in ["pollybot-update-lead", "pollybot-delete-lead"] {
        let request = request(function, id(&created), r#"{"name": "X"}"#).chatbot("unknown");
        let answer = api.send(request).await;
        assert_eq!((answer.status, &answer.body["code"]), (404, &json!("CHATBOT_NOT_FOUND")));
    }
    assert_eq!(get(&api, id(&created)).await.body["data"], created);
}

#[tokio::test]
async fn a_write_at_the_path_of_a_chatbot_is_the_same() {
    let api = TestApi::start().await;
    let created = create(&api, &ana()).await;
    let put = request("pollybot-update-lead", id(&created), r#"{"name": "Bia"}"#);
    assert_eq!(api.send(put.chatbot(CHATBOT)).await.body["data"]["name"], "Bia");
    let delete = request("pollybot-delete-lead", id(&created), "");
    assert_eq!(api.send(delete.chatbot(CHATBOT)).await.status, 200);
}

/// A lost answer does not make a write count twice, or as failed.
#[tokio::test]
async fn a_write_whose_answer_was_lost_is_done_once() {
    let api = TestApi::start().await;
    let created = create(&api, &ana()).await;
    for fault in [Fault::AnswerLost, Fault::RequestLost, Fault::Conflict] {
        api.connection.fail_next("TransactWriteItems", fault);
        let answer = update(&api, id(&created), json!({ "name": format!("{fault:?}") })).await;
        assert_eq!(
            (answer.status, &answer.body["data"]["name"]),
            (200, &json!(format!("{fault:?}")))
        );
    }
    assert_eq!(stored(&api).await.remove(0).version(), 3);
    api.connection.fail_next("TransactWriteItems", Fault::AnswerLost);
    assert_eq!(delete(&api, id(&created)).await.status, 200);
}

/// Each of two updates at the same time is stored, on top of the other.
#[tokio::test]
async fn updates_at_the_same_time_are_both_stored() {
    let api = TestApi::start().await;
    let created = create(&api, &ana()).await;
    let one = async |n: usize| {
        let body = json!({ "metadata": { n.to_string(): n } }).to_string();
        let app = api.another_instance();
        send_to(&app, request("pollybot-update-lead", id(&created), &body)).await.status
    };
    let done = futures_util::future::join_all((0..4).map(one)).await;
    assert_eq!(done, [200; 4]);
    let metadata = get(&api, id(&created)).await.body["data"]["metadata"].clone();
    for n in 0..4 {
        assert_eq!(metadata[n.to_string()], n);
    }
    assert_eq!(stored(&api).await.remove(0).version(), 4);
}

#[tokio::test]
async fn of_two_deletes_at_the_same_time_one_finds_the_lead() {
    let api = TestApi::start().await;
    let created = create(&api, &ana()).await;
    let one = async || {
        let app = api.another_instance();
        send_to(&app, request("pollybot-delete-lead", id(&created), "")).await.status
    };
    let mut done = futures_util::future::join_all((0..3).map(|_| one())).await;
    done.sort_unstable();
    assert_eq!(done, [200, 404, 404]);
}
