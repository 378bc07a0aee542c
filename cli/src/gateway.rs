use axum::{
    Router,
    body::{Body as HttpBody, HttpBody as _},
    extract::{
        ConnectInfo, RawPathParams, Request as HttpRequest, State,
        rejection::RawPathParamsRejection,
    },
    http::{HeaderMap, Method, StatusCode, header::CONTENT_TYPE},
    response::Response as HttpResponse,
    routing::any,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use http_body_util::BodyExt;
use jiff::Timestamp;
use keyspot::Keyspot;
use lambda_http::Body;
use serde_json::{Map, Value, json};
use shared::{Handler, MAX_BODY_BYTES};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::time::timeout;
use tokio_util::task::TaskTracker;
use tower::limit::GlobalConcurrencyLimitLayer;

/// What the local API calls itself, in events.
const DOMAIN_NAME: &str = "localhost";

/// How long a sender may take over a body, as with API Gateway.
const BODY_WITHIN: Duration = Duration::from_secs(30);
/// How many deliveries are read and handled at once; more wait for their turn. It bounds what
/// their bodies take of memory.
const DELIVERIES_AT_ONCE: usize = 256;

/// A route of the API and the function behind it.
pub struct Route {
    /// The function's name, which is its binary's and that of its folder in `events/`.
    pub function: &'static str,
    /// The path, in the syntax of API Gateway. The method is always POST.
    pub path: &'static str,
    /// The function's handler. What Keyspot's is given holds what all are given.
    pub handler: Handler<Keyspot>,
}

/// Every route of the API, by function.
pub const ROUTES: [Route; 7] = [
    Route {
        function: "integrabot-create-lead",
        path: "/integrabot/v1/leads",
        handler: |app, request| Box::pin(integrabot::create_lead(&app.context, request)),
    },
    Route {
        function: "rdstation-create-lead",
        path: "/rdstation/rest/leads",
        handler: |app, request| Box::pin(rdstation::create_lead(&app.context, request)),
    },
    Route {
        function: "pollybot-create-lead",
        path: "/pollybot/api/v1/chatbots/{chatbotId}/leads",
        handler: |app, request| Box::pin(pollybot::create_lead(&app.context, request)),
    },
    Route {
        function: "pollybot-create-lead",
        path: "/pollybot/api/v1/leads",
        handler: |app, request| Box::pin(pollybot::create_lead(&app.context, request)),
    },
    Route {
        function: "keyspot-issue-token",
        path: "/keyspot/v1/auth/token",
        handler: |app, request| Box::pin(keyspot::issue_token(app, request)),
    },
    Route {
        function: "keyspot-create-lead",
        path: "/keyspot/v1/leads",
        handler: |app, request| Box::pin(keyspot::create_lead(app, request)),
    },
    Route {
        function: "flextell-create-lead",
        path: "/flextell/api/v1/leads",
        handler: |app, request| Box::pin(flextell::create_lead(&app.context, request)),
    },
];

/// The API as API Gateway would serve it: each request becomes an HTTP API event
/// (payload 2.0) for the function of its route.
///
/// A delivery that was taken is finished, whether or not its sender waits; `taken` tells
/// when all are.
pub fn router(app: &Arc<Keyspot>, taken: &TaskTracker) -> Router {
    let mut router = Router::new();
    for Route { path, handler, .. } in ROUTES {
        let target = Target { app: Arc::clone(app), taken: taken.clone(), path, handler };
        router = router.route(path, any(invoke).with_state(target));
    }
    router.layer(GlobalConcurrencyLimitLayer::new(DELIVERIES_AT_ONCE)).fallback(not_found)
}

/// What a route leads to.
#[derive(Clone)]
struct Target {
    app: Arc<Keyspot>,
    taken: TaskTracker,
    path: &'static str,
    handler: Handler<Keyspot>,
}

async fn invoke(
    State(Target { app, taken, path, handler }): State<Target>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    path_parameters: Result<RawPathParams, RawPathParamsRejection>,
    request: HttpRequest,
) -> HttpResponse {
    if request.method() != Method::POST {
        return not_found().await;
    }
    let Ok(path_parameters) = path_parameters else {
        return gateway_answer(StatusCode::BAD_REQUEST, "Bad Request");
    };
    let path_parameters =
        path_parameters.iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
    let event = match timeout(BODY_WITHIN, event(path, path_parameters, peer, request)).await {
        Ok(Some(event)) => event,
        Ok(None) => return gateway_answer(StatusCode::BAD_REQUEST, "Bad Request"),
        Err(_) => return gateway_answer(StatusCode::REQUEST_TIMEOUT, "Request Timeout"),
    };
    let invocation = taken.spawn(async move {
        let request = lambda_http::request::from_str(&event.to_string()).ok()?;
        Some(handler(&app, &request).await)
    });
    match invocation.await {
        Ok(Some(answer)) => answer.map(|body| match body {
            Body::Text(text) => text.into(),
            Body::Binary(bytes) => bytes.into(),
            _ => HttpBody::empty(),
        }),
        Ok(None) | Err(_) => {
            gateway_answer(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
        }
    }
}

/// The event API Gateway would send; `None` where the sender broke off.
async fn event(
    path: &str,
    path_parameters: Map<String, Value>,
    peer: SocketAddr,
    request: HttpRequest,
) -> Option<Value> {
    let (head, body) = request.into_parts();
    let body = read_capped(body).await?;
    let (body, is_base64_encoded) = encode_body(&head.headers, body);
    let now = Timestamp::now();
    let request_id = format!("{:032x}", rand::random::<u128>());
    Some(json!({
        "version": "2.0",
        "routeKey": format!("POST {path}"),
        "rawPath": head.uri.path(),
        "rawQueryString": head.uri.query().unwrap_or_default(),
        "headers": gateway_headers(&head.headers, peer),
        "pathParameters": path_parameters,
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
    }))
}

/// Headers of one name joined by commas, as API Gateway does. Those that say where a
/// request came in are the gateway's own, whatever the sender put there.
fn gateway_headers(headers: &HeaderMap, peer: SocketAddr) -> Map<String, Value> {
    let values = |name| {
        let values = headers.get_all(name).iter();
        values.map(|value| String::from_utf8_lossy(value.as_bytes())).collect::<Vec<_>>().join(",")
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

/// JSON and text as they are, everything else base64-encoded, as API Gateway does.
fn encode_body(headers: &HeaderMap, body: Vec<u8>) -> (String, bool) {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let is_text = content_type.is_some_and(|content_type| {
        content_type.starts_with("application/json") || content_type.starts_with("text/")
    });
    match String::from_utf8(body) {
        Ok(text) if is_text => (text, false),
        Ok(text) => (BASE64_STANDARD.encode(text), true),
        Err(not_text) => (BASE64_STANDARD.encode(not_text.as_bytes()), true),
    }
}

/// Reads a body to its end but keeps no more of it than shows a handler that it is too
/// large. `None` where the sender broke off.
async fn read_capped(mut body: HttpBody) -> Option<Vec<u8>> {
    let mut kept = Vec::with_capacity(body.size_hint().lower().min(MAX_BODY_BYTES as u64) as usize);
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.ok()?.into_data() else { continue };
        let room = (MAX_BODY_BYTES + 1).saturating_sub(kept.len());
        kept.extend_from_slice(&data[..data.len().min(room)]);
    }
    Some(kept)
}

async fn not_found() -> HttpResponse {
    gateway_answer(StatusCode::NOT_FOUND, "Not Found")
}

/// An answer of the gateway's own, for what never reaches a function.
fn gateway_answer(status: StatusCode, message: &str) -> HttpResponse {
    let answer = shared::json_answer(status, &json!({ "message": message }));
    answer.map(|body| HttpBody::from(body.as_ref().to_vec()))
}
