//! Flextell's rules, as docs.flextell.ai states them.

mod directory;
mod tenants;

use super::field_rules::check_field_rules;
use serde_json::{Value, json};
use shared::model::Provider;
use tests::{Delivery, TestApi};

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
        let api = TestApi::start().await;
        let mut answer = api.send(delivery(&body)).await;
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
    let rules = [
        ("last_name", "is required", json!([null, ""])),
        ("last_name", "must be a string", json!([1])),
        ("last_name", "", json!(["ã".repeat(255)])),
        ("last_name", "must not exceed 255 characters", json!(["ã".repeat(256)])),
        ("first_name", "must be a string", json!([3])),
        ("first_name", "", json!(["ã".repeat(255)])),
        ("first_name", "must not exceed 255 characters", json!(["ã".repeat(256)])),
        ("email", "must be a string", json!([3])),
        ("email", "must be a valid email address", json!(["jsmith"])),
        ("email", "", json!([mail(255)])),
        ("email", "must not exceed 255 characters", json!([mail(256)])),
        ("phone_number", "must be a string", json!([3])),
        ("phone_number", "", json!(["not E.164, and taken", "ã".repeat(50)])),
        ("phone_number", "must not exceed 50 characters", json!(["ã".repeat(51)])),
        ("preferred_contact", "must be a string", json!([3])),
        ("preferred_contact", "", json!(["ã".repeat(50)])),
        ("preferred_contact", "must not exceed 50 characters", json!(["ã".repeat(51)])),
        ("description", "must be a string", json!([3])),
        ("description", "", json!(["d".repeat(9_000)])),
        ("message", "must be a string", json!([3])),
        ("message", "", json!(["m".repeat(9_000)])),
        ("source_page_url", "must be a string", json!([3])),
        ("source_page_url", "must be a valid URL", json!(["example.com", "/contact"])),
        ("source_page_url", "", json!([url(2_048)])),
        ("source_page_url", "must not exceed 2048 characters", json!([url(2_049)])),
        ("country_id", "must be an integer", json!([1.5])),
        ("country_id", "must be a number", json!(["76"])),
        ("country_id", "", json!([76])),
        ("country_id", exists, json!([1])),
        ("lead_status_id", exists, json!([2, -1, 0])),
        ("lead_reference_source_id", exists, json!([123])),
        ("assigned_user_id", exists, json!([i64::MAX])),
        ("assigned_user_id", "must be an integer", json!([u64::MAX])),
        ("assigned_user_id", "must be a number", json!([true])),
        ("marketing_attribution", "must be an array", json!([{}])),
        ("marketing_attribution", "must hold strings only", json!([[1], [null]])),
        ("marketing_attribution", "", json!([[], ["a", "b"]])),
    ];
    let error = |field: &str, _: &Value, text: &str| {
        (422, error("validation_error", &format!("The '{field}' field {text}.")))
    };
    check_field_rules(Provider::Flextell, json!({ "last_name": "Smith" }), rules, error).await;
}

fn of_country(number: &str) -> Delivery {
    let body = format!(r#"{{"last_name": "Smith", "country_id": {number}}}"#);
    delivery(&json!({})).with_body(body)
}

#[tokio::test]
async fn an_id_may_be_written_with_a_fraction_of_zero() {
    let api = TestApi::start().await;
    for text in ["76.0", "7.6e1", "760e-1"] {
        let answer = api.send(of_country(text)).await;
        assert_eq!((answer.status, &answer.body["data"]["country_id"]), (201, &json!(76)));
    }
    // From 2^53 on, a fraction or an exponent could mean another whole number.
    let large = ["9007199254740993.0", "-9007199254740992.0", "1e18", "1e400"];
    let out_of_range = ["-9223372036854775809", "9223372036854775808"];
    for text in large.into_iter().chain(out_of_range).chain(["7.6"]) {
        let answer = api.send(of_country(text)).await;
        let message = "The 'country_id' field must be an integer.";
        assert_eq!((answer.status, &answer.body["message"]), (422, &json!(message)), "{text}");
    }
}

#[tokio::test]
async fn the_first_invalid_field_is_named() {
    let api = TestApi::start().await;
    let body = json!({ "email": "x", "country_id": "x" });
    let answer = api.send(delivery(&body)).await;
    assert_eq!(answer.body["message"], "The 'last_name' field is required.");
    let body = json!({ "last_name": "S", "email": "x", "country_id": 1 });
    let answer = api.send(delivery(&body)).await;
    assert_eq!(answer.body["message"], "The 'email' field must be a valid email address.");
}

#[tokio::test]
async fn marketing_attribution_is_returned_exactly_as_sent() {
    let api = TestApi::start().await;
    let sent = r#"[ "a\u00e3" ,"b"]"#;
    let body = format!(r#"{{"last_name":"Smith","marketing_attribution":{sent}}}"#);
    let request = Delivery::new(FUNCTION, body).bearer(TOKEN).header("x-tenant", "1");
    let answer = api.send(request).await;
    assert!(answer.text.contains(&format!(r#""marketing_attribution":{sent},"#)));
}
