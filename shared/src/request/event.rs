//! The events that API Gateway and function URLs send to a function.
//!
//! The query string, the host and the protocol are not read: no function needs them, and a library
//! that builds a URL from them would fail on invalid ones.

use super::compression::decompress;
use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use lambda_http::http::{HeaderMap, HeaderName, HeaderValue};
use serde::{Deserialize, Deserializer};
use std::{borrow::Cow, collections::HashMap, net::IpAddr};

/// A request to a function from an HTTP API, a REST API or a function URL. It has only the parts of
/// the event that functions need.
#[derive(Default)]
pub struct Request {
    /// The headers. Values with the same name are joined by commas.
    pub headers: HeaderMap,
    /// The body. It is decoded if the event has it in Base64, and decompressed.
    pub body: Vec<u8>,
    /// The path. It is percent-encoded from REST APIs and function URLs, but not from HTTP APIs.
    pub path: String,
    /// The path's values for the parameters of its route, encoded as the path is.
    pub path_parameters: HashMap<String, String>,
    /// The sender's IP address, as the API or the function URL reports it.
    pub source_address: Option<IpAddr>,
    /// The request's id in the API's access log.
    pub id: Option<String>,
}

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The members of an event that are read, of payload 2.0 (HTTP APIs, function URLs) and of payload
/// 1.0 (REST APIs, and HTTP APIs with that setting). In 1.0 each may be null.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    raw_path: Option<String>,
    path: Option<String>,
    headers: Option<HashMap<String, Option<String>>>,
    multi_value_headers: Option<HashMap<String, Option<Vec<String>>>>,
    path_parameters: Option<HashMap<String, String>>,
    request_context: Option<EventContext>,
    body: Option<String>,
    is_base64_encoded: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct EventContext {
    request_id: Option<String>,
    /// In payload 2.0.
    http: Option<Source>,
    /// In payload 1.0.
    identity: Option<Source>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Source {
    source_ip: Option<String>,
}

impl<'de> Deserialize<'de> for Request {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Event::deserialize(deserializer).map(Self::from)
    }
}

impl From<Event> for Request {
    fn from(event: Event) -> Self {
        let EventContext { request_id, http, identity } = event.request_context.unwrap_or_default();
        let source = http.or(identity).and_then(|source| source.source_ip);
        let headers = read_headers(event.headers, event.multi_value_headers);
        let body = read_body(event.body, event.is_base64_encoded);
        Self {
            body: match decompress(&headers, &body) {
                Cow::Owned(decompressed) => decompressed,
                Cow::Borrowed(_) => body,
            },
            headers,
            path: event.raw_path.or(event.path).unwrap_or_default(),
            path_parameters: event.path_parameters.unwrap_or_default(),
            source_address: source.and_then(|address| address.parse().ok()),
            id: request_id,
        }
    }
}

/// Payload 1.0 has all values of a header in `multiple` and only the last one in `single`.
fn read_headers(
    single: Option<HashMap<String, Option<String>>>,
    multiple: Option<HashMap<String, Option<Vec<String>>>>,
) -> HeaderMap {
    let single = single.into_iter().flatten();
    let single = single.filter_map(|(name, value)| Some((name, value?)));
    let multiple = multiple.into_iter().flatten();
    let multiple = multiple.filter_map(|(name, values)| Some((name, values?.join(","))));
    // Headers that HTTP forbids are left out. `multiple` comes last, so it wins.
    let sound = single.chain(multiple).filter_map(|(name, value)| {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        Some((name, HeaderValue::from_bytes(value.as_bytes()).ok()?))
    });
    let mut headers = HeaderMap::new();
    for (name, value) in sound {
        headers.insert(name, value);
    }
    headers
}

/// If the event says Base64 but the body is not Base64, the body is used as it is, so that it can
/// be held.
fn read_body(body: Option<String>, is_base64: Option<bool>) -> Vec<u8> {
    let body = body.unwrap_or_default();
    let decoded = is_base64.unwrap_or_default().then(|| BASE64.decode(&body).ok()).flatten();
    decoded.unwrap_or_else(|| body.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(event: Value) -> Request {
        serde_json::from_value(event).unwrap()
    }

    #[test]
    fn an_event_is_read_with_any_text_in_the_parts_that_are_not_used() {
        let odd = [" ", "\"", "<", ">", "a b", "%", "\u{0}", "\\", "http://[", "é", "?", "#"];
        for text in odd {
            let payloads = [
                json!({
                    "version": "2.0", "rawPath": text, "rawQueryString": text, "cookies": [text],
                    "headers": { "host": text, "x-forwarded-proto": text, "x-tenant": "1" },
                    "queryStringParameters": { text: text },
                    "requestContext": { "stage": text, "domainName": text, "http": { "path": text } },
                    "body": "{}",
                }),
                json!({
                    "path": text, "httpMethod": text, "resource": text,
                    "multiValueHeaders": { "Host": [text], text: [text], "X-Tenant": ["1"] },
                    "multiValueQueryStringParameters": { text: [text] },
                    "requestContext": { "stage": text, "domainName": text, "path": text },
                    "body": "{}",
                }),
            ];
            for event in payloads {
                let request = read(event);
                assert_eq!(request.headers["x-tenant"], "1", "{text}");
                assert_eq!(request.path, text);
                assert_eq!(request.body, b"{}", "{text}");
            }
        }
    }

    #[test]
    fn values_of_the_same_header_are_joined_in_both_payloads() {
        let joined = read(json!({ "headers": { "X-A": "1,2" } }));
        let listed =
            json!({ "headers": { "X-A": "2" }, "multiValueHeaders": { "X-A": ["1", "2"] } });
        assert_eq!(joined.headers, read(listed).headers);
    }

    #[test]
    fn a_body_is_decoded_if_it_is_base64() {
        let cases = [
            ("as text", "{}", false, &b"{}"[..]),
            ("encoded", "e30=", true, b"{}"),
            ("encoded, without padding", "e30", true, b"{}"),
            ("not encoded, but the event says so", "{}", true, b"{}"),
        ];
        for (case, body, is_base64, expected) in cases {
            let event = json!({ "body": body, "isBase64Encoded": is_base64 });
            assert_eq!(read(event).body, expected, "{case}");
        }
    }

    #[test]
    fn nulls_and_missing_members_are_empty() {
        let nulls = json!({
            "path": null, "headers": null, "multiValueHeaders": { "a": null },
            "pathParameters": null, "requestContext": null, "body": null, "isBase64Encoded": null,
        });
        for event in [nulls, json!({})] {
            let request = read(event);
            assert!(request.headers.is_empty() && request.body.is_empty());
            assert!(request.path_parameters.is_empty() && request.source_address.is_none());
        }
    }
}
