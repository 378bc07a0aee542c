use lambda_http::{
    Response,
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
    },
};
use serde::Serialize;

/// What a `503` tells its sender to wait before it sends again, in seconds.
const RETRY_AFTER_SECONDS: u32 = 1;

/// What a function answers: a status, headers and a JSON body.
pub type Answer = Response<String>;

/// An answer with a JSON body, and the headers that its status calls for: a `401` says
/// which scheme to use (RFC 6750), a `503` when to come back.
pub fn json_answer(status: StatusCode, body: &impl Serialize) -> Answer {
    // Nothing that is answered with can fail to serialize; if it ever does, an empty body
    // under the right status is still the truest answer.
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

/// The answer to a delivery that was taken: says so where it was taken before.
pub fn delivery_answer(status: StatusCode, body: &impl Serialize, replayed: bool) -> Answer {
    let mut answer = json_answer(status, body);
    if replayed {
        let headers = answer.headers_mut();
        headers.insert("idempotency-replayed", HeaderValue::from_static("true"));
    }
    answer
}
