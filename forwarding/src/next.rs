//! What a pass does next. Nothing here reads or writes: a destination, a page of leads and an
//! answer decide.

use crate::{answer::Verdict, page::Page, wait::wait_after};
use jiff::{SignedDuration, Timestamp};
use shared::model::{ClockAndRandom, Destination, DestinationState, LeadId, Stuck};

/// From which failure of the first waiting lead on a later lead is posted too. The failures before
/// may be a short outage, and leads should stay in their order.
const PROBE_FROM: u32 = 3;

/// What a pass does about the leads after the cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Post the first one of the page.
    Post,
    /// Move the cursor over this one: it was taken or set aside before its turn, or the destination
    /// does not get it.
    MoveOver(LeadId),
    /// All leads of the page are posted: store the progress, and read the next page.
    SaveAndRead,
    /// The page is old, or not the one at the cursor: read it again.
    ReadAgain,
    /// All leads are posted.
    End,
}

/// What follows at a cursor with this page.
pub(crate) fn next_step(destination: &Destination, page: &Page, now: Timestamp) -> Step {
    if !page.is_at(destination.cursor) {
        return Step::ReadAgain;
    }
    match page.first() {
        None if page.is_last() => Step::End,
        None => Step::SaveAndRead,
        Some(lead) if destination.ahead.contains(&lead) => Step::MoveOver(lead),
        Some(_) if page.is_old(now) => Step::ReadAgain,
        Some(lead) if page.passes_over(lead) => Step::MoveOver(lead),
        Some(_) => Step::Post,
    }
}

/// What a pass does after an answer about a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// The message was taken: the next one follows.
    GoOn,
    /// Set the message aside with this status; the next one follows.
    SetAside(Option<u16>),
    /// The message failed, and it may be the message's fault: post a later lead.
    Probe,
    /// The destination failed: nothing more is posted in this pass.
    Stop,
}

/// Notes an answer about the first lead after the cursor. Does not move the cursor.
pub(crate) fn after_lead(
    destination: &mut Destination,
    lead: LeadId,
    verdict: &Verdict,
    system: &ClockAndRandom,
) -> Next {
    match *verdict {
        Verdict::Taken => {
            note_success(destination);
            Next::GoOn
        }
        Verdict::Refused(status) => {
            note_success(destination);
            Next::SetAside(Some(status))
        }
        Verdict::Gone => {
            note_gone(destination, system.now());
            Next::Stop
        }
        // It took a later lead, so the fault is this lead's.
        Verdict::Wait(_) if destination.taken_ahead.is_some_and(|ahead| lead < ahead) => {
            Next::SetAside(destination.last.as_ref().and_then(|last| last.status))
        }
        Verdict::Wait(asked) => {
            let now = system.now();
            note_failure(destination, now);
            // The destination may have the lead, although it did not take it.
            destination.reached = destination.reached.max(Some(lead));
            let stuck = count_failure(destination, lead);
            destination.next_attempt_at = Some(now + wait_after(stuck.failures, asked, system));
            if stuck.failures < PROBE_FROM { Next::Stop } else { Next::Probe }
        }
    }
}

/// Notes an answer about a lead that was posted before its turn. A refusal does not count: the lead
/// is refused again in its turn.
pub(crate) fn after_probe(
    destination: &mut Destination,
    lead: LeadId,
    verdict: &Verdict,
    system: &ClockAndRandom,
) -> Next {
    destination.reached = destination.reached.max(Some(lead));
    if let Some(stuck) = &mut destination.stuck {
        stuck.probed = Some(lead);
    }
    match *verdict {
        Verdict::Taken => {
            destination.take_ahead(lead);
            note_success(destination);
            Next::GoOn
        }
        Verdict::Refused(_) => Next::Stop,
        Verdict::Gone => {
            note_gone(destination, system.now());
            Next::Stop
        }
        Verdict::Wait(asked) => {
            let failures = destination.stuck.map_or(1, |stuck| stuck.failures);
            let until = system.now() + wait_after(failures, asked, system);
            destination.next_attempt_at = destination.next_attempt_at.max(Some(until));
            Next::Stop
        }
    }
}

/// Whose fault a failure in a window of several posts is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing failed.
    None,
    /// The first lead that failed: it is set aside.
    Lead,
    /// The destination's: nothing more is posted in this pass.
    Destination,
    /// It may be the lead's: post a later lead.
    Unclear,
}

/// Notes that `lead` is the first one that failed in a window, and `last` the last one. The lead is
/// at fault from its third failure on, if the destination took a later one since the first.
pub(crate) fn after_window(
    destination: &mut Destination,
    (lead, last): (LeadId, LeadId),
    asked: Option<SignedDuration>,
    system: &ClockAndRandom,
) -> Fault {
    let mut stuck = count_failure(destination, lead);
    // What failed beside it proves nothing.
    stuck.probed = stuck.probed.max(Some(last));
    destination.stuck = Some(stuck);
    let is_overtaken = destination.taken_ahead.is_some_and(|ahead| lead < ahead);
    if is_overtaken && stuck.failures >= PROBE_FROM {
        note_success(destination);
        return Fault::Lead;
    }
    let now = system.now();
    note_failure(destination, now);
    destination.next_attempt_at = Some(now + wait_after(stuck.failures, asked, system));
    if stuck.failures < PROBE_FROM { Fault::Destination } else { Fault::Unclear }
}

/// Counts a failure at the first lead after the cursor.
fn count_failure(destination: &mut Destination, lead: LeadId) -> Stuck {
    let before = destination.stuck.filter(|stuck| stuck.lead == lead);
    let mut stuck = before.unwrap_or(Stuck { lead, failures: 0, probed: None });
    stuck.failures = stuck.failures.saturating_add(1);
    destination.stuck = Some(stuck);
    stuck
}

/// Notes an answer about an event set aside. The leads need not wait for an event that fails.
pub(crate) fn after_event(
    destination: &mut Destination,
    verdict: &Verdict,
    system: &ClockAndRandom,
) -> Next {
    match *verdict {
        Verdict::Taken => {
            note_success(destination);
            Next::GoOn
        }
        Verdict::Refused(status) => {
            note_success(destination);
            Next::SetAside(Some(status))
        }
        Verdict::Gone => {
            note_gone(destination, system.now());
            Next::Stop
        }
        Verdict::Wait(_) => Next::Probe,
    }
}

/// A destination that answers about a message has no fault.
pub(crate) fn note_success(destination: &mut Destination) {
    destination.failures = 0;
    destination.failing_since = None;
    destination.next_attempt_at = None;
}

/// A destination wants no more messages.
pub(crate) fn note_gone(destination: &mut Destination, now: Timestamp) {
    destination.state = DestinationState::Gone;
    destination.failing_since.get_or_insert(now);
}

/// Counts a failure in a row.
pub(crate) fn note_failure(destination: &mut Destination, now: Timestamp) {
    destination.failures = destination.failures.saturating_add(1);
    destination.failing_since.get_or_insert(now);
}

/// How long an event waits that failed just now.
pub(crate) fn event_wait(
    destination: &Destination,
    verdict: &Verdict,
    system: &ClockAndRandom,
) -> SignedDuration {
    let asked = if let Verdict::Wait(asked) = verdict { *asked } else { None };
    wait_after(destination.failures.saturating_add(1), asked, system)
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::{
        model::{Account, AccountId, LastAttempt, LeadSpan, Provider, StoredLead},
        table::LeadPage,
    };
    use std::collections::BTreeMap;

    /// The wait after this many failures, without chance.
    const MINUTES: [i64; 4] = [1, 2, 5, 15];

    fn now() -> Timestamp {
        "2026-11-29T12:00:00Z".parse().unwrap()
    }

    fn lead(n: i64) -> LeadId {
        LeadId::new(now() - SignedDuration::from_hours(1) + SignedDuration::from_secs(n), 0)
    }

    fn system() -> ClockAndRandom {
        ClockAndRandom::new(now, || 1 << 15)
    }

    fn destination() -> Destination {
        let account = Account { provider: Provider::Keyspot, id: AccountId::from_static("acme") };
        let id = "dst_0123456789abcdefghij".parse().unwrap();
        let new = Destination::new(&account, id, String::new(), LeadId::FIRST, now());
        let last = Some(LastAttempt { at: now(), status: Some(500), error: None });
        Destination { cursor: lead(0), last, ..new }
    }

    /// The leads 1 to `last`, read after lead 0 just now.
    fn page(last: i64, is_last: bool) -> Page {
        let stored = |n| StoredLead::new(lead(n), now(), BTreeMap::new());
        let leads = (1..=last).map(stored).collect();
        let rest = (!is_last).then_some(LeadSpan::ALL);
        Page::new(lead(0), LeadPage { leads, rest, units: 0.0 }, now(), |of| of.id != unwanted())
    }

    /// The lead that the destination does not get.
    fn unwanted() -> LeadId {
        lead(3)
    }

    #[test]
    fn a_lead_that_a_destination_does_not_get_is_passed_over() {
        let mut page = page(3, true);
        let mut destination = destination();
        for n in 1..=2 {
            page.take_first(destination.cursor).unwrap();
            destination.move_over(lead(n));
        }
        assert_eq!(next_step(&destination, &page, now()), Step::MoveOver(lead(3)));
    }

    #[test]
    fn the_leads_of_a_page_are_posted_and_then_the_next_page_is_read() {
        for (is_last, end) in [(true, Step::End), (false, Step::SaveAndRead)] {
            let (mut page, mut destination) = (page(2, is_last), destination());
            for n in 1..=2 {
                assert_eq!(next_step(&destination, &page, now()), Step::Post, "{n}");
                page.take_first(destination.cursor).unwrap();
                assert_eq!(next_step(&destination, &page, now()), Step::ReadAgain, "not sent: {n}");
                destination.move_over(lead(n));
            }
            assert_eq!(next_step(&destination, &page, now()), end, "last {is_last}");
        }
    }

    #[test]
    fn a_page_is_read_again_if_it_is_old_or_the_cursor_was_moved() {
        let later = now() + SignedDuration::from_secs(2);
        let moved = Destination { cursor: lead(5), ..destination() };
        assert_eq!(next_step(&moved, &page(2, true), now()), Step::ReadAgain);
        let (mut page, mut destination) = (page(2, true), destination());
        assert_eq!(next_step(&destination, &page, later), Step::Post, "the table is slow");
        page.take_first(destination.cursor).unwrap();
        destination.move_over(lead(1));
        assert_eq!(next_step(&destination, &page, later), Step::ReadAgain);
        page.take_first(destination.cursor).unwrap();
        destination.move_over(lead(2));
        assert_eq!(next_step(&destination, &page, later), Step::End);
    }

    #[test]
    fn a_lead_that_was_taken_ahead_is_not_posted_again() {
        let destination = Destination { ahead: [lead(1)].into(), ..destination() };
        assert_eq!(next_step(&destination, &page(2, true), now()), Step::MoveOver(lead(1)));
    }

    #[test]
    fn from_the_third_failure_at_the_same_lead_on_a_later_one_is_probed() {
        let mut failing = destination();
        let expected = [Next::Stop, Next::Stop, Next::Probe, Next::Probe];
        for (n, (expected, minutes)) in expected.into_iter().zip(MINUTES).enumerate() {
            let next = after_lead(&mut failing, lead(1), &Verdict::Wait(None), &system());
            assert_eq!(next, expected, "failure {}", n + 1);
            let wait = failing.next_attempt_at.unwrap().duration_since(now());
            assert_eq!(wait.as_secs().div_euclid(60), minutes, "failure {}", n + 1);
        }
        assert_eq!((failing.cursor, failing.reached), (lead(0), Some(lead(1))));
        let next = after_lead(&mut failing, lead(2), &Verdict::Wait(None), &system());
        assert_eq!(next, Next::Stop, "another lead is counted anew");
    }

    #[test]
    fn a_lead_that_fails_is_at_fault_only_if_a_later_one_was_taken() {
        let refused = Next::SetAside(Some(422));
        let failed = Next::SetAside(Some(500));
        // The lead that was taken ahead, the answer about lead 2, what follows.
        let cases = [
            (None, Verdict::Taken, Next::GoOn),
            (None, Verdict::Refused(422), refused),
            (None, Verdict::Gone, Next::Stop),
            (None, Verdict::Wait(None), Next::Stop),
            (Some(1), Verdict::Wait(None), Next::Stop),
            (Some(3), Verdict::Wait(None), failed),
            (Some(3), Verdict::Taken, Next::GoOn),
            (Some(3), Verdict::Refused(422), refused),
            (Some(3), Verdict::Gone, Next::Stop),
        ];
        for (ahead, verdict, expected) in cases {
            let mut destination = Destination { taken_ahead: ahead.map(lead), ..destination() };
            let next = after_lead(&mut destination, lead(2), &verdict, &system());
            assert_eq!(next, expected, "{ahead:?} {verdict:?}");
            let waits = next == Next::Stop && verdict != Verdict::Gone;
            assert_eq!(destination.next_attempt_at.is_some(), waits, "{ahead:?} {verdict:?}");
        }
    }

    #[test]
    fn a_probe_ends_the_wait_only_if_it_is_taken() {
        let hour = Verdict::Wait(Some(SignedDuration::from_hours(1)));
        // The answer about the probed lead, what follows, the wait in minutes.
        let cases = [
            (Verdict::Taken, Next::GoOn, None),
            (Verdict::Refused(422), Next::Stop, Some(5)),
            (Verdict::Gone, Next::Stop, Some(5)),
            (Verdict::Wait(None), Next::Stop, Some(5)),
            (hour, Next::Stop, Some(60)),
        ];
        for (verdict, expected, minutes) in cases {
            let mut destination = destination();
            for _ in 0..3 {
                after_lead(&mut destination, lead(1), &Verdict::Wait(None), &system());
            }
            let next = after_probe(&mut destination, lead(2), &verdict, &system());
            assert_eq!(next, expected, "{verdict:?}");
            let until = destination.next_attempt_at;
            let wait = until.map(|until| until.duration_since(now()).as_secs().div_euclid(60));
            assert_eq!(wait, minutes, "{verdict:?}");
            assert_eq!(destination.stuck.unwrap().probed, Some(lead(2)), "{verdict:?}");
            let ahead = (next == Next::GoOn).then(|| lead(2));
            assert_eq!((destination.taken_ahead, destination.reached), (ahead, Some(lead(2))));
        }
    }
}
