//! Which log lines a function writes. None holds anything personal.

use std::panic;
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
