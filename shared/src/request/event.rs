//! The events that API Gateway and function URLs send to a function.
//!
//! The host and the protocol are headers like any other: a library that builds a URL from them
//! would fail on invalid ones.

use super::compression::decompress;
use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use lambda_http::http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Deserializer};
use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    net::IpAddr,
};

/// A request to a function from an HTTP API, a REST API or a function URL. It has only the parts of
/// the event that functions need.
#[derive(Default)]
pub struct Request {
    /// The headers. Values with the same name are joined by commas.
    pub headers: HeaderMap,
    /// The body. It is decoded if the event has it in Base64, and decompressed.
    pub body: Vec<u8>,
    /// The path, as the client sees it. It is percent-encoded from REST APIs and function URLs, but
    /// not from HTTP APIs.
    pub path: String,
    /// The path's values for the parameters of its route, encoded as the path is.
    pub path_parameters: HashMap<String, String>,
    /// The query as a JSON object of texts, so that it is read as a body is. Of a repeated name, the
    /// last one counts.
    pub query: Vec<u8>,
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
    /// In payload 2.0.
    raw_query_string: Option<String>,
    /// In payload 1.0.
    query_string_parameters: Option<HashMap<String, Option<String>>>,
    request_context: Option<EventContext>,
    body: Option<String>,
    is_base64_encoded: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct EventContext {
    request_id: Option<String>,
    /// In payload 1.0: the path with the stage.
    path: Option<String>,
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
        let EventContext { request_id, path, http, identity } =
            event.request_context.unwrap_or_default();
        let source = http.or(identity).and_then(|source| source.source_ip);
        let headers = read_headers(event.headers, event.multi_value_headers);
        let body = read_body(event.body, event.is_base64_encoded);
        Self {
            body: match decompress(&headers, &body) {
                Cow::Owned(decompressed) => decompressed,
                Cow::Borrowed(_) => body,
            },
            headers,
            path: event.raw_path.or(path).or(event.path).unwrap_or_default(),
            path_parameters: event.path_parameters.unwrap_or_default(),
            query: read_query(event.raw_query_string, event.query_string_parameters),
            source_address: source.and_then(|address| address.parse().ok()),
            id: request_id,
        }
    }
}

impl Request {
    /// What the path has at the place of a parameter: the parameter, or the segment after `before`,
    /// because function URLs have no path parameters. Some gateways decode it and some do not.
    pub fn path_value(&self, parameter: &str, before: &str) -> Option<String> {
        let mut segments = self.path.split('/').skip_while(|segment| *segment != before);
        let parameter = self.path_parameters.get(parameter).map(String::as_str);
        let value = parameter.or_else(|| segments.nth(1))?;
        Some(percent_decode_str(value).decode_utf8_lossy().into_owned())
    }
}

/// Payload 1.0 has only the decoded query. That of payload 2.0 joins the values of a repeated name.
fn read_query(raw: Option<String>, decoded: Option<HashMap<String, Option<String>>>) -> Vec<u8> {
    let query: BTreeMap<String, String> = if let Some(raw) = raw {
        form_urlencoded::parse(raw.as_bytes()).into_owned().collect()
    } else {
        let decoded = decoded.into_iter().flatten();
        decoded.map(|(name, value)| (name, value.unwrap_or_default())).collect()
    };
    // Texts can always be written.
    serde_json::to_vec(&query).unwrap_or_default()
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
    fn a_query_is_read_from_both_payloads() {
        let cases = [
            ("nothing", "", json!({}), json!({})),
            ("a pair", "page=2", json!({ "page": "2" }), json!({ "page": "2" })),
            ("a plus and an escape", "a=x+y%20z", json!({ "a": "x y z" }), json!({ "a": "x y z" })),
            ("no value", "a&b=", json!({ "a": null, "b": "" }), json!({ "a": "", "b": "" })),
            ("a name twice", "a=1&a=2", json!({ "a": "2" }), json!({ "a": "2" })),
            ("half an escape", "a=%f", json!({ "a": "%f" }), json!({ "a": "%f" })),
            ("no UTF-8", "a=%ff", json!({ "a": "\u{fffd}" }), json!({ "a": "\u{fffd}" })),
        ];
        for (case, raw, decoded, expected) in cases {
            let events =
                [json!({ "rawQueryString": raw }), json!({ "queryStringParameters": decoded })];
            for event in events {
                let query: Value = serde_json::from_slice(&read(event).query).unwrap();
                assert_eq!(query, expected, "{case}");
            }
        }
    }

    #[test]
    fn the_value_of_a_path_is_its_parameter_or_the_segment_after_a_name() {
        let cases = [
            ("a parameter", "/v1/leads/7", json!({ "id": "7" }), Some("7")),
            ("a function URL", "/v1/leads/7", json!(null), Some("7")),
            ("an escape", "/v1/leads/a%20b", json!(null), Some("a b")),
            ("nothing after it", "/v1/leads", json!(null), None),
            ("no such name", "/v1/agents/7", json!(null), None),
        ];
        for (case, path, parameters, expected) in cases {
            let request = read(json!({ "rawPath": path, "pathParameters": parameters }));
            assert_eq!(request.path_value("id", "leads").as_deref(), expected, "{case}");
        }
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
