//! Logs: one JSON line per delivery, and nothing personal in any of them.

use crate::Provider;
use lambda_http::{Request, RequestExt, request::RequestContext};
use std::time::Instant;
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{FilterExt, filter_fn},
    layer::SubscriberExt,
    registry::LookupSpan,
    util::SubscriberInitExt,
};

/// The crates whose log lines are ours, and hold nothing personal at any level.
const OUR_CRATES: [&str; 7] =
    ["flextell", "integrabot", "keyspot", "leadhook", "pollybot", "rdstation", "shared"];

/// Starts JSON logs on standard output.
pub fn start_json_logs() {
    let json = tracing_subscriber::fmt::layer().json().flatten_event(true);
    tracing_subscriber::registry().with(guarded(json.with_current_span(false))).init();
}

/// Lets through what `RUST_LOG` asks for, `info` where it asks for nothing; but of other
/// crates only errors, whatever it asks for. The AWS SDK and its HTTP stack print
/// requests, and so leads and tokens, at their lower levels.
pub fn guarded<S>(layer: impl Layer<S>) -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let default = Level::INFO.into();
    let asked = EnvFilter::builder().with_default_directive(default).from_env_lossy();
    layer.with_filter(asked.and(filter_fn(is_harmless)))
}

fn is_harmless(line: &Metadata<'_>) -> bool {
    let name = line.target().split("::").next().unwrap_or_default();
    OUR_CRATES.contains(&name) || *line.level() == Level::ERROR
}

/// Logs what became of a delivery.
pub fn log_delivery(provider: Provider, request: &Request, outcome: &str, started: Instant) {
    let duration_ms = started.elapsed().as_micros() as f64 / 1_000.0;
    let request_id = request_id(request);
    tracing::info!(provider = provider.as_str(), outcome, duration_ms, request_id, "delivery");
}

/// The id that the API's own access log has for this request.
fn request_id(request: &Request) -> Option<String> {
    match request.request_context_ref()? {
        RequestContext::ApiGatewayV1(context) => context.request_id.clone(),
        RequestContext::ApiGatewayV2(context) => context.request_id.clone(),
        _ => None,
    }
}
