//! The processor time that a body needs.

use crate::limits::{app, taking_table};
use providers::App;
use shared::request::MAX_BODY_BYTES;
use std::{fs, time::Duration};
use tests::{Delivery, SENDERS, Sender, looked_up_token, send_to};
use tokio::{runtime::Builder, task::spawn_blocking};

/// The processor time of this thread.
fn processor_time() -> Duration {
    let statistics = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(statistics.split(' ').next().unwrap().parse().unwrap())
}

/// The processor time of this thread and of the one on which refused bodies are searched: the
/// runtime has no others.
async fn processor_times() -> [Duration; 2] {
    [processor_time(), spawn_blocking(processor_time).await.unwrap()]
}

/// The processor time that a delivery may need of the thread that answers. The most that was
/// measured is 12 ms, and 93 ms without optimization.
const OF_ANSWER: Duration = Duration::from_millis(if cfg!(debug_assertions) { 300 } else { 100 });
/// A body is compared with one of this part of its length.
const PART: u32 = 8;
/// How many times more time a whole body may need than one of the part. If the time grows with the
/// square of the length, it is 64 times.
const GROWTH: u32 = 3 * PART;

/// Bodies of this length that are hard to parse.
fn hard_bodies(length: usize) -> Vec<(&'static str, Vec<u8>)> {
    let full = |start: &str, part: &str, end: &str| {
        let room = length - start.len() - end.len();
        format!("{start}{}{end}", part.repeat(room / part.len())).into_bytes()
    };
    let nested = |field: &str, open: &str, close: &str| {
        let start = format!("{{\"{field}\": ");
        let depth = (length - start.len() - 1) / (open.len() + close.len());
        format!("{start}{}{}}}", open.repeat(depth), close.repeat(depth)).into_bytes()
    };
    let nested_objects = |field: &str| {
        let start = format!("{{\"{field}\": ");
        let depth = (length - start.len() - 2) / 6;
        format!("{start}{}1{}}}", "{\"a\":".repeat(depth), "}".repeat(depth)).into_bytes()
    };
    let keys: String = (0..length / 14).map(|n| format!("\"k{n}\":1,")).collect();
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

/// The processor time of a delivery, on each thread.
async fn use_processor(app: &App, sender: &Sender, case: &str, body: &[u8]) -> [Duration; 2] {
    let delivery =
        Delivery::new(sender.function, body).bearer(&looked_up_token(sender.account().provider));
    let before = processor_times().await;
    let answer = send_to(app, delivery.header("x-tenant", "1")).await;
    let after = processor_times().await;
    assert!(sender.statuses.contains(&answer.status), "{case}: {}", answer.status);
    [0, 1].map(|thread| after[thread].checked_sub(before[thread]).unwrap())
}

/// Panics if a whole body needs too much time, or too much more than the part of it. A time is the
/// least of several, because other work on the machine makes them longer.
async fn check_processor_time(app: &App, sender: &Sender, case: &str, [part, whole]: [&[u8]; 2]) {
    let (mut of_part, mut of_whole, mut of_answer) = (Duration::MAX, Duration::MAX, Duration::MAX);
    for _ in 0..5 {
        of_part = of_part.min(use_processor(app, sender, case, part).await.iter().sum());
        let used = use_processor(app, sender, case, whole).await;
        of_whole = of_whole.min(used.iter().sum());
        of_answer = of_answer.min(used[0]);
        if of_answer < OF_ANSWER && of_whole < of_part * GROWTH {
            return;
        }
    }
    panic!(
        "{} {case}: {of_whole:?}, {of_answer:?} of them to answer; {of_part:?} for a part",
        sender.function
    );
}

#[test]
fn every_body_needs_little_processor_time_that_grows_with_its_length() {
    let mut builder = Builder::new_current_thread();
    // One thread searches refused bodies, and stays.
    builder.enable_all().max_blocking_threads(1).thread_keep_alive(Duration::from_hours(1));
    builder.build().unwrap().block_on(async {
        let parts = hard_bodies(MAX_BODY_BYTES / PART as usize);
        let wholes = hard_bodies(MAX_BODY_BYTES);
        for sender in SENDERS {
            let (provider, account) = (sender.account().provider.as_str(), sender.account.1);
            let app = app(taking_table(provider, account));
            for ((case, part), (_, whole)) in parts.iter().zip(&wholes) {
                assert!(whole.len() <= MAX_BODY_BYTES, "{case}");
                check_processor_time(&app, sender, case, [part, whole]).await;
            }
        }
    });
}
