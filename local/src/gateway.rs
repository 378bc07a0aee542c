use crate::{
    event::event,
    guard::Guard,
    own_answers::{documents, gateway_answer, not_found},
    recent::{RecentDeliveries, SeenRequest},
    running::Running,
};
use axum::{
    Router,
    body::{Body as HttpBody, HttpBody as _},
    extract::{ConnectInfo, Request as HttpRequest, State},
    http::{HeaderName, HeaderValue, Method, StatusCode},
    middleware::{Next, from_fn_with_state},
    response::Response as HttpResponse,
    routing::{MethodFilter, on},
};
use http_body_util::BodyExt;
use providers::{App, ROUTES, Route, methods, sent_headers};
use shared::request::{MAX_BODY_BYTES, Request, decompress};
use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{sync::Semaphore, time::timeout};
use tower_http::cors::CorsLayer;

/// The timeout to read a body, as in API Gateway.
const BODY_WITHIN: Duration = Duration::from_secs(30);
/// The headers that web pages may read, in lower case.
pub const ANSWERED_HEADERS: [&str; 6] = [
    "idempotency-replayed",
    "retry-after",
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
    "x-ratelimit-used",
];

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
        let Ok(method) = MethodFilter::try_from(route.method.clone()) else { continue };
        router = router.route(route.path, on(method, invoke).with_state(target));
    }
    let router = router.merge(documents(address)).fallback(not_found);
    let mut router = router.method_not_allowed_fallback(not_found);
    if !guard.origins().is_empty() {
        router = router.layer(cors(guard.origins()));
    }
    router.layer(from_fn_with_state(Arc::new(guard), refuse_foreign_requests))
}

/// The CORS headers, as API Gateway sends them: they tell browsers which pages may send requests.
fn cors(origins: &[String]) -> CorsLayer {
    let origins = origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok());
    CorsLayer::new()
        .allow_origin(origins.collect::<Vec<_>>())
        .allow_methods(methods().into_iter().cloned().collect::<Vec<_>>())
        .allow_headers(sent_headers().into_iter().map(HeaderName::from_static).collect::<Vec<_>>())
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
    // A `HEAD` comes here too.
    if request.method() != route.method {
        return not_found(request).await;
    }
    let (head, body) = request.into_parts();
    let body = match timeout(BODY_WITHIN, read_capped(body)).await {
        Ok(Some(body)) => body,
        Ok(None) => return gateway_answer(StatusCode::BAD_REQUEST, "Bad Request"),
        Err(_) => return gateway_answer(StatusCode::REQUEST_TIMEOUT, "Request Timeout"),
    };
    let place = places.acquire_owned().await;
    let seen = recent.filter(|_| head.method == Method::POST).and_then(|recent| {
        let body = decompress(&head.headers, &body);
        Some((SeenRequest::new(head.uri.path(), &head.headers, &body)?, recent))
    });
    let event = event(&route, peer, &head, body);
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
