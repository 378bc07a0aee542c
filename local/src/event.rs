//! The event that API Gateway sends to a function for a request.

use axum::http::{HeaderMap, HeaderValue, header, request::Parts};
use base64::{Engine, prelude::BASE64_STANDARD};
use jiff::Timestamp;
use providers::Route;
use serde_json::{Map, Value, json};
use shared::model::ClockAndRandom;
use std::net::SocketAddr;

/// The domain name of the local API.
const DOMAIN_NAME: &str = "localhost";

/// The event that API Gateway would send.
pub(crate) fn event(route: &Route, peer: SocketAddr, head: &Parts, body: Vec<u8>) -> Value {
    let (body, is_base64_encoded) = encode_body(&head.headers, body);
    let now = Timestamp::now();
    let request_id = ClockAndRandom::system().random_mark();
    json!({
        "version": "2.0",
        "routeKey": route.key(),
        "rawPath": head.uri.path(),
        "rawQueryString": head.uri.query().unwrap_or_default(),
        "headers": gateway_headers(&head.headers, peer),
        "pathParameters": path_parameters(route.path, head.uri.path()),
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "local",
            "domainName": DOMAIN_NAME,
            "domainPrefix": DOMAIN_NAME,
            "http": {
                "method": head.method.as_str(),
                "path": head.uri.path(),
                "protocol": "HTTP/1.1",
                "sourceIp": peer.ip().to_string(),
            },
            "requestId": request_id,
            "routeKey": route.key(),
            "stage": "$default",
            "time": now.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string(),
            "timeEpoch": now.as_millisecond(),
        },
        "body": body,
        "isBase64Encoded": is_base64_encoded,
    })
}

/// The path's values for the parameters of its route, as they were sent.
fn path_parameters(route: &str, path: &str) -> Map<String, Value> {
    let segments = route.split('/').zip(path.split('/'));
    let parameters = segments.filter_map(|(name, value)| {
        let name = name.strip_prefix('{')?.strip_suffix('}')?;
        Some((name.to_owned(), value.into()))
    });
    parameters.collect()
}

/// Joins headers with the same name by commas, as API Gateway does. Each byte becomes a character,
/// so that values which differ stay different. Sets the headers that describe the connection,
/// because senders could forge them.
fn gateway_headers(headers: &HeaderMap, peer: SocketAddr) -> Map<String, Value> {
    let values = |name| {
        let values = headers.get_all(name).iter().map(HeaderValue::as_bytes);
        values.collect::<Vec<_>>().join(&b',').into_iter().map(char::from).collect::<String>()
    };
    let sent = headers.keys().map(|name| (name.to_string(), values(name).into()));
    let own = [
        ("x-forwarded-for", peer.ip().to_string()),
        ("x-forwarded-port", "80".to_owned()),
        ("x-forwarded-proto", "http".to_owned()),
    ];
    sent.chain(own.map(|(name, value)| (name.to_owned(), value.into()))).collect()
}

/// JSON and text as they are, everything else in Base64, as API Gateway does.
fn encode_body(headers: &HeaderMap, body: Vec<u8>) -> (String, bool) {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let is_text = content_type.is_some_and(|content_type| {
        content_type.starts_with("application/json") || content_type.starts_with("text/")
    });
    match String::from_utf8(body) {
        Ok(text) if is_text => (text, false),
        Ok(text) => (BASE64_STANDARD.encode(text), true),
        Err(not_text) => (BASE64_STANDARD.encode(not_text.as_bytes()), true),
    }
}
