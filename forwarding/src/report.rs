use crate::answer::Verdict;
use jiff::Timestamp;
use serde::Serialize;
use shared::model::{Destination, DestinationState};

/// The result of a pass, and the function's log line about it. `template.yaml` counts what it says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(tag = "message", rename = "forwarding")]
pub struct Report {
    /// Messages that a destination took.
    pub forwarded: u64,
    /// Messages that a destination refused.
    pub set_aside: u64,
    /// Attempts that failed.
    pub failed: u64,
    /// Destinations whose last attempt failed, also those that answered `410 Gone`. Those that the
    /// operator paused do not count.
    pub failing: u64,
    /// For how many seconds the oldest of them has been failing.
    pub failing_seconds: i64,
    /// Destinations whose pass failed because of the table.
    pub table_faults: u64,
}

impl Report {
    /// Whether nothing was posted.
    pub fn is_empty(&self) -> bool {
        self.forwarded + self.set_aside + self.failed == 0
    }

    /// Counts an attempt. A refused message counts when it is set aside.
    pub(crate) fn note_verdict(&mut self, verdict: &Verdict) {
        match verdict {
            Verdict::Taken => self.forwarded += 1,
            Verdict::Refused(_) => {}
            Verdict::Gone | Verdict::Wait(_) => self.failed += 1,
        }
    }

    pub(crate) fn note_state(&mut self, destination: &Destination, now: Timestamp) {
        let Some(since) = destination.failing_since else { return };
        if destination.state != DestinationState::Paused {
            self.failing += 1;
            self.failing_seconds = now.duration_since(since).as_secs();
        }
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            forwarded: self.forwarded + other.forwarded,
            set_aside: self.set_aside + other.set_aside,
            failed: self.failed + other.failed,
            failing: self.failing + other.failing,
            failing_seconds: self.failing_seconds.max(other.failing_seconds),
            table_faults: self.table_faults + other.table_faults,
        }
    }
}
