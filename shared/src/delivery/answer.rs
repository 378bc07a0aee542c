use crate::model::Usage;
use lambda_http::{
    Response,
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
    },
};
use serde::Serialize;

/// The `Retry-After` of a `503`, in seconds.
const RETRY_AFTER_SECONDS: u32 = 1;

/// The answer of a function: a status, headers and a JSON body.
pub type Answer = Response<String>;

/// An answer with a JSON body and the headers of its status: a `401` names the authentication
/// scheme (RFC 6750), a `503` says when to send again.
pub fn json_answer(status: StatusCode, body: &impl Serialize) -> Answer {
    // No body of an answer fails to serialize. If one did, the status would still be right.
    let mut answer = Response::new(serde_json::to_string(body).unwrap_or_default());
    *answer.status_mut() = status;
    let headers: &mut HeaderMap = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if status == StatusCode::SERVICE_UNAVAILABLE {
        headers.insert(RETRY_AFTER, RETRY_AFTER_SECONDS.into());
    }
    answer
}

/// The answer to a request over the limit of its key: it says when to send again.
pub fn limit_answer(body: &impl Serialize, usage: &Usage) -> Answer {
    let mut answer = json_answer(StatusCode::TOO_MANY_REQUESTS, body);
    answer.headers_mut().insert(RETRY_AFTER, usage.retry_after.unwrap_or_default().into());
    answer
}

/// The answer to an accepted delivery. A header says if it is a replay.
///
/// ```
/// use lambda_http::http::StatusCode;
/// use serde_json::json;
/// use leadhook_shared::delivery::delivery_answer;
///
/// let answer = delivery_answer(StatusCode::CREATED, &json!({ "id": 7 }), true);
/// assert_eq!(answer.status(), 201);
/// assert_eq!(answer.body(), r#"{"id":7}"#);
/// assert_eq!(answer.headers()["idempotency-replayed"], "true");
/// ```
pub fn delivery_answer(status: StatusCode, body: &impl Serialize, replayed: bool) -> Answer {
    let mut answer = json_answer(status, body);
    if replayed {
        let headers = answer.headers_mut();
        headers.insert("idempotency-replayed", HeaderValue::from_static("true"));
    }
    answer
}
