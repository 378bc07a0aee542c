//! Serves DynamoDB's HTTP API for the embedded table to other processes.

use crate::{
    AccessKey,
    engine::Engine,
    guard::{Foreign, Guard},
};
use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, StatusCode, Uri, header::AUTHORIZATION, header::CONTENT_TYPE},
    response::Response,
    routing::post,
};
use serde_json::json;
use std::{net::SocketAddr, sync::Arc};

/// The largest request that DynamoDB accepts, in bytes.
const MAX_BODY_BYTES: usize = 16 * 1024 * 1024;
const JSON: &str = "application/x-amz-json-1.0";
const TARGET_PREFIX: &str = "DynamoDB_20120810.";

struct Front {
    engine: Engine,
    access_key: AccessKey,
    guard: Guard,
}

/// DynamoDB's HTTP API for an engine at this address. A request needs the access key.
pub(crate) fn table_router(engine: Engine, access_key: AccessKey, address: SocketAddr) -> Router {
    let guard = Guard::with_containers(address);
    let front = Front { engine, access_key, guard };
    Router::new()
        .route("/", post(answer))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(Arc::new(front))
}

/// The operation that an `X-Amz-Target` header names.
pub(crate) fn operation(target: &str) -> Option<&str> {
    target.strip_prefix(TARGET_PREFIX)
}

async fn answer(
    State(front): State<Arc<Front>>,
    uri: Uri,
    headers: HeaderMap,
    body: String,
) -> Response {
    if let Err(foreign) = front.guard.check(&uri, &headers) {
        let status = StatusCode::FORBIDDEN;
        return fault(status, "AccessDeniedException", &why_refused(foreign));
    }
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let authorization = header(AUTHORIZATION.as_str()).unwrap_or_default();
    if !front.access_key.has_signed(authorization) {
        let text = "this is not the access key of the local table; `leadhook env` prints it";
        return fault(StatusCode::BAD_REQUEST, "UnrecognizedClientException", text);
    }
    let Some(operation) = header("x-amz-target").and_then(operation) else {
        return fault(
            StatusCode::BAD_REQUEST,
            "UnknownOperationException",
            "no operation is named",
        );
    };
    let (status, answer) = front.engine.call(operation.to_owned(), body).await;
    json_response(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), answer)
}

fn why_refused(foreign: Foreign) -> String {
    match foreign {
        Foreign::Host => foreign.to_string(),
        Foreign::Origin => "web pages may not send requests here".to_owned(),
    }
}

fn fault(status: StatusCode, name: &str, message: &str) -> Response {
    let error = json!({ "__type": format!("com.amazon.coral.service#{name}"), "message": message });
    json_response(status, error.to_string())
}

fn json_response(status: StatusCode, text: String) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, axum::http::HeaderValue::from_static(JSON));
    response
}
