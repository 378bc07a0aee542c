//! The texts of the providers' error bodies.

use serde_json::{Map, Value};

/// `{message}`.
pub(super) fn of_message(body: &Value) -> Vec<String> {
    vec![text(&body["message"])]
}

/// `{error, message}`, where the message may be a list of texts for each field.
pub(super) fn of_integrabot(body: &Value) -> Vec<String> {
    match &body["message"] {
        Value::Object(fields) => of_fields(fields),
        message => vec![text(message)],
    }
}

/// `{message, code, issues}`.
pub(super) fn of_rdstation(body: &Value) -> Vec<String> {
    match body["issues"].as_array() {
        Some(issues) => issues.iter().map(of_issue).collect(),
        None => of_message(body),
    }
}

/// `{success, error, details}`.
pub(super) fn of_pollybot(body: &Value) -> Vec<String> {
    match &body["details"] {
        Value::Object(details) if details.contains_key("field") => {
            vec![named(&details["field"], &details["message"])]
        }
        Value::Object(details) => details.get("message").map(text).into_iter().collect(),
        _ => vec![text(&body["error"])],
    }
}

/// `{error, code}`.
pub(super) fn of_keyspot(body: &Value) -> Vec<String> {
    vec![text(&body["error"])]
}

/// A list of texts for each field.
fn of_fields(fields: &Map<String, Value>) -> Vec<String> {
    fields.values().filter_map(|texts| texts.as_array()).flatten().map(text).collect()
}

fn of_issue(issue: &Value) -> String {
    named(&issue["path"][0], &issue["message"])
}

fn named(field: &Value, message: &Value) -> String {
    format!("{}: {}", text(field), text(message))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
