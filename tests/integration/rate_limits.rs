//! Limits of keys: how many requests a window has, what a refused one is told, and what counting
//! costs.

use crate::account_requests::{Ids, authorized, requests};
use jiff::{SignedDuration, Timestamp};
use providers::about;
use serde_json::json;
use shared::{
    delivery::SenderTimeouts,
    model::{ApiKey, Provider, TokenHash},
    table::Timeouts,
};
use std::{collections::BTreeMap, time::Duration};
use tests::{Answer, Delivery, Fault, SENDERS, Sender, TestApi, send_to};
use tokio::task::JoinSet;

/// The providers that document headers of limits, and the ends of their names.
const HEADERS: [(Provider, &[&str]); 2] = [
    (Provider::PollyBot, &["limit", "remaining", "reset", "used"]),
    (Provider::Flextell, &["limit", "remaining", "reset"]),
];

fn token(provider: Provider) -> TokenHash {
    TokenHash::of(about(provider).demo.key)
}

/// Gives the demo key of a provider a limit. Instances that have looked it up know it a minute
/// later.
async fn set_limit(api: &TestApi, provider: Provider, limit: Option<&str>) {
    let key = api.table().get_api_key(&token(provider)).await.unwrap().unwrap();
    let key = ApiKey { limit: limit.map(|limit| limit.parse().unwrap()), ..key };
    api.table().update_api_key(&token(provider), &key).await.unwrap();
}

/// The `n`th delivery of a sender. Its token needs no request.
fn delivery(sender: &Sender, n: usize) -> Delivery {
    let body = (sender.body)(n).to_string();
    authorized(sender.account().provider, Delivery::new(sender.function, body))
}

/// The numbers of the headers that begin with `x-ratelimit-`, by the rest of their names.
fn limit_headers(answer: &Answer) -> BTreeMap<&str, i64> {
    let headers = answer.headers.iter().filter_map(|(name, value)| {
        Some((name.strip_prefix("x-ratelimit-")?, value.as_str()?.parse().unwrap()))
    });
    headers.collect()
}

fn retry_after(answer: &Answer) -> i64 {
    answer.headers["retry-after"].as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_request_over_the_limit_is_refused_until_the_oldest_leaves_the_window() {
    for sender in SENDERS {
        let (api, case) = (TestApi::start().await, sender.function);
        set_limit(&api, sender.account().provider, Some("3/h")).await;
        let created = sender.created;
        // The minutes to wait before a request, its status, and how long to wait if it is refused.
        let steps = [
            (0, created, 0),
            (10, created, 0),
            (0, created, 0),
            (0, 429, 50),
            (49, 429, 1),
            (1, created, 0),
            (0, 429, 10),
            (10, created, 0),
            (0, created, 0),
            (0, 429, 50),
        ];
        for (n, (wait, status, retry)) in steps.into_iter().enumerate() {
            api.advance(SignedDuration::from_mins(wait));
            let answer = api.send(delivery(sender, n)).await;
            assert_eq!(answer.status, status, "{case}: {n}: {}", answer.text);
            if status == 429 {
                assert_eq!(retry_after(&answer), retry * 60, "{case}: {n}");
            }
        }
        assert_eq!(sender.leads(&api).await.len(), 6, "{case}");
        assert!(api.items("held#").await.is_empty(), "{case}: the sender sends it again");
    }
}

/// The answers as the providers write them. Keyspot and RD Station document no text.
#[tokio::test]
async fn a_refusal_has_the_providers_form() {
    let api = TestApi::start().await;
    let reset = 1_800_003_600_i64;
    let now: Timestamp = Timestamp::from_second(1_800_000_000).unwrap();
    api.advance(now.duration_since(api.now()));
    let bodies = [
        json!({
            "error": "Too Many Requests",
            "message": "Limite de requisições excedido. Tente novamente mais tarde.",
        }),
        json!({ "message": "Too many requests", "code": "TOO_MANY_REQUESTS" }),
        json!({
            "success": false, "error": "Rate limit exceeded", "code": "RATE_LIMIT_EXCEEDED",
            "details": { "limit": 1, "remaining": 0, "resetTime": reset, "retryAfter": 3600 },
        }),
        json!({ "error": "Rate limit exceeded", "code": "RATE_LIMIT_EXCEEDED" }),
        json!({ "error": "rate_limit_exceeded", "message": "Too many requests. Try again later." }),
    ];
    for (sender, body) in SENDERS.iter().zip(bodies) {
        set_limit(&api, sender.account().provider, Some("1/h")).await;
        assert_eq!(api.send(delivery(sender, 1)).await.status, sender.created);
        let refused = api.send(delivery(sender, 2)).await;
        assert_eq!((refused.status, &refused.body), (429, &body), "{}", sender.function);
        assert_eq!(retry_after(&refused), 3_600);
    }
}

/// Whatever the answer is: a lead, none, an invalid field, a foreign tenant, a missing scope.
#[tokio::test]
async fn every_answer_to_a_limited_key_has_the_headers_that_its_provider_documents() {
    let api = TestApi::start().await;
    for provider in Provider::ALL {
        set_limit(&api, provider, Some("1000/h")).await;
    }
    let ids = Ids::all("1");
    let reads = requests(&ids).into_iter().map(|(provider, read)| authorized(provider, read));
    let invalid = SENDERS.iter().map(|sender| delivery(sender, 1).with_body("no JSON"));
    let leads = SENDERS.iter().map(|sender| delivery(sender, 1));
    let foreign = SENDERS.iter().map(|sender| delivery(sender, 1).header("x-tenant", "99"));
    let mut sent = BTreeMap::<_, i64>::new();
    for request in leads.chain(invalid).chain(foreign).chain(reads) {
        let function = request.function;
        let provider: Provider = function.split('-').next().unwrap().parse().unwrap();
        let answer = api.send(request).await;
        let used = sent.entry(provider.as_str()).or_default();
        *used += 1;
        let reset = api.now() + SignedDuration::from_hours(1);
        let mut values = BTreeMap::from([
            ("limit", 1_000),
            ("remaining", 1_000 - *used),
            ("reset", reset.as_second() + i64::from(reset.subsec_nanosecond() > 0)),
            ("used", *used),
        ]);
        let documented = HEADERS.iter().find(|(limited, _)| *limited == provider);
        values.retain(|name, _| documented.is_some_and(|(_, names)| names.contains(name)));
        assert_eq!(limit_headers(&answer), values, "{function}: {}", answer.text);
    }
}

#[tokio::test]
async fn a_key_without_a_limit_has_no_headers_and_costs_nothing_more() {
    let api = TestApi::start().await;
    for sender in SENDERS {
        api.send(delivery(sender, 1)).await;
        api.connection.take_operations();
        let answer = api.send(delivery(sender, 2)).await;
        assert_eq!(limit_headers(&answer), BTreeMap::new(), "{}", sender.function);
        let operations = api.connection.take_operations();
        assert!(!operations.contains(&"UpdateItem".to_owned()), "{}", sender.function);
    }
}

/// Ten instances send at the same time.
#[tokio::test]
async fn a_small_limit_is_exact_over_ten_instances() {
    let api = TestApi::start().await;
    let sender = Sender::of(Provider::RdStation);
    for (round, limit) in [("1/min", 1), ("40/min", 40), ("90/h", 90)].into_iter().enumerate() {
        let (text, expected) = limit;
        set_limit(&api, Provider::RdStation, Some(text)).await;
        // Each round has its own window.
        api.advance(SignedDuration::from_hours(2));
        let mut running = JoinSet::new();
        for instance in 0..10 {
            // A busy machine must not let a request in because its count takes long.
            let patient = SenderTimeouts { hold: Duration::from_secs(28), ..SenderTimeouts::LOCAL };
            let app = api.instance_of(Timeouts::LOCAL, patient);
            for n in 0..12 {
                let (app, n) = (app.clone(), round * 1_000 + instance * 100 + n);
                running.spawn(async move { send_to(&app, delivery(sender, n)).await.status });
            }
        }
        let statuses = running.join_all().await;
        let accepted = statuses.iter().filter(|status| **status == 200).count();
        assert_eq!(accepted, expected, "{text}: {statuses:?}");
        assert!(statuses.iter().all(|status| [200, 429].contains(status)), "{text}");
    }
}

#[tokio::test]
async fn a_large_limit_costs_a_fifth_of_a_write_for_each_delivery() {
    let api = TestApi::start().await;
    let sender = Sender::of(Provider::Keyspot);
    set_limit(&api, Provider::Keyspot, Some("20000/h")).await;
    let instances: Vec<_> = (0..10).map(|_| api.another_instance()).collect();
    // Each looks up the key. The first also notes the day.
    for (n, app) in instances.iter().enumerate() {
        assert_eq!(send_to(app, delivery(sender, n)).await.status, 201);
    }
    api.connection.take_operations();
    for n in 10..1_010 {
        assert_eq!(send_to(&instances[n % 10], delivery(sender, n)).await.status, 201);
    }
    let operations = api.connection.take_operations();
    let updates = operations.iter().filter(|operation| *operation == "UpdateItem").count();
    assert!((195..=205).contains(&updates), "{updates} of 1,000");
}

/// A lead is worth more than an exact count.
#[tokio::test]
async fn a_count_that_cannot_be_written_lets_the_request_in() {
    let api = TestApi::start().await;
    let sender = Sender::of(Provider::PollyBot);
    set_limit(&api, Provider::PollyBot, Some("1/h")).await;
    assert_eq!(api.send(delivery(sender, 0)).await.status, 201);
    assert_eq!(api.send(delivery(sender, 1)).await.status, 429);
    let fresh = api.another_instance();
    for n in 2..5 {
        // The client sends a failed request again, so all of its attempts fail.
        (0..12).for_each(|_| api.connection.fail_next("UpdateItem", Fault::Throttled));
        let answer = send_to(&fresh, delivery(sender, n)).await;
        assert_eq!((answer.status, limit_headers(&answer)), (201, BTreeMap::new()), "{n}");
    }
}

/// A count whose answer is lost may count twice. It never lets one more in.
#[tokio::test]
async fn a_lost_answer_lets_no_request_in_over_the_limit() {
    let api = TestApi::start().await;
    let sender = Sender::of(Provider::RdStation);
    set_limit(&api, Provider::RdStation, Some("4/h")).await;
    let mut accepted = 0;
    for n in 0..8 {
        api.connection.fail_next("UpdateItem", Fault::AnswerLost);
        let status = api.send(delivery(sender, n)).await.status;
        assert!([200, 429].contains(&status), "{status}");
        accepted += usize::from(status == 200);
    }
    assert!((1..=4).contains(&accepted), "{accepted}");
}

#[tokio::test]
async fn a_changed_limit_holds_within_a_minute() {
    let api = TestApi::start().await;
    let sender = Sender::of(Provider::Integrabot);
    let status = async |n| api.send(delivery(sender, n)).await.status;
    let steps = [("1/h", [201, 429]), ("3/h", [201, 201]), ("0/h", [429, 429])];
    for (n, (limit, expected)) in steps.into_iter().enumerate() {
        set_limit(&api, Provider::Integrabot, Some(limit)).await;
        api.advance(SignedDuration::from_mins(1));
        assert_eq!([status(2 * n).await, status(2 * n + 1).await], expected, "{limit}");
    }
    set_limit(&api, Provider::Integrabot, None).await;
    api.advance(SignedDuration::from_mins(1));
    assert_eq!(status(9).await, 201, "no limit");
}

/// A request for a token is counted too. One with a wrong secret is not: anybody can send it.
#[tokio::test]
async fn a_keyspot_token_counts_on_its_api_key() {
    let api = TestApi::start().await;
    set_limit(&api, Provider::Keyspot, Some("3/h")).await;
    let issue = |secret: &str| {
        let request = Delivery::new("keyspot-issue-token", "").header("x-api-key", "demo-key");
        request.header("x-api-secret", secret)
    };
    assert_eq!(api.send(issue("wrong")).await.status, 401);
    assert_eq!(api.send(issue("demo-secret")).await.status, 200);
    let sender = Sender::of(Provider::Keyspot);
    assert_eq!(api.send(delivery(sender, 1)).await.status, 201);
    assert_eq!(api.send(issue("demo-secret")).await.status, 200);
    assert_eq!(api.send(issue("demo-secret")).await.status, 429);
    assert_eq!(api.send(delivery(sender, 2)).await.status, 429);
    assert_eq!(api.send(issue("wrong")).await.status, 401);
}

/// Instances with clocks a minute apart, and one whose clock steps back.
#[tokio::test]
async fn clocks_that_differ_let_no_request_in_over_the_limit() {
    let api = TestApi::start().await;
    let sender = Sender::of(Provider::RdStation);
    set_limit(&api, Provider::RdStation, Some("5/h")).await;
    let mut accepted = 0;
    for (n, seconds) in [60, -60, 30, -90, 60, 45, -45, 10, -10, 60].into_iter().enumerate() {
        api.advance(SignedDuration::from_secs(seconds));
        let status = api.another_instance_answers(delivery(sender, n)).await.status;
        accepted += usize::from(status == 200);
    }
    assert_eq!(accepted, 5);
}
