//! Times as people write them. Days begin and end in UTC.

use jiff::{Span, Timestamp, ToSpan, civil::Date, tz::TimeZone};

/// A time, or how long ago it was.
#[derive(Clone, Copy, Debug)]
pub enum WrittenTime {
    At(Timestamp),
    /// So long ago.
    Ago(Span),
    StartOf(Day),
}

#[derive(Clone, Copy, Debug)]
pub enum Day {
    On(Date),
    Today,
    Yesterday,
}

impl WrittenTime {
    /// The time, if it is `now`.
    ///
    /// # Errors
    /// If it is out of range.
    pub fn resolve(self, now: Timestamp) -> Result<Timestamp, String> {
        match self {
            Self::At(at) => Ok(at),
            Self::StartOf(day) => day.start(now),
            Self::Ago(span) => {
                let then = now.to_zoned(TimeZone::UTC).checked_sub(span);
                Ok(then.map_err(|_| out_of_range())?.timestamp())
            }
        }
    }
}

impl Day {
    /// Its beginning.
    ///
    /// # Errors
    /// If it is out of range.
    pub fn start(self, now: Timestamp) -> Result<Timestamp, String> {
        start_of(self.date(now)?)
    }

    /// Its end.
    ///
    /// # Errors
    /// If it is out of range.
    pub fn end(self, now: Timestamp) -> Result<Timestamp, String> {
        start_of(self.date(now)?.tomorrow().map_err(|_| out_of_range())?)
    }

    fn date(self, now: Timestamp) -> Result<Date, String> {
        match self {
            Self::On(date) => Ok(date),
            Self::Today => Ok(day_of(now)),
            Self::Yesterday => day_of(now).checked_sub(1.day()).map_err(|_| out_of_range()),
        }
    }
}

fn start_of(date: Date) -> Result<Timestamp, String> {
    Ok(date.to_zoned(TimeZone::UTC).map_err(|_| out_of_range())?.timestamp())
}

fn out_of_range() -> String {
    "the time is out of range".to_owned()
}

/// Reads a day: a date, `today` or `yesterday`.
///
/// # Errors
/// A text that says how to write it.
pub fn read_day(text: &str) -> Result<Day, String> {
    match text {
        "today" => Ok(Day::Today),
        "yesterday" => Ok(Day::Yesterday),
        date => date
            .parse()
            .map(Day::On)
            .map_err(|_| "write a day as 2026-11-21, today or yesterday".to_owned()),
    }
}

/// Reads a time in the past: a day, a time stamp, or how long ago it was.
///
/// # Errors
/// A text that says how to write it.
pub fn read_time(text: &str) -> Result<WrittenTime, String> {
    if let Ok(at) = text.parse() {
        return Ok(WrittenTime::At(at));
    }
    if let Ok(day) = read_day(text) {
        return Ok(WrittenTime::StartOf(day));
    }
    match text.parse::<Span>() {
        // A sign, or the word "ago", would turn the past into the future.
        Ok(span) if !span.is_negative() => Ok(WrittenTime::Ago(span)),
        _ => {
            Err("write a time as 2026-11-21, 2026-11-21T12:00:00Z, today or 7d for seven days ago"
                .to_owned())
        }
    }
}

/// Reads a time in the future: a date, a time stamp, or how long from now.
///
/// # Errors
/// A text that says how to write it.
pub fn read_expiry(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    let wrong =
        |_| format!("`{text}` is not a time; write 90d, 12h, 2027-01-31 or 2027-01-31T12:00:00Z");
    let at = match read_time(text).map_err(wrong)? {
        WrittenTime::Ago(span) => {
            let then = now.to_zoned(TimeZone::UTC).checked_add(span);
            then.map_err(|_| out_of_range())?.timestamp()
        }
        time @ (WrittenTime::At(_) | WrittenTime::StartOf(_)) => time.resolve(now)?,
    };
    if at > now { Ok(at) } else { Err(format!("`{text}` is not in the future")) }
}

pub fn day_of(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

/// A time for people, to the second.
pub fn write_time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_time_is_a_day_a_time_stamp_or_how_long_ago() {
        let now = at("2028-02-29T23:59:59Z");
        let cases = [
            ("2028-02-28", "2028-02-28T00:00:00Z"),
            ("2028-02-28T10:00:00Z", "2028-02-28T10:00:00Z"),
            ("2028-02-28T10:00:00-03:00", "2028-02-28T13:00:00Z"),
            ("today", "2028-02-29T00:00:00Z"),
            ("yesterday", "2028-02-28T00:00:00Z"),
            ("10m", "2028-02-29T23:49:59Z"),
            ("7d", "2028-02-22T23:59:59Z"),
            ("0s", "2028-02-29T23:59:59Z"),
            ("1y", "2027-02-28T23:59:59Z"),
        ];
        for (text, expected) in cases {
            let time = read_time(text).unwrap().resolve(now);
            assert_eq!(time, Ok(at(expected)), "{text}");
        }
        for text in ["", "soon", "someday", "2028-02-30", "99999999999d"] {
            assert!(read_time(text).and_then(|time| time.resolve(now)).is_err(), "{text}");
        }
    }

    #[test]
    fn a_time_that_is_given_as_a_duration_has_no_sign_and_no_ago() {
        for text in ["-7d", "7d ago", "7 days ago", "-1h30m", "-P7D", "-PT1H"] {
            let read = read_time(text);
            assert!(read.is_err_and(|why| why.contains("7d for seven days ago")), "{text}");
        }
    }

    #[test]
    fn an_expiry_is_in_the_future() {
        let now = at("2026-11-30T23:50:00Z");
        let cases = [("90d", "2027-02-28T23:50:00Z"), ("2027-01-31", "2027-01-31T00:00:00Z")];
        for (text, expected) in cases {
            assert_eq!(read_expiry(text, now), Ok(at(expected)), "{text}");
        }
        for text in ["soon", "2020-01-01", "today", "yesterday", "-1d", "1d ago", "0s"] {
            assert!(read_expiry(text, now).is_err(), "{text}");
        }
    }
}
