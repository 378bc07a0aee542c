//! Flextell's rules, as docs.flextell.ai states them.

use serde_json::{Value, json};
use shared::model::{Account, AccountId, ApiKey, EntryKey, Provider};
use tests::{Delivery, World};

const FUNCTION: &str = "flextell-create-lead";
const TOKEN: &str = "demo-flextell";

fn delivery(body: &Value) -> Delivery {
    Delivery::new(FUNCTION, body.to_string()).bearer(TOKEN).header("x-tenant", "1")
}

fn error(error: &str, message: &str) -> Value {
    json!({ "error": error, "message": message })
}

/// A lead with only a last name.
fn minimal_lead() -> Value {
    json!({
        "id": null, "first_name": null, "last_name": "Smith", "full_name": "Smith",
        "phone_number": null, "email": null, "description": null, "message": null,
        "preferred_contact": null, "source_page_url": null, "country_id": null,
        "is_converted": "false", "converted_at": null, "customer_id": null,
        "marketing_attribution": [], "external_id": null, "external_branch_id": null,
        "external_created_at": null, "last_synced_at": null, "import_source_id": null,
        "created_at": "2076-01-15T10:30:00Z", "updated_at": "2076-01-15T10:30:00Z",
        "deleted_at": null,
        "status": {
            "id": 1, "name": "New", "slug": "new", "color": "#94a3b8", "is_terminal": false,
        },
        "reference_source": null, "assigned_user": null, "country_name": null,
    })
}

#[tokio::test]
async fn a_lead_shows_every_documented_member() {
    let full = json!({
        "last_name": "Smith", "first_name": "Jane", "phone_number": "+5511988887777",
        "email": "jsmith@example.com", "description": "D", "message": "M",
        "preferred_contact": "phone", "source_page_url": "https://example.com/a?b=c",
        "lead_status_id": 1, "lead_reference_source_id": 1, "assigned_user_id": 1,
        "country_id": 76, "marketing_attribution": ["google", ""],
    });
    let mut expected_full = minimal_lead();
    for field in [
        "first_name",
        "phone_number",
        "email",
        "description",
        "message",
        "preferred_contact",
        "source_page_url",
        "country_id",
        "marketing_attribution",
    ] {
        expected_full[field] = full[field].clone();
    }
    expected_full["full_name"] = "Jane Smith".into();
    expected_full["reference_source"] = json!({ "id": 1, "name": "Website", "external_id": null });
    expected_full["assigned_user"] = json!({ "id": 1, "name": "Demo User" });
    expected_full["country_name"] = "Brazil".into();
    let nulls = json!({
        "last_name": "Smith", "first_name": null, "phone_number": null, "email": null,
        "description": null, "message": null, "preferred_contact": null, "source_page_url": null,
        "lead_status_id": null, "lead_reference_source_id": null, "assigned_user_id": null,
        "country_id": null, "marketing_attribution": null,
    });
    for (case, body, expected) in [
        ("minimal", json!({ "last_name": "Smith" }), minimal_lead()),
        ("nulls", nulls, minimal_lead()),
        ("full", full, expected_full),
    ] {
        let world = World::start().await;
        let mut answer = world.send(delivery(&body)).await;
        assert_eq!(answer.status, 201, "{case}: {}", answer.text);
        assert!(answer.body["data"]["id"].take().is_u64(), "{case}");
        assert_eq!(answer.body, json!({ "success": "true", "data": expected }), "{case}");
    }
}

#[tokio::test]
async fn each_field_follows_its_rule() {
    let url = |length: usize| format!("https://example.com/{}", "a".repeat(length - 20));
    let mail = |length: usize| {
        let domain = format!("{0}.{0}.{0}.{0}.com", "d".repeat(60));
        format!("{}@{domain}", "a".repeat(length - domain.len() - 1))
    };
    let exists = "must be the id of something that exists";
    let mut cases = vec![
        ("last_name", json!(null), "is required"),
        ("last_name", json!(""), "is required"),
        ("last_name", json!(1), "must be a string"),
        ("email", json!("jsmith"), "must be a valid email address"),
        ("email", json!(mail(255)), ""),
        ("email", json!(mail(256)), "must not exceed 255 characters"),
        ("phone_number", json!("not E.164, and taken"), ""),
        ("description", json!("d".repeat(9_000)), ""),
        ("message", json!("m".repeat(9_000)), ""),
        ("source_page_url", json!("example.com"), "must be a valid URL"),
        ("source_page_url", json!("/contact"), "must be a valid URL"),
        ("source_page_url", json!(url(2_048)), ""),
        ("source_page_url", json!(url(2_049)), "must not exceed 2048 characters"),
        ("country_id", json!(1.5), "must be an integer"),
        ("country_id", json!("76"), "must be a number"),
        ("country_id", json!(76), ""),
        ("country_id", json!(1), exists),
        ("lead_status_id", json!(2), exists),
        ("lead_status_id", json!(-1), exists),
        ("lead_status_id", json!(0), exists),
        ("lead_reference_source_id", json!(123), exists),
        ("assigned_user_id", json!(i64::MAX), exists),
        ("assigned_user_id", json!(u64::MAX), "must be an integer"),
        ("assigned_user_id", json!(true), "must be a number"),
        ("marketing_attribution", json!({}), "must be an array"),
        ("marketing_attribution", json!([1]), "must hold strings only"),
        ("marketing_attribution", json!([null]), "must hold strings only"),
        ("marketing_attribution", json!([]), ""),
        ("marketing_attribution", json!(["a", "b"]), ""),
    ];
    for (field, max, text) in [
        ("last_name", 255, "must not exceed 255 characters"),
        ("first_name", 255, "must not exceed 255 characters"),
        ("phone_number", 50, "must not exceed 50 characters"),
        ("preferred_contact", 50, "must not exceed 50 characters"),
    ] {
        cases.push((field, json!("ã".repeat(max)), ""));
        cases.push((field, json!("ã".repeat(max + 1)), text));
    }
    for field in [
        "first_name",
        "phone_number",
        "email",
        "description",
        "message",
        "preferred_contact",
        "source_page_url",
    ] {
        cases.push((field, json!(3), "must be a string"));
    }
    let world = World::start().await;
    for (field, value, text) in cases {
        let case = format!("{field}: {value}");
        let mut body = json!({ "last_name": "Smith" });
        body[field] = value.clone();
        let answer = world.send(delivery(&body)).await;
        if text.is_empty() {
            assert_eq!((answer.status, &answer.body["data"][field]), (201, &value), "{case}");
        } else {
            let message = format!("The '{field}' field {text}.");
            let expected = error("validation_error", &message);
            assert_eq!((answer.status, answer.body), (422, expected), "{case}");
        }
    }
}

fn of_country(number: &str) -> Delivery {
    let body = format!(r#"{{"last_name": "Smith", "country_id": {number}}}"#);
    delivery(&json!({})).with_body(body)
}

#[tokio::test]
async fn an_id_may_be_written_with_a_fraction_of_zero() {
    let world = World::start().await;
    for text in ["76.0", "7.6e1", "760e-1"] {
        let answer = world.send(of_country(text)).await;
        assert_eq!((answer.status, &answer.body["data"]["country_id"]), (201, &json!(76)));
    }
    // From 2^53 on, a fraction or an exponent could mean another whole number.
    let large = ["9007199254740993.0", "-9007199254740992.0", "1e18", "1e400"];
    let out_of_range = ["-9223372036854775809", "9223372036854775808"];
    for text in large.into_iter().chain(out_of_range).chain(["7.6"]) {
        let answer = world.send(of_country(text)).await;
        let message = "The 'country_id' field must be an integer.";
        assert_eq!((answer.status, &answer.body["message"]), (422, &json!(message)), "{text}");
    }
}

#[tokio::test]
async fn the_first_invalid_field_is_named() {
    let world = World::start().await;
    let body = json!({ "email": "x", "country_id": "x" });
    let answer = world.send(delivery(&body)).await;
    assert_eq!(answer.body["message"], "The 'last_name' field is required.");
    let body = json!({ "last_name": "S", "email": "x", "country_id": 1 });
    let answer = world.send(delivery(&body)).await;
    assert_eq!(answer.body["message"], "The 'email' field must be a valid email address.");
}

#[tokio::test]
async fn marketing_attribution_is_returned_exactly_as_sent() {
    let world = World::start().await;
    let sent = r#"[ "a\u00e3" ,"b"]"#;
    let body = format!(r#"{{"last_name":"Smith","marketing_attribution":{sent}}}"#);
    let request = Delivery::new(FUNCTION, body).bearer(TOKEN).header("x-tenant", "1");
    let answer = world.send(request).await;
    assert!(answer.text.contains(&format!(r#""marketing_attribution":{sent},"#)));
}

#[tokio::test]
async fn a_tenant_without_a_default_status_has_leads_without_one() {
    let world = World::start().await;
    let account = Account { provider: Provider::Flextell, id: AccountId::from_static("7") };
    world.put_key("seven", ApiKey { tenants: vec![7], ..ApiKey::new(account) }).await;
    let body = json!({ "last_name": "Smith" }).to_string();
    let request = Delivery::new(FUNCTION, body).bearer("seven").header("x-tenant", "7");
    let answer = world.send(request).await;
    assert_eq!((answer.status, &answer.body["data"]["status"]), (201, &Value::Null));
}

/// So a client that changes to leadhook works before its directory is imported.
#[tokio::test]
async fn without_directory_entries_of_a_kind_any_id_is_accepted() {
    let world = World::start().await;
    let account = Account { provider: Provider::Flextell, id: AccountId::from_static("7") };
    world.put_key("seven", ApiKey { tenants: vec![7], ..ApiKey::new(account.clone()) }).await;
    let send = async |ids: Value| {
        let mut body = json!({ "last_name": "Smith" });
        body.as_object_mut().unwrap().extend(ids.as_object().unwrap().clone());
        let request = Delivery::new(FUNCTION, body.to_string()).bearer("seven");
        world.another_instance_answers(request.header("x-tenant", "7")).await
    };
    let all = json!({
        "lead_status_id": 5, "lead_reference_source_id": 6, "assigned_user_id": 7, "country_id": 8,
    });
    let answer = send(all.clone()).await;
    assert_eq!(answer.status, 201);
    let lead = &answer.body["data"];
    let nothing =
        json!({ "id": 5, "name": null, "slug": null, "color": null, "is_terminal": null });
    assert_eq!(lead["status"], nothing);
    assert_eq!(lead["reference_source"], json!({ "id": 6, "name": null, "external_id": null }));
    assert_eq!(lead["assigned_user"], json!({ "id": 7, "name": null }));
    assert_eq!((&lead["country_id"], &lead["country_name"]), (&json!(8), &Value::Null));
    // With one entry of a kind, ids of this kind are checked. Ids of other kinds are not.
    let kinds = [
        ("status", "lead_status_id"),
        ("reference_source", "lead_reference_source_id"),
        ("user", "assigned_user_id"),
        ("country", "country_id"),
    ];
    for (kind, field) in kinds.into_iter().rev() {
        let entry = json!({ "id": 1, "name": "One" });
        let key = EntryKey::new(kind, 1);
        world.app.context.table.put_new_entry(&account, &key, &entry).await.unwrap();
        let answer = send(all.clone()).await;
        let text = format!("The '{field}' field must be the id of something that exists.");
        assert_eq!((answer.status, answer.body), (422, error("validation_error", &text)));
        assert_eq!(send(json!({ field: 1 })).await.status, 201, "{field}");
    }
}

#[tokio::test]
async fn the_tenant_must_be_a_number_that_the_token_may_act_for() {
    let world = World::start().await;
    let bad = error("invalid_request", "The X-Tenant header must be a tenant's number.");
    let foreign = error("forbidden", "The token may not act for this tenant.");
    let without = Delivery::new(FUNCTION, r#"{"last_name":"Smith"}"#).bearer(TOKEN);
    let tenant = |text: &str| without.clone().header("x-tenant", text);
    for (case, delivery, status, body) in [
        ("missing", without.clone(), 400, &bad),
        ("empty", tenant(""), 400, &bad),
        ("text", tenant("acme"), 400, &bad),
        ("negative", tenant("-1"), 400, &bad),
        ("a sign", tenant("+1"), 400, &bad),
        ("a fraction", tenant("1.5"), 400, &bad),
        ("too large", tenant("99999999999999999999"), 400, &bad),
        ("foreign", tenant("2"), 403, &foreign),
        ("zero", tenant("0"), 403, &foreign),
    ] {
        let answer = world.send(delivery).await;
        assert_eq!((answer.status, &answer.body), (status, body), "{case}");
    }
    assert!(world.items("lead#").await.is_empty());
}

#[tokio::test]
async fn one_token_may_act_for_several_separate_tenants() {
    let world = World::start().await;
    let account = Account { provider: Provider::Flextell, id: AccountId::from_static("agency") };
    world.put_key("agency", ApiKey { tenants: vec![7, 8], ..ApiKey::new(account) }).await;
    let body = json!({ "last_name": "Smith", "email": "s@x.com" }).to_string();
    for tenant in ["7", "8"] {
        let request = Delivery::new(FUNCTION, body.clone()).bearer("agency");
        let answer = world.send(request.header("x-tenant", tenant)).await;
        assert_eq!(answer.status, 201, "{tenant}");
        assert!(!answer.headers.contains_key("idempotency-replayed"), "{tenant}");
        assert_eq!(world.items(&format!("lead#flextell#{tenant}")).await.len(), 1, "{tenant}");
    }
}

#[tokio::test]
async fn each_fault_of_the_token_has_its_code() {
    let world = World::start().await;
    let missing = error("unauthorized", "The access token is missing or invalid.");
    let bad = error("invalid_token", "The bearer token is expired or malformed.");
    let anonymous = Delivery::new(FUNCTION, r#"{"last_name":"S"}"#).header("x-tenant", "1");
    for (case, delivery, expected) in [
        ("none", anonymous.clone(), &missing),
        ("malformed", anonymous.clone().header("authorization", TOKEN), &bad),
        ("unknown", anonymous.clone().bearer("x"), &bad),
        ("another provider's", anonymous.bearer("demo-rdstation"), &bad),
    ] {
        let answer = world.send(delivery).await;
        assert_eq!((answer.status, &answer.body), (401, expected), "{case}");
        assert_eq!(answer.headers["www-authenticate"], "Bearer", "{case}");
    }
}

#[tokio::test]
async fn the_directory_is_read_in_one_batch_and_cached() {
    let world = World::start().await;
    let send = |n: u32| {
        world.send(delivery(&json!({
            "last_name": "Smith", "phone_number": n.to_string(), "lead_status_id": 1,
            "lead_reference_source_id": 1, "assigned_user_id": 1, "country_id": 76,
        })))
    };
    world.wire.take_operations();
    assert_eq!(send(1).await.status, 201);
    assert_eq!(
        world.wire.take_operations(),
        ["GetItem", "UpdateItem", "GetItem", "BatchGetItem", "TransactWriteItems"]
    );
    assert_eq!(send(2).await.status, 201);
    assert_eq!(world.wire.take_operations(), ["TransactWriteItems"]);
}

#[tokio::test]
async fn a_body_without_a_json_object_is_400_and_a_large_one_is_413() {
    let world = World::start().await;
    let request =
        |body: Vec<u8>| Delivery::new(FUNCTION, body).bearer(TOKEN).header("x-tenant", "1");
    let expected = error("invalid_request", "The body must be a JSON object.");
    for body in ["", "{", "[]", "null", "7"] {
        let answer = world.send(request(body.into())).await;
        assert_eq!((answer.status, &answer.body), (400, &expected), "{body}");
    }
    let answer = world.send(request(vec![b' '; shared::request::MAX_BODY_BYTES + 1])).await;
    let too_large = error("payload_too_large", "The body must not exceed 256 KiB.");
    assert_eq!((answer.status, answer.body), (413, too_large));
}
