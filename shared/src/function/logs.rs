//! The log lines of a function. None has personal data.

use super::environment::Environment;
use std::panic;
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::{
    Layer,
    filter::{FilterExt, LevelFilter, Targets, filter_fn},
    layer::SubscriberExt,
    registry::LookupSpan,
    util::SubscriberInitExt,
};

/// What the names of our crates begin with. Their log lines have no personal data at any level.
const OUR_CRATES: &str = "leadhook";

/// Starts JSON logs on standard output.
pub(crate) fn start_json_logs(environment: &Environment) {
    let json = tracing_subscriber::fmt::layer().json().flatten_event(true);
    let json = guarded(json.with_current_span(false), asked_filter(environment));
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

/// The filter in `RUST_LOG`: a level, or the levels of crates and modules, such as
/// `warn,leadhook_shared=info`. It is `info` if the variable is not set or cannot be read.
pub fn asked_filter(environment: &Environment) -> Targets {
    let asked = environment.optional("RUST_LOG").unwrap_or_default();
    // The filter takes an empty part for `error`, and a space for a part of a name.
    let parts: Vec<_> = asked.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
    let info = Targets::new().with_default(Level::INFO);
    if parts.is_empty() { info } else { parts.join(",").parse().unwrap_or(info) }
}

/// Logs what `asked` allows, but only errors of other crates: at lower levels the AWS SDK and its
/// HTTP stack print requests, with leads and tokens.
pub fn guarded<S>(layer: impl Layer<S>, asked: Targets) -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    // With a hint of both filters, the lines of the SDK below the level cost nothing.
    let harmless = filter_fn(is_harmless).with_max_level_hint(LevelFilter::TRACE);
    layer.with_filter(asked.and(harmless))
}

fn is_harmless(line: &Metadata<'_>) -> bool {
    line.target().starts_with(OUR_CRATES) || *line.level() == Level::ERROR
}

#[cfg(test)]
mod tests {
    use super::{asked_filter, guarded};
    use crate::function::Environment;
    use tracing::Level;
    use tracing_subscriber::{
        Layer, Registry,
        filter::{LevelFilter, Targets},
    };

    #[test]
    fn rust_log_sets_the_level_of_all_crates_or_of_single_ones() {
        // `RUST_LOG`, then the lowest level of `shared` and of `keyspot`.
        let cases = [
            (None, Some(Level::INFO), Some(Level::INFO)),
            (Some(""), Some(Level::INFO), Some(Level::INFO)),
            (Some("debug"), Some(Level::DEBUG), Some(Level::DEBUG)),
            (Some("WARN"), Some(Level::WARN), Some(Level::WARN)),
            (Some("off"), None, None),
            (Some("warn,shared=trace"), Some(Level::TRACE), Some(Level::WARN)),
            (Some("shared::table=debug,keyspot=error"), None, Some(Level::ERROR)),
            (Some("shared"), Some(Level::TRACE), None),
            (Some("shared=loud"), Some(Level::INFO), Some(Level::INFO)),
            (Some("a=b=c"), Some(Level::INFO), Some(Level::INFO)),
            (Some("debug,"), Some(Level::DEBUG), Some(Level::DEBUG)),
            (Some(" , "), Some(Level::INFO), Some(Level::INFO)),
            (Some("warn, shared = debug"), Some(Level::INFO), Some(Level::INFO)),
            (Some("warn, shared=debug"), Some(Level::DEBUG), Some(Level::WARN)),
        ];
        let levels = [Level::TRACE, Level::DEBUG, Level::INFO, Level::WARN, Level::ERROR];
        for (rust_log, shared, keyspot) in cases {
            let environment = Environment::new(move |name| {
                rust_log.filter(|_| name == "RUST_LOG").map(str::to_owned)
            });
            let filter = asked_filter(&environment);
            let lowest =
                |target: &str| levels.into_iter().find(|level| filter.would_enable(target, level));
            assert_eq!(lowest("shared::delivery"), shared, "shared with {rust_log:?}");
            assert_eq!(lowest("keyspot"), keyspot, "keyspot with {rust_log:?}");
        }
    }

    #[test]
    fn lines_below_the_asked_level_are_not_even_looked_at() {
        for level in [LevelFilter::OFF, LevelFilter::INFO, LevelFilter::TRACE] {
            let asked = Targets::new().with_default(level);
            let lines = guarded::<Registry>(tracing_subscriber::fmt::layer(), asked);
            assert_eq!(lines.max_level_hint(), Some(level));
        }
    }
}
