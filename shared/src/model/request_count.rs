use super::rate_limit::{RateLimit, Usage};
use jiff::Timestamp;

/// How many spans a window has. A count for each is kept, so the item with all of them stays below
/// 1 KB, which is one write unit.
const SPANS: i64 = 60;
/// The most requests that an instance counts at a time.
const MAX_BUNDLE: u64 = 5;
/// An instance counts at most this part of the requests that remain. So ten instances that do not
/// send what they counted waste at most a hundredth.
const BUNDLE_PART: u64 = 1_000;

/// The requests of a key within its window, as they are counted in the table. All times are Unix
/// milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RequestCount {
    /// When the present span began.
    pub(crate) since: i64,
    /// The span itself.
    pub(crate) present: Span,
    /// The spans before it, the oldest first.
    pub(crate) earlier: Vec<Span>,
}

/// The requests that are counted together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    /// How many they are.
    pub(crate) requests: u64,
    /// Until when they are sent at the latest. A window later they do not count any more.
    pub(crate) sent_by: i64,
}

/// How the next requests are counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Counting {
    /// The window is full.
    Full,
    /// They are added to the present span, if it is the one that began at `since` and does not have
    /// more than `at_most` requests or later ones than these.
    Add { since: i64, at_most: u64, added: Span },
    /// They begin a new span.
    Begin(RequestCount),
}

impl RequestCount {
    /// How to count requests at `now`. `is_contended` says that an attempt failed. Then the next one
    /// does not fail because the present span has later requests.
    pub(crate) fn next(&self, limit: RateLimit, now: Timestamp, is_contended: bool) -> Counting {
        let window = window_of(limit);
        let span = window / SPANS;
        let now = self.time(window, now);
        let allowed = u64::from(limit.requests);
        let counted: Vec<_> = self.spans().filter(|span| span.is_within(now, window)).collect();
        let left = allowed.saturating_sub(total(&counted));
        if left == 0 {
            return Counting::Full;
        }
        let requests = (left / BUNDLE_PART).clamp(1, MAX_BUNDLE);
        let sent_by = if requests == 1 { now } else { now + span };
        if !(self.since..self.since + span).contains(&now) {
            let present = Span { requests, sent_by };
            return Counting::Begin(Self { since: now, present, earlier: counted });
        }
        let latest = if is_contended { self.since + 2 * span } else { sent_by };
        Counting::Add {
            since: self.since,
            at_most: self.present.requests + left - requests,
            added: Span { requests, sent_by: latest.max(self.present.sent_by) },
        }
    }

    /// How much of the limit is used at `now`.
    pub(crate) fn usage(&self, limit: RateLimit, now: Timestamp) -> Usage {
        let window = window_of(limit);
        let time = self.time(window, now);
        let counted: Vec<_> = self.spans().filter(|span| span.is_within(time, window)).collect();
        let used = u32::try_from(total(&counted)).unwrap_or(u32::MAX);
        let oldest = counted.first().map_or(time, |span| span.sent_by);
        Usage {
            limit: limit.requests,
            remaining: limit.requests.saturating_sub(used),
            resets_at: Timestamp::from_millisecond(oldest + window).unwrap_or(now),
            retry_after: None,
        }
    }

    /// All spans, the oldest first.
    fn spans(&self) -> impl Iterator<Item = Span> {
        self.earlier.iter().copied().chain([self.present])
    }

    /// The time that counts: a clock that is behind that of another instance makes no request
    /// older. A count of a later window was made with a wrong clock, and does not count.
    fn time(&self, window: i64, now: Timestamp) -> i64 {
        let now = now.as_millisecond();
        if self.since > now + window { now } else { now.max(self.since) }
    }
}

impl Span {
    fn is_within(self, now: i64, window: i64) -> bool {
        self.requests > 0 && now - window < self.sent_by && self.sent_by <= now + window
    }
}

fn total(spans: &[Span]) -> u64 {
    spans.iter().map(|span| span.requests).sum()
}

fn window_of(limit: RateLimit) -> i64 {
    limit.window.duration().as_millis() as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{collection::vec, prelude::*};

    fn at(millisecond: i64) -> Timestamp {
        Timestamp::from_millisecond(millisecond).unwrap()
    }

    /// Counts one bundle as the table does. Returns how many requests it has.
    fn count(counted: &mut RequestCount, limit: RateLimit, now: i64) -> u64 {
        match counted.next(limit, at(now), false) {
            Counting::Full => 0,
            Counting::Add { since, at_most, added } => {
                assert_eq!(since, counted.since);
                assert!(counted.present.requests <= at_most);
                assert!(counted.present.sent_by <= added.sent_by);
                counted.present.requests += added.requests;
                counted.present.sent_by = added.sent_by;
                added.requests
            }
            Counting::Begin(next) => {
                *counted = next;
                counted.present.requests
            }
        }
    }

    proptest! {
        /// Requests of a bundle are sent as late as they may be.
        #[test]
        fn no_window_has_more_requests_than_the_limit(
            requests in prop_oneof![1_u32..100, 1_000_u32..3_000],
            pauses in vec(prop_oneof![0_i64..50, 0_i64..2_000, 0_i64..70_000], 1..400),
        ) {
            let limit: RateLimit = format!("{requests}/min").parse().unwrap();
            let (mut counted, mut now, mut sent) = (RequestCount::default(), 1_800_000_000_000, Vec::new());
            for pause in pauses {
                now += pause;
                let bundle = count(&mut counted, limit, now);
                let until = if bundle > 1 { now + 1_000 } else { now };
                sent.extend((0..bundle).map(|_| until));
                let in_window = sent.iter().filter(|at| **at > now - 60_000).count();
                prop_assert!(in_window <= requests as usize);
                prop_assert!(counted.earlier.len() <= SPANS as usize + 2);
            }
        }
    }

    #[test]
    fn a_sender_at_the_pace_of_its_limit_is_never_refused() {
        for (limit, pause) in [("60/min", 1_000), ("20/min", 3_000), ("60/h", 60_000)] {
            let mut counted = RequestCount::default();
            for n in 0..500 {
                let counted =
                    count(&mut counted, limit.parse().unwrap(), 1_800_000_000_000 + n * pause);
                assert_eq!(counted, 1, "{limit}: the {n}th request");
            }
        }
    }

    #[test]
    fn bundles_are_large_only_while_much_of_the_limit_remains() {
        for (limit, expected) in
            [("1/h", 1), ("1000/h", 1), ("2000/h", 2), ("5000/h", 5), ("90000/h", 5)]
        {
            assert_eq!(
                count(&mut RequestCount::default(), limit.parse().unwrap(), 1_800_000_000_000),
                expected,
                "{limit}"
            );
        }
    }

    #[test]
    fn a_clock_that_steps_makes_no_window_larger_and_locks_nobody_out() {
        let limit = "2/h".parse().unwrap();
        let noon = 1_800_000_000_000;
        let hour = 3_600_000;
        let mut counted = RequestCount::default();
        // The time of each request, whether it is counted.
        let cases = [
            (noon, 1),
            (noon + 60_000, 1),
            (noon - 60_000, 0),
            (noon + hour - 1, 0),
            (noon + hour, 1),
            // A clock that is days ahead.
            (noon + 100 * hour, 1),
            (noon + hour + 1, 1),
        ];
        for (now, expected) in cases {
            assert_eq!(count(&mut counted, limit, now), expected, "{}", now - noon);
        }
    }
}
