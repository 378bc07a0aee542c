use crate::{delivery::Answer, document::operation_at, test_api::TestApi};
use axum::{
    body::{Body, to_bytes},
    extract::Request,
    middleware::{Next, from_fn},
    response::Response,
};
use local::Running;
use providers::ROUTES;
use reqwest::RequestBuilder;
use serde_json::Value;
use std::net::Ipv4Addr;
use tokio::net::TcpListener;

/// The headers that leadhook sets.
const OWN_HEADERS: [&str; 4] =
    ["content-type", "www-authenticate", "retry-after", "idempotency-replayed"];

/// The API over HTTP, on a free port.
pub struct Server {
    /// Its base URL.
    pub base: String,
}

impl Server {
    /// Serves the API until the test ends.
    pub async fn start(api: &TestApi) -> Self {
        Self::start_for_pages(api, &[]).await
    }

    /// Also accepts requests of web pages of these origins.
    pub async fn start_for_pages(api: &TestApi, origins: &[&str]) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let origins = origins.iter().map(|origin| (*origin).to_owned()).collect();
        let running = Running::new(api.app.context.system.clone());
        let router = local::router(&api.app, &running, None, address, origins);
        let router = router.layer(from_fn(check_http_answer));
        tokio::spawn(local::listen(listener, router, std::future::pending()));
        Self { base: format!("http://{address}") }
    }

    /// A delivery to Integrabot's demo account, on a connection of its own.
    pub fn post(&self) -> RequestBuilder {
        let url = format!("{}/integrabot/v1/leads", self.base);
        reqwest::Client::new().post(url).bearer_auth("sk_demo_integrabot")
    }
}

/// Checks a server's answer against its provider's document. A difference breaks the connection.
async fn check_http_answer(request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let response = next.run(request).await;
    let Some(route) = ROUTES.iter().find(|route| method == route.method && fits(route.path, &path))
    else {
        return response;
    };
    let (head, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let text = String::from_utf8(body.to_vec()).unwrap();
    let own = head.headers.iter().filter(|(name, _)| OWN_HEADERS.contains(&name.as_str()));
    let headers = own.map(|(name, value)| (name.to_string(), value.to_str().unwrap().into()));
    let body: Value = serde_json::from_str(&text).unwrap_or_default();
    let answer = Answer { status: head.status.as_u16(), headers: headers.collect(), body, text };
    if !is_of_the_gateway(&answer.body) {
        operation_at(route).check(&answer);
    }
    Response::from_parts(head, Body::from(answer.text))
}

/// Whether API Gateway gave the answer itself, because no function got the request.
fn is_of_the_gateway(body: &Value) -> bool {
    let members = body.as_object().map(|members| members.keys().map(String::as_str).collect());
    members.is_some_and(|names: Vec<_>| names == ["message"] || names == ["message", "addresses"])
}

fn fits(route: &str, path: &str) -> bool {
    let same = |(wanted, got): (&str, &str)| wanted.starts_with('{') || wanted == got;
    route.split('/').count() == path.split('/').count()
        && route.split('/').zip(path.split('/')).all(same)
}
