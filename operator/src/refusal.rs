//! The texts of the providers' error bodies, and the fields that they name.

use serde_json::{Map, Value};
use shared::model::{Member, Members};

/// One reason why a delivery was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The field at fault, if the answer names one.
    pub field: Option<String>,
    /// The provider's text.
    pub text: String,
}

impl Fault {
    fn of(text: &Value) -> Self {
        Self { field: None, text: to_text(text) }
    }
}

/// How many levels of an error body are read one by one if need be.
pub(crate) const LEVELS: usize = 2;

/// An error body. It may repeat a value that was sent and that no [`Value`] holds, such as `1e400`
/// or 200 levels: such a part is null.
pub(crate) fn read(body: &str, levels: usize) -> Value {
    let by_members = || {
        let members = Members::read(body).filter(|_| levels > 0).unwrap_or_default();
        let read =
            |member: &Member<'_>| (member.name.to_string(), read(member.value.get(), levels - 1));
        members.iter().map(read).collect::<Map<_, _>>().into()
    };
    serde_json::from_str(body).unwrap_or_else(|_| by_members())
}

/// `{message}`.
pub(crate) fn of_message(body: &Value) -> Vec<Fault> {
    vec![Fault::of(&body["message"])]
}

/// `{error, message}`, where the message may be a list of texts for each field.
pub(crate) fn of_integrabot(body: &Value) -> Vec<Fault> {
    match &body["message"] {
        Value::Object(fields) => of_fields(fields),
        message => vec![Fault::of(message)],
    }
}

/// `{message, code, issues}`.
pub(crate) fn of_rdstation(body: &Value) -> Vec<Fault> {
    match body["issues"].as_array() {
        Some(issues) => {
            issues.iter().map(|issue| named(&issue["path"][0], &issue["message"])).collect()
        }
        None => of_message(body),
    }
}

/// `{success, error, details}`.
pub(crate) fn of_pollybot(body: &Value) -> Vec<Fault> {
    match &body["details"] {
        Value::Object(details) if details.contains_key("field") => {
            vec![named(&details["field"], &details["message"])]
        }
        Value::Object(details) => details.get("message").map(Fault::of).into_iter().collect(),
        _ => vec![Fault::of(&body["error"])],
    }
}

/// `{error, code}`. The text of an invalid field begins with its name.
pub(crate) fn of_keyspot(body: &Value) -> Vec<Fault> {
    let text = to_text(&body["error"]);
    let is_field = body["code"] == "VALIDATION_ERROR" && !text.starts_with("The body");
    let field = text.split(' ').next().filter(|_| is_field).map(str::to_owned);
    vec![Fault { field, text }]
}

/// `{error, message}`. The text of an invalid field has its name in quotation marks.
pub(crate) fn of_flextell(body: &Value) -> Vec<Fault> {
    let text = to_text(&body["message"]);
    let field = text.split('\'').nth(1).map(str::to_owned);
    vec![Fault { field, text }]
}

/// A list of texts for each field.
fn of_fields(fields: &Map<String, Value>) -> Vec<Fault> {
    let of_field = |(field, texts): (&String, &Value)| {
        let texts = texts.as_array().cloned().unwrap_or_default();
        let fault = |text: Value| Fault { field: Some(field.clone()), text: to_text(&text) };
        texts.into_iter().map(fault).collect::<Vec<_>>()
    };
    fields.iter().flat_map(of_field).collect()
}

fn named(field: &Value, message: &Value) -> Fault {
    let (field, message) = (to_text(field), to_text(message));
    Fault { text: format!("{field}: {message}"), field: Some(field) }
}

fn to_text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
