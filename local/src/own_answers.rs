//! The answers of the server itself, for requests that reach no function.

use axum::{
    Router,
    body::Body as HttpBody,
    extract::Request as HttpRequest,
    http::{Method, StatusCode},
    response::Response as HttpResponse,
    routing::get,
};
use providers::{ROUTES, Route, openapi};
use serde_json::{Value, json};
use shared::{delivery::json_answer, model::Provider};
use std::net::SocketAddr;

/// The routes of the OpenAPI documents. Each names `address` as its server.
pub(crate) fn documents(address: SocketAddr) -> Router {
    Provider::ALL.into_iter().fold(Router::new(), |router, provider| {
        let document = async move || document(provider, address);
        router.route(&document_path(provider), get(document).fallback(not_found))
    })
}

fn document_path(provider: Provider) -> String {
    format!("/openapi/{}.json", provider.as_str())
}

fn document(provider: Provider, address: SocketAddr) -> HttpResponse {
    let Some(mut document) = openapi(provider) else {
        return gateway_answer(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error");
    };
    document["servers"][0]["url"] = format!("http://{address}/{}", provider.as_str()).into();
    http_answer(StatusCode::OK, &document)
}

/// Answers 404 with all addresses, and logs the request.
pub(crate) async fn not_found(request: HttpRequest) -> HttpResponse {
    let path = printable_path(request.uri().path());
    tracing::warn!(method = printable_method(request.method()), path, "unknown address");
    let routes = ROUTES.iter().map(Route::key);
    let documents = Provider::ALL.map(|provider| format!("GET {}", document_path(provider)));
    let addresses: Vec<_> = routes.chain(documents).collect();
    let body = json!({ "message": "Not Found", "addresses": addresses });
    http_answer(StatusCode::NOT_FOUND, &body)
}

/// A method of HTTP; `other` for any other word, which could be personal data.
fn printable_method(method: &Method) -> &str {
    const KNOWN: [Method; 9] = [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::DELETE,
        Method::PATCH,
        Method::OPTIONS,
        Method::TRACE,
        Method::CONNECT,
    ];
    if KNOWN.contains(method) { method.as_str() } else { "other" }
}

/// A path without personal data: a star for each segment that is in no path of the API.
fn printable_path(path: &str) -> String {
    let is_known = |segment: &str| {
        ROUTES.iter().any(|route| route.path.split('/').any(|known| known == segment))
    };
    let segments = path.split('/').take(8);
    segments
        .map(|segment| if is_known(segment) { segment } else { "*" })
        .collect::<Vec<_>>()
        .join("/")
}

/// An answer of the gateway itself, for requests that reach no function.
pub(crate) fn gateway_answer(status: StatusCode, message: &str) -> HttpResponse {
    http_answer(status, &json!({ "message": message }))
}

fn http_answer(status: StatusCode, body: &Value) -> HttpResponse {
    json_answer(status, body).map(HttpBody::from)
}

#[cfg(test)]
mod tests {
    use super::{Method, printable_method, printable_path};

    #[test]
    fn only_a_method_of_http_is_logged() {
        let cases = [
            ("GET", "GET"),
            ("DELETE", "DELETE"),
            ("CONNECT", "CONNECT"),
            ("get", "other"),
            ("MARIA", "other"),
            ("maria.exemplo.com", "other"),
            ("5511999998888", "other"),
        ];
        for (sent, logged) in cases {
            assert_eq!(printable_method(&Method::from_bytes(sent.as_bytes()).unwrap()), logged);
        }
    }

    #[test]
    fn a_path_is_logged_without_personal_data() {
        let cases = [
            ("/integrabot/v2/leads", "/integrabot/*/leads"),
            ("/rdstation/v1/leads", "/rdstation/v1/leads"),
            ("/", "/"),
            ("/leads/maria", "/leads/*"),
            ("/leads/maria@exemplo.com", "/leads/*"),
            ("/leads/5511999998888", "/leads/*"),
            ("/leads/Maria%20Silva/x", "/leads/*/*"),
            ("/pollybot/api/v1/chatbots/cb_1234567890abcdef/lead", "/pollybot/api/v1/chatbots/*/*"),
        ];
        for (path, expected) in cases {
            assert_eq!(printable_path(path), expected);
        }
    }
}
