//! When a destination is tried again.

use jiff::{SignedDuration, Timestamp};
use shared::model::ClockAndRandom;

/// The waits after the first failures of a destination, in minutes. The last one repeats without
/// end.
const WAITS: [i64; 6] = [1, 2, 5, 15, 30, 60];
/// How much of a wait is random.
const JITTER: f64 = 0.1;
/// The longest `Retry-After` that is obeyed.
const LONGEST_RETRY_AFTER: SignedDuration = SignedDuration::from_hours(1);
/// The waits before a refused message is posted again, in hours.
const TRY_AGAIN_AFTER: [i64; 3] = [1, 6, 24];

/// How long to wait after this many failures in a row. `asked` is what the destination asked for:
/// it makes the wait longer, but not shorter.
pub fn wait_after(
    failures: u32,
    asked: Option<SignedDuration>,
    system: &ClockAndRandom,
) -> SignedDuration {
    let last = WAITS.len() - 1;
    let minutes = WAITS[(failures.saturating_sub(1) as usize).min(last)];
    let seconds = (minutes * 60) as f64 * (1.0 + JITTER * (2.0 * system.random_fraction() - 1.0));
    let wait = SignedDuration::from_millis((seconds * 1_000.0) as i64);
    asked.map_or(wait, |asked| asked.min(LONGEST_RETRY_AFTER).max(wait))
}

/// When a message is posted again that was refused this many times; `None`: only the operator
/// decides.
pub fn try_again_after(refusals: u32, now: Timestamp) -> Option<Timestamp> {
    let hours = TRY_AGAIN_AFTER.get(refusals.saturating_sub(1) as usize)?;
    Some(now + SignedDuration::from_hours(*hours))
}
