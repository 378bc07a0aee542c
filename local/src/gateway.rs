use crate::{
    guard::Guard,
    recent::{RecentDeliveries, SeenRequest},
    running::Running,
};
use axum::{
    Router,
    body::{Body as HttpBody, HttpBody as _},
    extract::{ConnectInfo, Request as HttpRequest, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, request::Parts},
    middleware::{Next, from_fn_with_state},
    response::Response as HttpResponse,
    routing::{any, get},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use http_body_util::BodyExt;
use jiff::Timestamp;
use providers::{App, ROUTES, Route, openapi};
use serde_json::{Map, Value, json};
use shared::{
    model::{Provider, Sources},
    request::{MAX_BODY_BYTES, Request, decompress},
};
use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{sync::Semaphore, time::timeout};
use tower_http::cors::CorsLayer;

/// The domain name of the local API in events.
const DOMAIN_NAME: &str = "localhost";

/// The timeout to read a body, as in API Gateway.
const BODY_WITHIN: Duration = Duration::from_secs(30);
/// The headers that web pages may send, in lower case.
pub const SENT_HEADERS: [&str; 6] =
    ["authorization", "content-type", "idempotency-key", "x-api-key", "x-api-secret", "x-tenant"];
/// The headers that web pages may read, in lower case.
pub const ANSWERED_HEADERS: [&str; 2] = ["idempotency-replayed", "retry-after"];

/// How many deliveries are handled at once. More have to wait. A delivery counts when its body has
/// been read, so a sender of a slow body delays no other delivery.
const DELIVERIES_AT_ONCE: usize = 256;

/// Serves the API as API Gateway does: each request becomes an HTTP API event (payload 2.0) for the
/// function of its route.
///
/// It is served at `address`. Only web pages of `origins` may send requests to it. A delivery that
/// has begun to be handled is finished even if its sender does not wait; `running` tracks these
/// deliveries, and `recent`, if there is one, remembers the last of them.
pub fn router(
    app: &Arc<App>,
    running: &Running,
    recent: Option<&RecentDeliveries>,
    address: SocketAddr,
    origins: Vec<String>,
) -> Router {
    let guard = Guard::new(address, origins);
    let places = Arc::new(Semaphore::new(DELIVERIES_AT_ONCE));
    let mut router = Router::new();
    for route in ROUTES.iter().copied() {
        let (app, running, recent) = (Arc::clone(app), running.clone(), recent.cloned());
        let target = Target { app, running, recent, places: Arc::clone(&places), route };
        router = router.route(route.path, any(invoke).with_state(target));
    }
    let mut router = router.merge(documents(address)).fallback(not_found);
    if !guard.origins().is_empty() {
        router = router.layer(cors(guard.origins()));
    }
    router.layer(from_fn_with_state(Arc::new(guard), refuse_foreign_requests))
}

/// The routes of the OpenAPI documents. Each names `address` as its server.
fn documents(address: SocketAddr) -> Router {
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

/// The CORS headers, as API Gateway sends them: they tell browsers which pages may send requests.
fn cors(origins: &[String]) -> CorsLayer {
    let origins = origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok());
    CorsLayer::new()
        .allow_origin(origins.collect::<Vec<_>>())
        .allow_methods([Method::POST])
        .allow_headers(SENT_HEADERS.map(HeaderName::from_static))
        .expose_headers(ANSWERED_HEADERS.map(HeaderName::from_static))
}

async fn refuse_foreign_requests(
    State(guard): State<Arc<Guard>>,
    request: HttpRequest,
    next: Next,
) -> HttpResponse {
    match guard.check(request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refused) => gateway_answer(StatusCode::FORBIDDEN, &refused.to_string()),
    }
}

/// The target of a route.
#[derive(Clone)]
struct Target {
    app: Arc<App>,
    running: Running,
    recent: Option<RecentDeliveries>,
    /// One permit for each delivery that may be handled now.
    places: Arc<Semaphore>,
    route: Route,
}

async fn invoke(
    State(Target { app, running, recent, places, route }): State<Target>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: HttpRequest,
) -> HttpResponse {
    if request.method() != Method::POST {
        return not_found(request).await;
    }
    let (head, body) = request.into_parts();
    let body = match timeout(BODY_WITHIN, read_capped(body)).await {
        Ok(Some(body)) => body,
        Ok(None) => return gateway_answer(StatusCode::BAD_REQUEST, "Bad Request"),
        Err(_) => return gateway_answer(StatusCode::REQUEST_TIMEOUT, "Request Timeout"),
    };
    let place = places.acquire_owned().await;
    let seen = recent.and_then(|recent| {
        let body = decompress(&head.headers, &body);
        Some((SeenRequest::new(head.uri.path(), &head.headers, &body)?, recent))
    });
    let event = event(route.path, peer, &head, body);
    let invocation = running.spawn(async move {
        let _place = place;
        let request: Request = serde_json::from_value(event).ok()?;
        let started = Instant::now();
        let handled = route.handle(&app, &request).await;
        if let Some((seen, recent)) = seen {
            recent.add(seen, &handled, started.elapsed());
        }
        Some(handled.answer)
    });
    match invocation.await {
        Ok(Some(answer)) => answer.map(HttpBody::from),
        Ok(None) | Err(_) => {
            gateway_answer(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
        }
    }
}

/// The event that API Gateway would send.
fn event(path: &str, peer: SocketAddr, head: &Parts, body: Vec<u8>) -> Value {
    let (body, is_base64_encoded) = encode_body(&head.headers, body);
    let now = Timestamp::now();
    let request_id = Sources::system().draw_mark();
    json!({
        "version": "2.0",
        "routeKey": format!("POST {path}"),
        "rawPath": head.uri.path(),
        "rawQueryString": head.uri.query().unwrap_or_default(),
        "headers": gateway_headers(&head.headers, peer),
        "pathParameters": path_parameters(path, head.uri.path()),
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "local",
            "domainName": DOMAIN_NAME,
            "domainPrefix": DOMAIN_NAME,
            "http": {
                "method": "POST",
                "path": head.uri.path(),
                "protocol": "HTTP/1.1",
                "sourceIp": peer.ip().to_string(),
            },
            "requestId": request_id,
            "routeKey": format!("POST {path}"),
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

/// Joins headers with the same name by commas, as API Gateway does. Each byte becomes a character, so
/// that values which differ stay different. Sets the headers that describe the connection, because
/// senders could forge them.
fn gateway_headers(headers: &HeaderMap, peer: SocketAddr) -> Map<String, Value> {
    let values = |name| {
        let values = headers.get_all(name).iter().map(HeaderValue::as_bytes);
        values.collect::<Vec<_>>().join(&b',').into_iter().map(char::from).collect::<String>()
    };
    let sent = headers.keys().map(|name| (name.to_string(), values(name).into()));
    let own = [
        ("host", DOMAIN_NAME.to_owned()),
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

/// Reads a body to its end, but returns only so much of it that a handler sees that it is too
/// large. `None` if the sender closed the connection.
async fn read_capped(mut body: HttpBody) -> Option<Vec<u8>> {
    let mut read = Vec::with_capacity(body.size_hint().lower().min(MAX_BODY_BYTES as u64) as usize);
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.ok()?.into_data() else { continue };
        let room = (MAX_BODY_BYTES + 1).saturating_sub(read.len());
        read.extend_from_slice(&data[..data.len().min(room)]);
    }
    Some(read)
}

/// Answers 404 with all addresses, and logs the request.
async fn not_found(request: HttpRequest) -> HttpResponse {
    let path = printable_path(request.uri().path());
    tracing::warn!(method = printable_method(request.method()), path, "unknown address");
    let routes = ROUTES.iter().map(|route| format!("POST {}", route.path));
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
fn gateway_answer(status: StatusCode, message: &str) -> HttpResponse {
    http_answer(status, &json!({ "message": message }))
}

fn http_answer(status: StatusCode, body: &Value) -> HttpResponse {
    shared::delivery::json_answer(status, body).map(HttpBody::from)
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
