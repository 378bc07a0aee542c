//! A clock that never goes back.

use jiff::{SignedDuration, Timestamp};
use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// A clock that begins at `start` or later, and never goes back. `wall` is the clock to follow, and
/// `elapsed` the time since the start, which no one sets.
///
/// If `wall` is set back, this clock goes on at half the speed until `wall` is there again. It does
/// not stand still: a millisecond has only 4,096 lead ids.
pub(super) fn steady_clock(
    wall: impl Fn() -> Timestamp,
    elapsed: impl Fn() -> Duration,
    start: Timestamp,
) -> impl Fn() -> Timestamp {
    let last = Mutex::new((start, Duration::ZERO));
    move || {
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        let (time, at) = *last;
        let elapsed = elapsed().max(at);
        let slowed = SignedDuration::try_from(elapsed.saturating_sub(at) / 2).unwrap_or_default();
        let now = time.saturating_add(slowed).unwrap_or(time).max(wall());
        *last = (now, elapsed);
        now
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn time_never_goes_back_and_meets_the_clock_again() {
        let (wall, elapsed) = (Cell::new(1_000), Cell::new(0));
        let clock =
            steady_clock(|| at(wall.get()), || Duration::from_secs(elapsed.get()), Timestamp::MIN);
        // The clock to follow, the seconds since the start, the time.
        let cases = [
            ("at the start", 1_000, 0, 1_000),
            ("later", 1_010, 10, 1_010),
            ("ten seconds back", 1_000, 10, 1_010),
            ("still ahead", 1_010, 20, 1_015),
            ("there again", 1_020, 30, 1_020),
            ("an hour ahead", 4_620, 30, 4_620),
            ("an hour back", 1_020, 30, 4_620),
            ("half an hour later", 2_820, 1_830, 5_520),
            ("there again after two hours", 8_220, 7_230, 8_220),
            ("a suspended machine", 90_000, 7_231, 90_000),
            ("a clock of the last century", -86_400, 7_233, 90_001),
        ];
        for (case, now, seconds, expected) in cases {
            wall.set(now);
            elapsed.set(seconds);
            assert_eq!(clock(), at(expected), "{case}");
        }
    }

    #[test]
    fn time_begins_at_the_start_or_later() {
        for (wall, start, expected) in [(1_000, 990, 1_000), (1_000, 1_010, 1_010)] {
            let clock = steady_clock(|| at(wall), || Duration::ZERO, at(start));
            assert_eq!(clock(), at(expected), "{start}");
        }
    }
}
