//! The log and the metrics: one line per delivery, without personal data.

use super::answer::Answer;
use crate::model::Provider;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use std::{
    io::{self, Write},
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

/// The namespace of the metrics.
const NAMESPACE: &str = "leadhook";

/// How deliveries are reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Report {
    /// As log lines for people.
    Lines,
    /// As JSON lines that are also metrics, in CloudWatch's embedded metric format.
    Metrics,
}

/// The data for a delivery's one log line.
pub struct DeliveryLog {
    report: Report,
    provider: Provider,
    request_id: Option<String>,
    started: Instant,
    store_latency: OnceLock<Duration>,
}

impl DeliveryLog {
    /// Starts when a request arrives. `request_id` is its id in the API's log.
    pub fn start(report: Report, provider: Provider, request_id: Option<String>) -> Self {
        let started = Instant::now();
        Self { report, provider, request_id, started, store_latency: OnceLock::new() }
    }

    /// Notes how long a write to the table takes.
    pub async fn time_store<T>(&self, write: impl Future<Output = T>) -> T {
        let started = Instant::now();
        let written = write.await;
        // Each delivery has one such write.
        let _ = self.store_latency.set(started.elapsed());
        written
    }

    /// Writes the log line and returns the answer.
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
                // A delivery does not fail because its log line cannot be written.
                let _ = writeln!(io::stdout(), "{line}");
            }
        }
        answer
    }
}

/// A JSON line with these members. CloudWatch makes metrics of those named below: each by provider,
/// and `Deliveries` also by outcome. Each combination costs money, so the other metrics have no
/// outcome.
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
