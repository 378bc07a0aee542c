//! How much time one sender can use of a function or of the local server.

use aws_sdk_dynamodb::config::{BehaviorVersion, Builder, Config, Credentials, Region};
use aws_smithy_http_client::test_util::{NeverClient, infallible_client_fn};
use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{self, Request},
};
use futures_util::{StreamExt, stream};
use keyspot::SigningSecret;
use local::{Running, connect_to};
use providers::App;
use serde_json::json;
use shared::{
    delivery::{Context, DEFAULT_REPLAY_WINDOW, SenderTimeouts},
    model::{ClockAndRandom, Provider},
    table::{LeadTable, Timeouts, connect},
};
use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};
use tests::{Delivery, SENDERS, SIGNING_KEY, Sender, TestApi, looked_up_token, send_to};
use tokio::task::JoinSet;
use tower::ServiceExt;

pub(crate) fn app(table: LeadTable) -> App {
    let system = ClockAndRandom::system();
    let context = Context::new(table, system, DEFAULT_REPLAY_WINDOW, SenderTimeouts::LOCAL);
    App::new(context, SigningSecret::fixed(SIGNING_KEY).unwrap())
}

/// The clock is paused, so waiting takes no time.
#[tokio::test(start_paused = true)]
async fn a_body_that_takes_longer_than_thirty_seconds_is_408() {
    let nowhere = connect_to("http://127.0.0.1:9", "none", Timeouts::LOCAL);
    let address = SocketAddr::from(([127, 0, 0, 1], 3000));
    let app = Arc::new(app(LeadTable::new(nowhere, "none")));
    let router =
        local::router(&app, &Running::new(ClockAndRandom::system()), None, address, Vec::new());
    let trickle = stream::unfold((), |()| async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        Some((Ok::<_, Infallible>(" "), ()))
    });
    let request = Request::post("/integrabot/v1/leads").header("host", address.to_string());
    let mut request = request.body(Body::from_stream(trickle)).unwrap();
    request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 1))));
    let started = tokio::time::Instant::now();
    let answer = router.oneshot(request).await.unwrap();
    assert_eq!((answer.status().as_u16(), started.elapsed().as_secs()), (408, 30));
}

/// The clock is paused. It goes on only when nothing else can, so no slow body ends before the
/// delivery is answered, unless the delivery waits for it.
#[tokio::test(start_paused = true)]
async fn slow_bodies_of_strangers_do_not_delay_a_delivery() {
    let address = SocketAddr::from(([127, 0, 0, 1], 3000));
    let app = Arc::new(app(taking_table("integrabot", "acme")));
    let router =
        local::router(&app, &Running::new(ClockAndRandom::system()), None, address, Vec::new());
    let post = |body: Body| {
        let request = Request::post("/integrabot/v1/leads").header("host", address.to_string());
        let mut request = request.header("authorization", "Bearer any").body(body).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 1))));
        router.clone().oneshot(request)
    };
    let mut strangers = JoinSet::new();
    for _ in 0..1_000 {
        let begun = stream::iter([Ok::<_, Infallible>("{")]);
        strangers.spawn(post(Body::from_stream(begun.chain(stream::pending()))));
    }
    // Each of them begins before the delivery.
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    let answer = post(Body::from(r#"{"name": "Ana", "type": "web"}"#)).await.unwrap();
    assert_eq!(answer.status().as_u16(), 201);
    assert!(strangers.try_join_next().is_none(), "the delivery waited for a slow body");
    let first = strangers.join_next().await.unwrap().unwrap().unwrap();
    assert_eq!(first.status().as_u16(), 408, "the slow bodies were being read");
}

/// The clock is paused, so waiting takes no time.
#[tokio::test(start_paused = true)]
async fn a_sender_waits_at_most_two_and_a_half_seconds_for_a_silent_table() {
    for sender in SENDERS {
        let config = table_config().http_client(NeverClient::new());
        let table = LeadTable::new(connect(config, Timeouts::DEPLOYED), "leads");
        let context = Context::new(
            table,
            ClockAndRandom::system(),
            DEFAULT_REPLAY_WINDOW,
            SenderTimeouts::DEPLOYED,
        );
        let app = App::new(context, SigningSecret::fixed(SIGNING_KEY).unwrap());
        let body = (sender.body)(1).to_string();
        let delivery = Delivery::new(sender.function, body)
            .bearer(&looked_up_token(sender.account().provider));
        let sent = tokio::time::Instant::now();
        let answer = send_to(&app, delivery.header("x-tenant", "1")).await;
        let waited = sent.elapsed();
        assert_eq!(answer.status, 503, "{}", sender.function);
        assert!(waited <= Duration::from_millis(2_500), "{}: {waited:?}", sender.function);
        assert!(waited >= Duration::from_secs(1), "{}: it tried again", sender.function);
    }
}

/// A table that accepts everything and has one key, for this provider and account.
pub(crate) fn taking_table(provider: &'static str, account: &'static str) -> LeadTable {
    let http_client = infallible_client_fn(move |request: http::Request<_>| {
        let target = request.headers()["x-amz-target"].to_str().unwrap();
        let answer = match target.rsplit('.').next().unwrap() {
            "GetItem" => json!({ "Item": {
                "provider": { "S": provider }, "account": { "S": account },
                "tenants": { "L": [{ "N": "1" }] },
            } }),
            _ => json!({}),
        };
        let answer = answer.to_string();
        http::Response::builder().status(200).body(answer).unwrap()
    });
    let config = table_config().http_client(http_client);
    LeadTable::new(connect(config, Timeouts::LOCAL), "leads")
}

fn table_config() -> Builder {
    Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .region(Region::new("us-east-1"))
}

#[tokio::test]
async fn free_form_objects_may_be_nested_deeply() {
    let depth = 100_000;
    let api = TestApi::start().await;
    let deep = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let body = format!("{{\"email\":\"a@x.com\",\"custom\":{{\"deep\": {deep}}}}}");
    let answer = api.send(Sender::of(Provider::RdStation).deliver(&api, body.clone()).await).await;
    assert_eq!(answer.status, 200);
    assert!(answer.text.contains(&deep));
    let again = api.send(Sender::of(Provider::RdStation).deliver(&api, body).await).await;
    assert_eq!(again.text, answer.text, "from the table");
}
