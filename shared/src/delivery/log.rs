//! The log and the metrics: one line per delivery, without personal data.

use super::answer::Answer;
use crate::model::{OutcomeName, Provider};
use jiff::Timestamp;
use serde::Serialize;
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
    pub(crate) async fn time_store<T>(&self, write: impl Future<Output = T>) -> T {
        let started = Instant::now();
        let written = write.await;
        // Each delivery has one such write.
        let _ = self.store_latency.set(started.elapsed());
        written
    }

    /// Writes the log line.
    pub fn finish(self, outcome: OutcomeName, answer: &Answer) {
        let status = answer.status().as_u16();
        let (provider, outcome) = (self.provider.as_str(), outcome.as_str());
        let duration = milliseconds(self.started.elapsed());
        let request_id = self.request_id;
        match self.report {
            Report::Lines => {
                tracing::info!(provider, outcome, status, duration, request_id, "delivery");
            }
            Report::Metrics => {
                let latency = self.store_latency.get().copied().map(milliseconds);
                let line = MetricsLine {
                    aws: Metadata::new(Timestamp::now(), latency.is_some()),
                    provider,
                    outcome,
                    deliveries: 1,
                    duration,
                    store_latency: latency,
                    cold_starts: is_first().into(),
                    status,
                    request_id: request_id.as_deref(),
                };
                // A delivery does not fail because its log line cannot be written.
                if let Ok(line) = serde_json::to_string(&line) {
                    let _ = writeln!(io::stdout(), "{line}");
                }
            }
        }
    }
}

/// A JSON line that is also metrics. It is written without a tree of values, because each delivery
/// writes one.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct MetricsLine<'a> {
    #[serde(rename = "_aws")]
    aws: Metadata,
    provider: &'a str,
    outcome: &'a str,
    deliveries: u8,
    duration: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    store_latency: Option<f64>,
    cold_starts: u8,
    #[serde(rename = "status")]
    status: u16,
    #[serde(rename = "request_id", skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
}

/// What CloudWatch makes of a line.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata {
    timestamp: i64,
    cloud_watch_metrics: Vec<Directive>,
}

/// A metric, and the members that split it.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Directive {
    namespace: &'static str,
    dimensions: &'static [&'static [&'static str]],
    metrics: [Metric; 1],
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metric {
    name: &'static str,
    unit: &'static str,
}

/// The metrics: each by provider, and `Deliveries` also by outcome. Each combination costs money,
/// so the other metrics have no outcome.
const METRICS: [Directive; 4] = [
    Directive::new("Deliveries", "Count", &[&["Provider"], &["Provider", "Outcome"]]),
    Directive::new("Duration", "Milliseconds", &[&["Provider"]]),
    Directive::new(STORE_LATENCY, "Milliseconds", &[&["Provider"]]),
    Directive::new("ColdStarts", "Count", &[&["Provider"]]),
];
/// A delivery that writes nothing has no such member.
const STORE_LATENCY: &str = "StoreLatency";

impl Directive {
    const fn new(
        name: &'static str,
        unit: &'static str,
        dimensions: &'static [&'static [&'static str]],
    ) -> Self {
        Self { namespace: NAMESPACE, dimensions, metrics: [Metric { name, unit }] }
    }
}

impl Metadata {
    fn new(at: Timestamp, has_store_latency: bool) -> Self {
        let present =
            |directive: &Directive| has_store_latency || directive.metrics[0].name != STORE_LATENCY;
        let cloud_watch_metrics = METRICS.into_iter().filter(present).collect();
        Self { timestamp: at.as_millisecond(), cloud_watch_metrics }
    }
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
    use serde_json::json;

    #[test]
    fn a_metrics_line_is_in_the_embedded_metric_format() {
        let line = MetricsLine {
            aws: Metadata::new("2026-11-24T10:00:00.123Z".parse().unwrap(), false),
            provider: "flextell",
            outcome: "created",
            deliveries: 1,
            duration: 1.5,
            store_latency: None,
            cold_starts: 0,
            status: 201,
            request_id: None,
        };
        let expected = json!({
            "_aws": {
                "Timestamp": 1_795_514_400_123_i64,
                "CloudWatchMetrics": [
                    {
                        "Namespace": "leadhook",
                        "Dimensions": [["Provider"], ["Provider", "Outcome"]],
                        "Metrics": [{ "Name": "Deliveries", "Unit": "Count" }],
                    },
                    {
                        "Namespace": "leadhook",
                        "Dimensions": [["Provider"]],
                        "Metrics": [{ "Name": "Duration", "Unit": "Milliseconds" }],
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
            "Duration": 1.5,
            "ColdStarts": 0,
            "status": 201,
        });
        assert_eq!(serde_json::to_value(&line).unwrap(), expected);
    }
}
