//! Why a delivery was refused, from the answer to its sender.

use serde_json::{Map, Value};
use shared::model::{HeldAnswer, Provider};

/// The errors in an answer, on one line; its body if it has no known error.
pub(super) fn why(provider: Provider, answer: &HeldAnswer) -> String {
    let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    let texts = match provider {
        Provider::Integrabot => match &body["message"] {
            Value::Object(fields) => of_fields(fields),
            message => vec![text(message)],
        },
        Provider::RdStation => match body["issues"].as_array() {
            Some(issues) => issues.iter().map(of_issue).collect(),
            None => vec![text(&body["message"])],
        },
        Provider::PollyBot => match &body["details"] {
            Value::Object(details) if details.contains_key("field") => {
                vec![named(&details["field"], &details["message"])]
            }
            Value::Object(details) => details.get("message").map(text).into_iter().collect(),
            _ => vec![text(&body["error"])],
        },
        Provider::Keyspot => vec![text(&body["error"])],
        Provider::Flextell => vec![text(&body["message"])],
    };
    let why = texts.join("; ");
    if why.is_empty() { answer.body.clone() } else { why }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_shown_with_its_providers_text() {
        use Provider::{Flextell, Integrabot, Keyspot, PollyBot, RdStation};
        let cases = [
            (
                Integrabot,
                r#"{"error":"E","message":{"name":["N 1"],"type":["T 1","T 2"]}}"#,
                "N 1; T 1; T 2",
            ),
            (Integrabot, r#"{"error":"E","message":"M"}"#, "M"),
            (RdStation, r#"{"message":"M","issues":[{"path":["name"],"message":"X"}]}"#, "name: X"),
            (RdStation, r#"{"message":"M","code":"C"}"#, "M"),
            (
                PollyBot,
                r#"{"error":"E","details":{"field":"email","value":1,"message":"X"}}"#,
                "email: X",
            ),
            (PollyBot, r#"{"error":"E","details":{"message":"X"}}"#, "X"),
            (PollyBot, r#"{"error":"E","code":"C"}"#, "E"),
            (Keyspot, r#"{"error":"E","code":"C"}"#, "E"),
            (Flextell, r#"{"error":"e","message":"M"}"#, "M"),
            (Flextell, "not JSON", "not JSON"),
        ];
        for (provider, body, expected) in cases {
            let answer = HeldAnswer { status: 400, body: body.to_owned() };
            assert_eq!(why(provider, &answer), expected, "{body}");
        }
    }
}
