//! Serves DynamoDB's HTTP API for the embedded table to other processes.

use crate::{
    access_key::AccessKey,
    engine::{Engine, operation},
    guard::{Guard, RefusedRequest},
    in_process::write_date,
    other_writers::{OtherWriters, precedes_a_lead},
};
use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, Request, State},
    http::{HeaderMap, StatusCode, header::AUTHORIZATION, header::CONTENT_TYPE, header::DATE},
    middleware::{Next, from_fn_with_state},
    response::Response,
    routing::post,
};
use serde_json::json;
use shared::model::ClockAndRandom;
use std::{net::SocketAddr, sync::Arc};

/// The largest request that DynamoDB accepts, in bytes.
const MAX_BODY_BYTES: usize = 16 * 1024 * 1024;
const JSON: &str = "application/x-amz-json-1.0";

struct TableServer {
    engine: Engine,
    access_key: AccessKey,
    system: ClockAndRandom,
    guard: Guard,
    others: OtherWriters,
}

/// DynamoDB's HTTP API for an engine at this address. A request needs the access key. Its answers
/// have the time of `system`. `others` are the processes that send requests.
pub(crate) fn table_router(
    engine: Engine,
    access_key: AccessKey,
    system: ClockAndRandom,
    address: SocketAddr,
    others: OtherWriters,
) -> Router {
    let guard = Guard::with_containers(address);
    let server = Arc::new(TableServer { engine, access_key, system, guard, others });
    Router::new()
        .route("/", post(answer))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(from_fn_with_state(Arc::clone(&server), refuse_strangers))
        .with_state(server)
}

/// Refuses web pages, and requests with another access key.
async fn refuse_strangers(
    State(server): State<Arc<TableServer>>,
    request: Request,
    next: Next,
) -> Response {
    if let Err(refused) = server.guard.check(request.uri(), request.headers()) {
        let status = StatusCode::FORBIDDEN;
        return fault(status, "AccessDeniedException", &why_refused(refused));
    }
    let authorization = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    if !server.access_key.has_signed(authorization.unwrap_or_default()) {
        let text = "this is not the access key of the local table; `leadhook env` prints it";
        return fault(StatusCode::BAD_REQUEST, "UnrecognizedClientException", text);
    }
    next.run(request).await
}

async fn answer(
    State(server): State<Arc<TableServer>>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let target = headers.get("x-amz-target").and_then(|value| value.to_str().ok());
    let Some(operation) = target.and_then(operation) else {
        return fault(
            StatusCode::BAD_REQUEST,
            "UnknownOperationException",
            "no operation is named",
        );
    };
    if precedes_a_lead(operation, &body) {
        server.others.expect();
    }
    let (status, answer) = server.engine.call(operation.to_owned(), body).await;
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = json_response(status, answer);
    let date = write_date(server.system.now()).and_then(|date| date.parse().ok());
    response.headers_mut().extend(date.map(|date| (DATE, date)));
    response
}

fn why_refused(refused: RefusedRequest) -> String {
    match refused {
        RefusedRequest::Host => refused.to_string(),
        RefusedRequest::Origin => "web pages may not send requests here".to_owned(),
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
