//! Form builders, PHP and automation tools send every field, the empty ones as `""` or `[]`.

use serde_json::{Value, json};
use shared::model::Provider::{self, Flextell, Integrabot, Keyspot, PollyBot, RdStation};
use tests::{Answer, Sender, TestApi};

/// The answer to a sender's `n`th body with this value in a field.
async fn send_with(
    api: &TestApi,
    n: usize,
    (provider, field): (Provider, &str),
    value: &Value,
) -> Answer {
    let sender = Sender::of(provider);
    sender.send(api, sender.body_with(n, field, value.clone())).await
}

/// The optional fields with a form, a list of values or another type than text, and what the answer
/// shows if one is missing. A name that is shown otherwise follows the field's.
#[tokio::test]
async fn an_empty_optional_field_is_a_missing_one() {
    let cases = [
        (Integrabot, "phone_number", "/phone_number", json!(null)),
        (Integrabot, "agent_id", "/agent_id", json!(null)),
        (Integrabot, "email", "/email", json!(null)),
        (Integrabot, "custom_fields", "/custom_fields", json!({})),
        (RdStation, "custom", "/custom", json!({})),
        (RdStation, "utm", "/utm", json!({})),
        (RdStation, "capture", "/capture", json!("completed")),
        (PollyBot, "status", "/status", json!("new")),
        (PollyBot, "metadata", "/metadata", json!({})),
        (Keyspot, "source", "/source", json!("API")),
        (Flextell, "email", "/email", json!(null)),
        (Flextell, "source_page_url", "/source_page_url", json!(null)),
        (Flextell, "lead_status_id", "/status/name", json!("New")),
        (Flextell, "lead_reference_source_id", "/reference_source", json!(null)),
        (Flextell, "assigned_user_id", "/assigned_user", json!(null)),
        (Flextell, "country_id", "/country_id", json!(null)),
        (Flextell, "marketing_attribution", "/marketing_attribution", json!([])),
    ];
    let api = TestApi::start().await;
    for (row, (provider, field, shown, missing)) in cases.into_iter().enumerate() {
        let values = [json!(""), json!(" "), json!("\t\r\n\u{a0}\u{3000}")].into_iter();
        for (n, value) in values.enumerate() {
            let case = format!("{provider:?} {field}: {value}");
            let sender = Sender::of(provider);
            let answer = send_with(&api, 10 * row + n, (provider, field), &value).await;
            assert_eq!(answer.status, sender.created, "{case}: {}", answer.text);
            let lead = sender.lead_of(&answer);
            assert_eq!(lead.pointer(shown), Some(&missing), "{case}: {}", answer.text);
        }
    }
}

#[tokio::test]
async fn an_empty_array_is_an_empty_object() {
    let api = TestApi::start().await;
    let cases = [
        (Integrabot, "custom_fields"),
        (RdStation, "custom"),
        (RdStation, "utm"),
        (PollyBot, "metadata"),
    ];
    for (row, (provider, field)) in cases.into_iter().enumerate() {
        let sender = Sender::of(provider);
        for (n, text) in ["[]", "[ \n ]"].into_iter().enumerate() {
            let body = sender.body_and(10 * row + n, &format!("\"{field}\":{text}"));
            let answer = sender.send(&api, body).await;
            assert_eq!(answer.status, sender.created, "{field}: {}", answer.text);
            assert_eq!(sender.lead_of(&answer)[field], json!({}), "{field}: {text}");
        }
        for value in [json!([[]]), json!([""]), json!([0])] {
            let answer = send_with(&api, 10 * row, (provider, field), &value).await;
            assert!([400, 422].contains(&answer.status), "{field}: {value}: {}", answer.text);
        }
    }
}

#[tokio::test]
async fn empty_free_text_stays_as_it_was_sent() {
    let api = TestApi::start().await;
    let cases = [
        (RdStation, "agentId"),
        (RdStation, "name"),
        (RdStation, "phone"),
        (RdStation, "company"),
        (RdStation, "site"),
        (PollyBot, "phone"),
        (PollyBot, "source"),
        (Keyspot, "interestedPropertyTitle"),
        (Flextell, "first_name"),
        (Flextell, "description"),
        (Flextell, "message"),
        (Flextell, "preferred_contact"),
    ];
    for (row, (provider, field)) in cases.into_iter().enumerate() {
        for (n, text) in ["", " "].into_iter().enumerate() {
            let sender = Sender::of(provider);
            let answer = send_with(&api, 10 * row + n, (provider, field), &text.into()).await;
            let case = format!("{provider:?} {field}: {text:?}: {}", answer.text);
            assert_eq!(answer.status, sender.created, "{case}");
            assert_eq!(sender.lead_of(&answer)[field], json!(text), "{case}");
        }
    }
}

#[tokio::test]
async fn an_empty_required_field_is_at_fault() {
    let api = TestApi::start().await;
    let cases = [
        (Integrabot, "name"),
        (Integrabot, "type"),
        (PollyBot, "name"),
        (PollyBot, "email"),
        (Keyspot, "name"),
        (Keyspot, "email"),
        (Keyspot, "phone"),
        (Keyspot, "message"),
        (Flextell, "last_name"),
    ];
    for (provider, field) in cases {
        let answer = send_with(&api, 1, (provider, field), &json!("")).await;
        assert!([400, 422].contains(&answer.status), "{field}: {}", answer.text);
        assert!(answer.text.contains(field), "{field}: {}", answer.text);
    }
}
