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
    model::{Provider, Sources},
    request::MAX_BODY_BYTES,
    table::{LeadTable, Timeouts, connect},
};
use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};
use tests::{Delivery, SENDERS, SIGNING_KEY, Sender, World, send_to, sign_keyspot_token};
use tokio::task::JoinSet;
use tower::ServiceExt;

fn app(table: LeadTable) -> App {
    let sources = Sources::system();
    let context = Context::new(table, sources, DEFAULT_REPLAY_WINDOW, SenderTimeouts::LOCAL);
    App::new(context, SigningSecret::fixed(SIGNING_KEY).unwrap())
}

/// The clock is paused, so waiting takes no time.
#[tokio::test(start_paused = true)]
async fn a_body_that_takes_longer_than_thirty_seconds_is_408() {
    let nowhere = connect_to("http://127.0.0.1:9", "none", Timeouts::LOCAL);
    let address = SocketAddr::from(([127, 0, 0, 1], 3000));
    let app = Arc::new(app(LeadTable::new(nowhere, "none")));
    let router = local::router(&app, &Running::new(Sources::system()), None, address, Vec::new());
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
    let router = local::router(&app, &Running::new(Sources::system()), None, address, Vec::new());
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
    for sender in &SENDERS {
        let config = table_config().http_client(NeverClient::new());
        let table = LeadTable::new(connect(config, Timeouts::DEPLOYED), "leads");
        let context =
            Context::new(table, Sources::system(), DEFAULT_REPLAY_WINDOW, SenderTimeouts::DEPLOYED);
        let app = App::new(context, SigningSecret::fixed(SIGNING_KEY).unwrap());
        let body = (sender.body)(1).to_string();
        let delivery = Delivery::new(sender.function, body).bearer(&sign_keyspot_token("any"));
        let sent = tokio::time::Instant::now();
        let answer = send_to(&app, delivery.header("x-tenant", "1")).await;
        let waited = sent.elapsed();
        assert_eq!(answer.status, 503, "{}", sender.function);
        assert!(waited <= Duration::from_millis(2_500), "{}: {waited:?}", sender.function);
        assert!(waited >= Duration::from_secs(1), "{}: it tried again", sender.function);
    }
}

/// The processor time of this thread.
#[cfg(target_os = "linux")]
fn processor_time() -> Duration {
    let statistics = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(statistics.split(' ').next().unwrap().parse().unwrap())
}

/// The processor time that a delivery may need. The most that was measured is 12 ms, and 93 ms
/// without optimization.
#[cfg(target_os = "linux")]
const PROCESSOR_TIME: Duration =
    Duration::from_millis(if cfg!(debug_assertions) { 300 } else { 100 });

/// A table that accepts everything and has one key, for this provider and account.
fn taking_table(provider: &'static str, account: &'static str) -> LeadTable {
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

/// Bodies of 256 KiB that are hard to parse.
#[cfg(target_os = "linux")]
fn hard_bodies() -> Vec<(&'static str, Vec<u8>)> {
    let full = |start: &str, part: &str, end: &str| {
        let room = MAX_BODY_BYTES - start.len() - end.len();
        format!("{start}{}{end}", part.repeat(room / part.len())).into_bytes()
    };
    let nested = |field: &str, open: &str, close: &str| {
        let start = format!("{{\"{field}\": ");
        let depth = (MAX_BODY_BYTES - start.len() - 1) / (open.len() + close.len());
        format!("{start}{}{}}}", open.repeat(depth), close.repeat(depth)).into_bytes()
    };
    let nested_objects = |field: &str| {
        let start = format!("{{\"{field}\": ");
        let depth = (MAX_BODY_BYTES - start.len() - 2) / 6;
        format!("{start}{}1{}}}", "{\"a\":".repeat(depth), "}".repeat(depth)).into_bytes()
    };
    let keys: String = (0..20_000).map(|n| format!("\"k{n}\":1,")).collect();
    vec![
        ("lists in lists", nested("unknown", "[", "]")),
        ("objects in objects", nested_objects("custom_fields")),
        ("an open end", full("{\"custom\":", "[", "")),
        ("many keys", format!("{{{keys}\"name\":\"x\"}}").into_bytes()),
        ("one key many times", full("{", "\"name\":\"\",", "\"name\":\"x\"}")),
        ("a long name", full("{\"name\":\"", "x", "\"}")),
        ("a long e-mail", full("{\"email\":\"", "a.", "@x.com\"}")),
        ("a long URL", full("{\"source_page_url\":\"http://", "%00", "\"}")),
        ("escapes", full("{\"name\":\"", "\\u00e9", "\"}")),
        ("a long number", full("{\"name\":", "9", "}")),
        ("a long list", full("{\"marketing_attribution\":[", "\"\",", "\"\"]}")),
        ("white space", full("", " ", "{}")),
        // These are refused, and then searched for a person whom the account blocks.
        ("digits apart", full("[\"", "1 ", "\"]")),
        ("addresses", full("", "a=b.c@d.e,", "")),
        ("one long address", full("[\"", "a-", "@x.com\"]")),
        ("signs before an address", full("[\"", "-.", "a@x.com\"]")),
        ("encoded again and again", full("", "%25\\u0025", "")),
        ("JSON in JSON", full("[", "\"[\\\"[1\\\"]\",", "1]")),
    ]
}

/// Other systems do not tell the processor time of a thread.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn every_body_needs_little_processor_time() {
    for sender in &SENDERS {
        let (provider, account) = (sender.account().provider.as_str(), sender.account.1);
        let app = app(taking_table(provider, account));
        for (case, body) in hard_bodies() {
            assert!(body.len() <= MAX_BODY_BYTES, "{case}");
            let delivery = Delivery::new(sender.function, body).bearer(&sign_keyspot_token("any"));
            let delivery = delivery.header("x-tenant", "1");
            let before = processor_time();
            let answer = send_to(&app, delivery).await;
            let took = processor_time().checked_sub(before).unwrap();
            assert!(sender.statuses.contains(&answer.status), "{case}: {}", answer.status);
            println!("{} {case}: {} in {took:?}", sender.function, answer.status);
            assert!(took < PROCESSOR_TIME, "{case}: {took:?}");
        }
    }
}

#[tokio::test]
async fn free_form_objects_may_be_nested_deeply() {
    let depth = 100_000;
    let world = World::start().await;
    let deep = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let body = format!("{{\"email\":\"a@x.com\",\"custom\":{{\"deep\": {deep}}}}}");
    let answer =
        world.send(Sender::of(Provider::RdStation).deliver(&world, body.clone()).await).await;
    assert_eq!(answer.status, 200);
    assert!(answer.text.contains(&deep));
    let again = world.send(Sender::of(Provider::RdStation).deliver(&world, body).await).await;
    assert_eq!(again.text, answer.text, "from the table");
}
