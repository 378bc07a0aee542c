use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// How many requests a key may send in any window of a minute or an hour. It is written and stored
/// as `1000/h` or `60/min`. A limit of zero refuses every request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RateLimit {
    /// How many requests.
    pub requests: u32,
    /// The length of the window.
    pub window: RateWindow,
}

/// The length of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are clear")]
pub enum RateWindow {
    Minute,
    Hour,
}

impl RateWindow {
    const ALL: [Self; 2] = [Self::Minute, Self::Hour];

    /// The window as a duration.
    pub fn duration(self) -> SignedDuration {
        match self {
            Self::Minute => SignedDuration::from_mins(1),
            Self::Hour => SignedDuration::from_hours(1),
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Minute => "min",
            Self::Hour => "h",
        }
    }
}

impl fmt::Display for RateLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.requests, self.window.as_str())
    }
}

impl FromStr for RateLimit {
    type Err = NotARateLimit;

    fn from_str(text: &str) -> Result<Self, NotARateLimit> {
        let (requests, window) = text.split_once('/').ok_or(NotARateLimit)?;
        let requests = requests.parse().map_err(|_| NotARateLimit)?;
        let window = RateWindow::ALL.into_iter().find(|known| known.as_str() == window);
        Ok(Self { requests, window: window.ok_or(NotARateLimit)? })
    }
}

impl TryFrom<String> for RateLimit {
    type Error = NotARateLimit;

    fn try_from(text: String) -> Result<Self, NotARateLimit> {
        text.parse()
    }
}

impl From<RateLimit> for String {
    fn from(limit: RateLimit) -> Self {
        limit.to_string()
    }
}

/// A text that is not a limit.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a limit is a number of requests by the hour or the minute, as 1000/h or 60/min")]
pub struct NotARateLimit;

/// How much of its limit a key has used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// How many requests a window may have.
    pub limit: u32,
    /// How many it may still have. Other instances may have used up to 5 of them each.
    pub remaining: u32,
    /// When the oldest counted request leaves the window, and the next one may be sent.
    pub resets_at: Timestamp,
    /// After how many seconds a refused request may be sent again; none: it is within the limit.
    pub retry_after: Option<u32>,
}

impl Usage {
    /// How many requests were sent.
    pub fn used(&self) -> u32 {
        self.limit.saturating_sub(self.remaining)
    }

    /// When it resets, in whole Unix seconds. It never is too early.
    pub fn reset_second(&self) -> i64 {
        self.resets_at.as_second() + i64::from(self.resets_at.subsec_nanosecond() > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_read_as_it_is_written() {
        for text in ["0/h", "1/min", "60/min", "1000/h", "4294967295/h"] {
            assert_eq!(text.parse::<RateLimit>().unwrap().to_string(), text);
        }
        for text in ["", "60", "-1/h", "1.5/h", "60/s", "60 /h", "60/H", "4294967296/h"] {
            assert_eq!(text.parse::<RateLimit>(), Err(NotARateLimit), "{text}");
        }
    }
}
