//! Times as people write them.

use jiff::{Span, Timestamp, civil::Date, tz::TimeZone};

/// A time to come: a date, a time stamp, or how long from now.
pub(super) fn read_expiry(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    let at = match read_moment(text) {
        Ok(at) => at,
        Err(_) => {
            let wrong = || {
                format!("`{text}` is no time; write 90d, 12h, 2027-01-31 or 2027-01-31T12:00:00Z")
            };
            let span: Span = text.parse().map_err(|_| wrong())?;
            let then = now.to_zoned(TimeZone::UTC).checked_add(span).map_err(|_| wrong())?;
            then.timestamp()
        }
    };
    if at > now { Ok(at) } else { Err(format!("`{text}` is not in the future")) }
}

/// A day, from its beginning in UTC, or a time stamp.
pub(super) fn read_moment(text: &str) -> Result<Timestamp, String> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    let day: Date = text
        .parse()
        .map_err(|_| format!("`{text}` is no time; write 2026-11-21 or 2026-11-21T12:00:00Z"))?;
    start_of(day).ok_or_else(|| format!("`{text}` is no day that can be reached"))
}

/// The beginning of a day, in UTC.
pub(super) fn start_of(day: Date) -> Option<Timestamp> {
    Some(day.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// The day of a time, in UTC.
pub(super) fn day_of(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

/// A time for people, to the second.
pub(super) fn write_moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
