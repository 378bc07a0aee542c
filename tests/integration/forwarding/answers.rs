//! The meaning of each answer, and the waits after a failure or a refusal.

use super::test_destination::{TestDestination, takes};
use crate::receiver::{Reply, status};
use forwarding::{PostError, try_again_after, wait_after};
use jiff::{SignedDuration, Timestamp};
use shared::model::{ClockAndRandom, DestinationState, LeadId};

/// What a pass does after an answer to the first of two leads.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Then {
    GoesOn,
    SetsAsideAndGoesOn,
    Waits,
    Pauses,
}

/// Runs a pass whose first post has this answer.
async fn check(case: &str, answer: Reply, expected: Then) {
    use Then::{GoesOn, Pauses, SetsAsideAndGoesOn, Waits};
    let destination = TestDestination::start().await;
    let ids = destination.store(2).await;
    destination.pass(|n| if n == 1 { answer.clone() } else { takes(n) }).await;
    let (stored, set_aside) = (destination.stored().await, destination.set_aside().await);
    let went_on = stored.cursor == ids[1];
    let then = match stored.state {
        DestinationState::Gone => Pauses,
        DestinationState::Active if !went_on && stored.next_attempt_at.is_some() => Waits,
        DestinationState::Active if went_on && set_aside.is_empty() => GoesOn,
        DestinationState::Active if went_on => SetsAsideAndGoesOn,
        state => panic!("{case}: {state:?}"),
    };
    assert_eq!(then, expected, "{case}");
    assert_eq!(stored.lease_until, None, "{case}");
    if !went_on {
        let at_first = (stored.cursor, destination.leads_got());
        assert_eq!(at_first, (LeadId::FIRST, vec![ids[0]]), "{case}");
    }
}

#[tokio::test]
async fn each_status_has_its_meaning() {
    let statuses = [
        (Then::GoesOn, &[200, 201, 202, 204, 299][..]),
        (Then::SetsAsideAndGoesOn, &[400, 409, 413, 415, 422]),
        (Then::Waits, &[300, 301, 302, 307, 308, 401, 402, 403, 404, 405, 406, 408, 418]),
        (Then::Waits, &[425, 429, 451, 500, 501, 502, 503, 504, 599]),
        (Then::Pauses, &[410]),
    ];
    for (then, statuses) in statuses {
        for code in statuses {
            check(&code.to_string(), status(*code), then).await;
        }
    }
}

#[tokio::test]
async fn no_answer_is_a_fault_of_the_destination() {
    let errors = [
        PostError::NoSuchName,
        PostError::NoConnection,
        PostError::BadCertificate,
        PostError::NotSecure,
        PostError::TimedOut,
        PostError::Unreadable,
        PostError::NotPublic([127, 0, 0, 1].into()),
    ];
    for error in errors {
        check(&error.to_string(), Err(error), Then::Waits).await;
    }
}

#[test]
fn waits_grow_to_an_hour_and_have_ten_per_cent_of_chance() {
    for (random, factor) in [(0, 0.9), (1 << 15, 1.0), ((1 << 16) - 1, 1.1)] {
        let system = ClockAndRandom::new(Timestamp::now, move || random);
        for (failures, minutes) in [
            (1, 1.0),
            (2, 2.0),
            (3, 5.0),
            (4, 15.0),
            (5, 30.0),
            (6, 60.0),
            (7, 60.0),
            (1_000, 60.0),
        ] {
            let wait = wait_after(failures, None, &system).as_secs_f64();
            let expected = minutes * 60.0 * factor;
            assert!((wait - expected).abs() < 0.2, "{failures} {random}: {wait}");
        }
    }
}

#[test]
fn retry_after_makes_a_wait_longer_up_to_an_hour_and_never_shorter() {
    let in_the_middle = ClockAndRandom::new(Timestamp::now, || 1 << 15);
    let cases = [
        // Failures, what was asked for, the wait in seconds.
        (1, -86_400, 60),
        (1, 0, 60),
        (1, 59, 60),
        (1, 120, 120),
        (3, 120, 300),
        (3, 1_000, 1_000),
        (3, 90_000, 3_600),
        (6, 0, 3_600),
    ];
    for (failures, asked, expected) in cases {
        let wait = wait_after(failures, Some(SignedDuration::from_secs(asked)), &in_the_middle);
        let difference = wait.as_secs_f64() - f64::from(expected);
        assert!(difference.abs() < 0.1, "{failures} {asked}: {wait}");
    }
}

#[test]
fn a_refused_message_is_posted_again_after_1_6_and_24_hours() {
    let now: Timestamp = "2028-02-28T12:00:00Z".parse().unwrap();
    let again = |tries| try_again_after(tries, now).map(|at| at.to_string());
    assert_eq!(again(1).as_deref(), Some("2028-02-28T13:00:00Z"));
    assert_eq!(again(2).as_deref(), Some("2028-02-28T18:00:00Z"));
    assert_eq!(again(3).as_deref(), Some("2028-02-29T12:00:00Z"));
    assert_eq!(again(4), None);
}
