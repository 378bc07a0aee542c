//! The log lines of a function. None has personal data.

use std::panic;
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{FilterExt, filter_fn},
    layer::SubscriberExt,
    registry::LookupSpan,
    util::SubscriberInitExt,
};

/// Our crates: their log lines have no personal data at any level.
const OUR_CRATES: [&str; 8] = [
    "flextell",
    "forwarding",
    "integrabot",
    "keyspot",
    "leadhook",
    "pollybot",
    "rdstation",
    "shared",
];

/// Starts JSON logs on standard output.
pub fn start_json_logs() {
    let json = tracing_subscriber::fmt::layer().json().flatten_event(true);
    let json = guarded(json.with_current_span(false), asked_filter());
    tracing_subscriber::registry().with(json).init();
    log_panics();
}

/// Logs a panic as one line with its place, but not its message: the message may contain personal
/// data.
pub fn log_panics() {
    panic::set_hook(Box::new(|panic| {
        let location = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(location, "a panic");
    }));
}

/// The filter in `RUST_LOG`; `info` if it is not set.
pub fn asked_filter() -> EnvFilter {
    EnvFilter::builder().with_default_directive(Level::INFO.into()).from_env_lossy()
}

/// Logs what `asked` allows, but only errors of other crates: at lower levels the AWS SDK and its
/// HTTP stack print requests, with leads and tokens.
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
