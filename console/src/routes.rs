use crate::{
    app::Console,
    assets, deliveries, destination_form, destinations, directory, erase, held, keys, leads,
    page::{Answer, Failed, Tab, go},
    safety::{self, UNMASK_PATH},
    sessions::START_PATH,
};
use axum::{
    Form, Router,
    extract::{Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::from_fn_with_state,
    response::{IntoResponse, Redirect},
    routing::{get, post},
};
use serde::Deserialize;
use std::sync::Arc;

/// The routes of the page, all under `/console`. Each checks who sent the request.
pub fn routes(console: Arc<Console>) -> Router {
    let guard = from_fn_with_state(Arc::clone(&console), safety::guard);
    Router::new()
        .route("/console", get(home))
        .route("/console/", get(home))
        .route(START_PATH, get(start))
        .route(UNMASK_PATH, post(unmask))
        .route("/console/console.css", get(assets::style))
        .route("/console/console.js", get(assets::script))
        .merge(delivery_routes())
        .merge(lead_routes())
        .merge(held_routes())
        .merge(other_routes())
        .route("/console/{*rest}", get(missing).post(missing))
        .layer(guard)
        .with_state(console)
}

fn delivery_routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/console/deliveries", get(deliveries::list))
        .route("/console/deliveries/events", get(deliveries::events))
        .route("/console/deliveries/sample", post(deliveries::sample))
        .route("/console/deliveries/clear", post(deliveries::clear))
        .route("/console/deliveries/{number}", get(deliveries::one))
        .route("/console/deliveries/{number}/again", post(deliveries::again))
        .route("/console/deliveries/{number}/edited", post(deliveries::edited))
}

fn lead_routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/console/leads", get(leads::list))
        .route("/console/leads/days", get(leads::days))
        .route("/console/leads/export", get(leads::export))
        .route("/console/leads/{provider}/{account}/{id}", get(leads::one))
        .route(
            "/console/leads/{provider}/{account}/{id}/erase",
            get(erase::confirm).post(erase::erase),
        )
}

fn held_routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/console/held", get(held::list))
        .route("/console/held/redeliver", post(held::redeliver_all))
        .route("/console/held/{provider}/{account}/{id}", get(held::one).post(held::redeliver))
        .route("/console/held/{provider}/{account}/{id}/update", post(held::update))
        .route("/console/held/{provider}/{account}/{id}/discard", post(held::discard))
}

fn other_routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/console/keys", get(keys::list).post(keys::create))
        .route("/console/keys/{id}/update", post(keys::update))
        .route("/console/keys/{id}/rotate", post(keys::rotate))
        .route("/console/keys/{id}/revoke", post(keys::revoke))
        .route("/console/directory", get(directory::list))
        .route("/console/directory/{provider}/{account}", get(directory::one).post(directory::put))
        .route("/console/directory/{provider}/{account}/remove", post(directory::remove))
        .route("/console/destinations", get(destinations::list).post(destination_form::add))
        .route("/console/destinations/{id}/update", post(destination_form::update))
        .route("/console/destinations/{id}/pause", post(destinations::pause))
        .route("/console/destinations/{id}/resume", post(destinations::resume))
        .route("/console/destinations/{id}/skip", post(destinations::skip))
        .route("/console/destinations/{id}/test", post(destinations::test))
        .route("/console/destinations/{id}/replay", post(destinations::confirm_replay))
        .route("/console/destinations/{id}/replay/{cursor}", post(destinations::post_again))
        .route("/console/destinations/{id}/retry", post(destinations::retry))
}

async fn home(State(console): State<Arc<Console>>) -> Answer {
    go(if console.live.is_some() { Tab::Deliveries.path() } else { Tab::Leads.path() })
}

async fn missing() -> Failed {
    Failed::missing("there is no such page")
}

#[derive(Deserialize)]
struct Start {
    #[serde(default)]
    token: String,
}

/// Exchanges the one-time token for a session.
async fn start(
    State(console): State<Arc<Console>>,
    Query(Start { token }): Query<Start>,
) -> Answer {
    let used = "this address was used before; the terminal shows the next one";
    let cookie = console.sessions.exchange(&token);
    let cookie = cookie.ok_or_else(|| Failed::new(StatusCode::UNAUTHORIZED, used))?;
    let mut answer = Redirect::to("/console").into_response();
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        answer.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(answer)
}

#[derive(Deserialize)]
struct Unmask {
    #[serde(default)]
    show: String,
    #[serde(default)]
    back: String,
}

/// Shows or masks names and contacts in this session.
async fn unmask(
    State(console): State<Arc<Console>>,
    headers: HeaderMap,
    Form(Unmask { show, back }): Form<Unmask>,
) -> Answer {
    let cookies = headers.get(header::COOKIE).and_then(|cookies| cookies.to_str().ok());
    console.sessions.unmask(cookies.unwrap_or_default(), show == "yes");
    let is_own = back.starts_with("/console/") && !back.contains(['\\', '\n', '\r']);
    go(if is_own { &back } else { "/console" })
}
