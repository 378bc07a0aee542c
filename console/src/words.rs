//! Outcomes, times and sizes in words.

use askama::filters::HtmlSafe;
use jiff::Timestamp;
use shared::model::OutcomeName;
use std::{borrow::Borrow, fmt};

/// How a delivery ended: a sign, a kind and words.
pub(crate) struct Ending {
    /// A sign that needs no colour.
    pub(crate) sign: &'static str,
    /// `good`, `same`, `refused` or `failed`.
    pub(crate) kind: &'static str,
    pub(crate) words: String,
}

impl Ending {
    fn new(sign: &'static str, kind: &'static str, words: impl Into<String>) -> Self {
        Self { sign, kind, words: words.into() }
    }
}

/// The ending of a delivery with this outcome.
pub(crate) fn ending(outcome: OutcomeName) -> Ending {
    let words = outcome.words();
    match outcome {
        OutcomeName::Created | OutcomeName::Answered { .. } => Ending::new("✓", "good", words),
        OutcomeName::Existing | OutcomeName::Replayed => Ending::new("↺", "same", words),
        OutcomeName::Unauthorized
        | OutcomeName::OutOfScope
        | OutcomeName::OverLimit
        | OutcomeName::NotFound
        | OutcomeName::BodyTooLarge
        | OutcomeName::NotAnObject
        | OutcomeName::Invalid
        | OutcomeName::IdempotencyKeyReused
        | OutcomeName::ChatbotNotFound
        | OutcomeName::IpBlocked
        | OutcomeName::BadTenant
        | OutcomeName::ForeignTenant => Ending::new("✕", "refused", format!("refused: {words}")),
        OutcomeName::Unavailable | OutcomeName::Internal => {
            Ending::new("!", "failed", format!("not stored: {words}"))
        }
    }
}

/// A time as an element: how long ago it was, and the exact time on hover.
pub(crate) struct When {
    at: Timestamp,
    now: Timestamp,
}

impl When {
    pub(crate) fn new(at: Timestamp, now: Timestamp) -> Self {
        Self { at, now }
    }
}

// It writes only times and its own words.
impl HtmlSafe for When {}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (exact, relative) = (self.at.strftime("%Y-%m-%d %H:%M:%S UTC"), ago(self.at, self.now));
        write!(f, "<time datetime=\"{:.3}\" title=\"{exact}\">{relative}</time>", self.at)
    }
}

/// How long ago a time was, or how far away it is. `console.js` writes the same words.
fn ago(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(at).as_secs();
    let (count, unit) = match seconds.abs() {
        0..=1 => return "now".to_owned(),
        count @ 2..=59 => (count, "s"),
        count @ 60..=3_599 => (count / 60, "min"),
        count @ 3_600..=86_399 => (count / 3_600, "h"),
        count => (count / 86_400, if count < 2 * 86_400 { "day" } else { "days" }),
    };
    if seconds < 0 { format!("in {count} {unit}") } else { format!("{count} {unit} ago") }
}

/// A size in bytes for people.
pub(crate) fn size(bytes: usize) -> String {
    if bytes < 1024 { format!("{bytes} bytes") } else { format!("{} KiB", bytes.div_ceil(1024)) }
}

/// A number of things: `1 lead`, `2 leads`.
pub(crate) fn count(number: impl Borrow<usize>, one: &str, many: &str) -> String {
    let number = *number.borrow();
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_relative_and_exact() {
        let now: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        let cases = [
            ("2026-11-24T12:00:00Z", "now"),
            ("2026-11-24T11:59:30Z", "30 s ago"),
            ("2026-11-24T11:01:00Z", "59 min ago"),
            ("2026-11-24T09:30:00Z", "2 h ago"),
            ("2026-11-23T11:00:00Z", "1 day ago"),
            ("2026-11-01T12:00:00Z", "23 days ago"),
            ("2026-11-24T12:05:00Z", "in 5 min"),
        ];
        for (at, expected) in cases {
            assert_eq!(ago(at.parse().unwrap(), now), expected, "{at}");
        }
        let when = When::new("2026-11-24T11:59:30.123Z".parse().unwrap(), now).to_string();
        assert_eq!(
            when,
            "<time datetime=\"2026-11-24T11:59:30.123Z\" title=\"2026-11-24 11:59:30 UTC\">29 s \
             ago</time>"
        );
    }
}
