//! The table cannot be reached, or does not answer, for a while. Every sender gets 503, and each
//! delivery that is sent again is stored once. `OUTAGE_SECONDS` sets for how long. `limits.rs` has
//! how long a sender waits at most.

use serde_json::json;
use shared::{delivery::SenderTimeouts, table::Timeouts};
use std::{
    collections::HashSet,
    env,
    sync::Arc,
    time::{Duration, Instant},
};
use tests::{Delivery, SENDERS, TestApi, send_to};
use tokio::task::JoinSet;

const SECONDS_VARIABLE: &str = "OUTAGE_SECONDS";
/// How many senders there are at a time.
const SENDERS_AT_ONCE: usize = 10;

/// Sends deliveries until the outage is over. Returns the refused deliveries and the longest time
/// that a sender waited.
async fn deliver_through(api: &TestApi, until: Instant) -> (Vec<Delivery>, Duration) {
    let instance = api.instance_of(Timeouts::DEPLOYED, SenderTimeouts::DEPLOYED);
    let mut senders = JoinSet::new();
    for n in 0..SENDERS_AT_ONCE {
        let (instance, sender) = (Arc::clone(&instance), &SENDERS[n % SENDERS.len()]);
        let first = sender.delivery(api, 0).await;
        senders.spawn(async move {
            let (mut refused, mut longest) = (Vec::new(), Duration::ZERO);
            for m in 0.. {
                if Instant::now() >= until {
                    break;
                }
                let body = (sender.body)(100_000 * (n + 1) + m).to_string();
                let delivery = first.clone().with_body(body);
                let sent = Instant::now();
                let answer = send_to(&instance, delivery.clone()).await;
                longest = longest.max(sent.elapsed());
                assert_eq!(answer.status, 503, "{}: {}", sender.function, answer.text);
                assert_eq!(answer.headers["retry-after"], "1", "{}", sender.function);
                refused.push(delivery);
            }
            (refused, longest)
        });
    }
    let done = senders.join_all().await;
    let longest = done.iter().map(|(_, longest)| *longest).max().unwrap();
    (done.into_iter().flat_map(|(refused, _)| refused).collect(), longest)
}

#[tokio::test(flavor = "multi_thread")]
async fn during_an_outage_every_answer_is_503_and_afterwards_each_lead_is_stored_once() {
    let seconds = env::var(SECONDS_VARIABLE).map_or(3, |seconds| seconds.parse().unwrap());
    for silent in [false, true] {
        let api = TestApi::start().await;
        // The keys are cached, so writes fail too, and not only the lookups of keys.
        for sender in SENDERS {
            api.send(sender.delivery(&api, 0).await).await;
        }
        let before = api.items("lead#").await.len();
        api.connection.set_away(!silent);
        api.connection.set_silent(silent);
        let until = Instant::now() + Duration::from_secs(seconds);
        let (refused, longest) = deliver_through(&api, until).await;
        api.connection.set_away(false);
        api.connection.set_silent(false);
        let mut ids = HashSet::new();
        for delivery in &refused {
            let answer = api.send(delivery.clone()).await;
            assert!([200, 201].contains(&answer.status), "{}", answer.text);
            let ids_in = [&answer.body["id"], &answer.body["data"]["id"]];
            ids.insert(json!(ids_in).to_string());
        }
        assert_eq!(ids.len(), refused.len(), "each delivery is one lead");
        assert_eq!(api.items("lead#").await.len(), before + refused.len());
        assert!(refused.len() >= SENDERS_AT_ONCE, "every sender was refused");
        println!("silent: {silent}; {} got 503, the longest wait {longest:?}", refused.len());
    }
}
