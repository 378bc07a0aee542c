//! Logs and metrics: one line per delivery, and nothing personal in any of them.

use crate::{Answer, Context, Provider};
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use std::{
    io::{self, Write},
    panic,
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{FilterExt, filter_fn},
    layer::SubscriberExt,
    registry::LookupSpan,
    util::SubscriberInitExt,
};

/// The namespace of the metrics.
const NAMESPACE: &str = "leadhook";

/// The crates whose log lines are ours, and hold nothing personal at any level.
const OUR_CRATES: [&str; 7] =
    ["flextell", "integrabot", "keyspot", "leadhook", "pollybot", "rdstation", "shared"];

/// Starts JSON logs on standard output.
pub fn start_json_logs() {
    let json = tracing_subscriber::fmt::layer().json().flatten_event(true);
    let json = guarded(json.with_current_span(false), asked_filter());
    tracing_subscriber::registry().with(json).init();
    log_panics();
}

/// Makes a panic a log line of its own, that says where and not with what: its message may
/// hold a value.
pub fn log_panics() {
    panic::set_hook(Box::new(|panic| {
        let location = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(location, "a panic");
    }));
}

/// What `RUST_LOG` asks for; `info` where it asks for nothing.
pub fn asked_filter() -> EnvFilter {
    EnvFilter::builder().with_default_directive(Level::INFO.into()).from_env_lossy()
}

/// Lets through what is asked for; but of other crates only errors, whatever is asked. The
/// AWS SDK and its HTTP stack print requests, and so leads and tokens, at their lower levels.
pub fn guarded<S>(layer: impl Layer<S>, asked: EnvFilter) -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    layer.with_filter(asked.and(filter_fn(is_harmless)))
}

fn is_harmless(line: &Metadata<'_>) -> bool {
    let name = line.target().split("::").next().unwrap_or_default();
    OUR_CRATES.contains(&name) || *line.level() == Level::ERROR
}

/// How deliveries are reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Report {
    /// As log lines for a reader.
    Lines,
    /// As JSON lines that are metrics too, in CloudWatch's embedded metric format.
    Metrics,
}

/// A delivery while it is answered, and the one line it leaves in the log.
pub struct DeliveryLog {
    report: Report,
    provider: Provider,
    request_id: Option<String>,
    started: Instant,
    store_latency: OnceLock<Duration>,
}

impl DeliveryLog {
    /// Begins with a request, of which the API's own log has the id.
    pub fn start(context: &Context, provider: Provider, request_id: Option<String>) -> Self {
        let (report, started) = (context.report, Instant::now());
        Self { report, provider, request_id, started, store_latency: OnceLock::new() }
    }

    /// Notes how long the table takes over a write.
    pub async fn time_store<T>(&self, write: impl Future<Output = T>) -> T {
        let started = Instant::now();
        let written = write.await;
        // Only the first write counts; there is no other.
        let _ = self.store_latency.set(started.elapsed());
        written
    }

    /// Reports what became of the request, and gives its answer back.
    pub fn finish(self, outcome: &str, answer: Answer) -> Answer {
        let status = answer.status().as_u16();
        let provider = self.provider.as_str();
        let duration = milliseconds(self.started.elapsed());
        let request_id = self.request_id;
        match self.report {
            Report::Lines => {
                tracing::info!(provider, outcome, status, duration, request_id, "delivery");
            }
            Report::Metrics => {
                let latency = self.store_latency.get().copied().map(milliseconds);
                let line = metrics_line(&[
                    ("Provider", provider.into()),
                    ("Outcome", outcome.into()),
                    ("Deliveries", 1.into()),
                    ("Duration", duration.into()),
                    ("StoreLatency", latency.into()),
                    ("ColdStarts", u8::from(is_first()).into()),
                    ("status", status.into()),
                    ("request_id", request_id.into()),
                ]);
                // A log nobody reads is no reason to fail.
                let _ = writeln!(io::stdout(), "{line}");
            }
        }
        answer
    }
}

/// A JSON line of these members, of which CloudWatch makes metrics by their names: each by
/// provider, and how many deliveries there were by outcome too. A metric costs what its
/// combinations cost, so the others are not told apart by outcome.
fn metrics_line(members: &[(&str, Value)]) -> Value {
    let metrics = [
        ("Deliveries", "Count", &[&["Provider"][..], &["Provider", "Outcome"]][..]),
        ("Duration", "Milliseconds", &[&["Provider"]]),
        ("StoreLatency", "Milliseconds", &[&["Provider"]]),
        ("ColdStarts", "Count", &[&["Provider"]]),
    ];
    let present: Map<String, Value> = members
        .iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect();
    let directives: Vec<Value> = metrics
        .iter()
        .filter(|(name, ..)| present.contains_key(*name))
        .map(|(name, unit, dimensions)| {
            json!({
                "Namespace": NAMESPACE,
                "Dimensions": dimensions,
                "Metrics": [{ "Name": name, "Unit": unit }],
            })
        })
        .collect();
    let now = Timestamp::now().as_millisecond();
    let mut line = json!({ "_aws": { "Timestamp": now, "CloudWatchMetrics": directives } });
    if let Some(line) = line.as_object_mut() {
        line.extend(present);
    }
    line
}

/// Whether this is the first request of the process.
fn is_first() -> bool {
    static SEEN: AtomicBool = AtomicBool::new(false);
    !SEEN.swap(true, Relaxed)
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_micros() as f64 / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metrics_line_is_in_the_embedded_metric_format() {
        let mut line = metrics_line(&[
            ("Provider", "flextell".into()),
            ("Outcome", "created".into()),
            ("Deliveries", 1.into()),
            ("StoreLatency", Value::Null),
            ("ColdStarts", 0.into()),
            ("status", 201.into()),
        ]);
        assert!(line["_aws"]["Timestamp"].take().is_i64());
        let expected = json!({
            "_aws": {
                "Timestamp": null,
                "CloudWatchMetrics": [
                    {
                        "Namespace": "leadhook",
                        "Dimensions": [["Provider"], ["Provider", "Outcome"]],
                        "Metrics": [{ "Name": "Deliveries", "Unit": "Count" }],
                    },
                    {
                        "Namespace": "leadhook",
                        "Dimensions": [["Provider"]],
                        "Metrics": [{ "Name": "ColdStarts", "Unit": "Count" }],
                    },
                ],
            },
            "Provider": "flextell",
            "Outcome": "created",
            "Deliveries": 1,
            "ColdStarts": 0,
            "status": 201,
        });
        assert_eq!(line, expected);
    }
}
