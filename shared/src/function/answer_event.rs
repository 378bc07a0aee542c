use crate::delivery::Answer;
use serde::Serialize;
use std::collections::HashMap;

/// An answer in the form that APIs and function URLs accept.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AnswerEvent {
    status_code: u16,
    headers: HashMap<String, String>,
    body: String,
    is_base64_encoded: bool,
}

impl From<Answer> for AnswerEvent {
    fn from(answer: Answer) -> Self {
        let (head, body) = answer.into_parts();
        let headers = head.headers.iter().map(|(name, value)| {
            (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        });
        Self {
            status_code: head.status.as_u16(),
            headers: headers.collect(),
            body,
            is_base64_encoded: false,
        }
    }
}
