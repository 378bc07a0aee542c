//! Leads and events that their destination never takes do not hold up the others.

use super::test_destination::{TestDestination, takes};
use crate::receiver::{Received, Receiver, Reply, status};
use forwarding::{PostError, SETTLED_AFTER};
use jiff::SignedDuration;
use shared::{
    model::{Destination, DestinationState, LeadId, SetAside},
    table::DestinationChange,
};
fn fails() -> Reply {
    status(500)
}

impl TestDestination {
    /// A pass to a destination that fails for these leads, as soon as it is due.
    async fn pass_failing(&self, fails: &[LeadId], answer: Reply) {
        let due = self.stored().await.next_attempt_at;
        let wait = due.map_or(SignedDuration::ZERO, |at| at.duration_since(self.api.now()));
        self.api.advance((wait - SETTLED_AFTER).max(SignedDuration::ZERO));
        let receiver = Receiver::answering(|Received { request, number, .. }| {
            let lead = request.id.split('_').nth(1).unwrap().parse().unwrap();
            if fails.contains(&lead) { answer.clone() } else { takes(number) }
        });
        self.pass_to_receiver(&receiver).await;
    }

    /// The leads set aside, each with its status and its tries.
    async fn aside(&self) -> Vec<(LeadId, Option<u16>, u32)> {
        let events = self.set_aside().await.into_iter();
        events.map(|SetAside { lead_id, status, tries, .. }| (lead_id, status, tries)).collect()
    }
}

#[tokio::test]
async fn a_lead_that_always_fails_is_set_aside_when_a_later_one_is_taken() {
    let answers = [
        ("500", fails()),
        ("301", status(301)),
        ("a reset", Err(PostError::Unreadable)),
        ("silence", Err(PostError::TimedOut)),
    ];
    for (case, answer) in answers {
        let destination = TestDestination::start().await;
        let ids = destination.store(4).await;
        let code = answer.as_ref().ok().map(|answer| answer.status);
        for n in 1..3 {
            destination.pass_failing(&ids[1..2], answer.clone()).await;
            let expected = if n == 1 { &ids[..2] } else { &ids[1..2] };
            assert_eq!(destination.leads_got(), expected, "{case} {n}");
        }
        assert_eq!(destination.stored().await.stuck.map(|stuck| stuck.lead), Some(ids[1]));
        destination.pass_failing(&ids[1..2], answer.clone()).await;
        // The third failure, the probe, the lead again, and the rest without the probed one.
        assert_eq!(destination.leads_got(), [ids[1], ids[2], ids[1], ids[3]], "{case}");
        assert_eq!(destination.aside().await, [(ids[1], code, 1)], "{case}");
        let stored = destination.stored().await;
        assert_eq!((stored.cursor, stored.stuck, stored.taken_ahead), (ids[3], None, None));
        assert_eq!((stored.failures, stored.next_attempt_at), (0, None), "{case}");
    }
}

#[tokio::test]
async fn several_leads_in_a_row_that_always_fail_are_passed_too() {
    for bad in [2, 5] {
        let destination = TestDestination::start().await;
        let ids = destination.store(bad + 2).await;
        let mut posts = Vec::new();
        for _ in 0..3 + bad - 1 {
            destination.pass_failing(&ids[..bad], fails()).await;
            posts.push(destination.leads_got());
        }
        // One probe at each failure from the third on.
        for (n, posts) in posts[..posts.len() - 1].iter().enumerate() {
            let probe = n.checked_sub(1);
            let expected: Vec<_> =
                [Some(0), probe.filter(|probe| *probe > 0)].into_iter().flatten().collect();
            let got: Vec<_> =
                posts.iter().map(|id| ids.iter().position(|it| it == id).unwrap()).collect();
            assert_eq!(got, expected, "{bad} {n}");
        }
        let aside: Vec<_> = ids[..bad].iter().map(|id| (*id, Some(500), 1)).collect();
        assert_eq!(destination.aside().await, aside, "{bad}");
        assert_eq!(destination.stored().await.cursor, ids[bad + 1], "{bad}");
    }
}

/// The failing lead is posted once more after a later one was taken.
#[tokio::test]
async fn an_outage_that_ends_at_a_probe_sets_nothing_aside() {
    let destination = TestDestination::start().await;
    let ids = destination.store(6).await;
    for _ in 0..4 {
        destination.pass_failing(&ids, fails()).await;
    }
    destination.api.advance(SignedDuration::from_hours(1));
    // It fails once more, and then it takes everything.
    destination.pass(|n| if n == 1 { fails() } else { takes(n) }).await;
    assert_eq!(destination.leads_got(), [ids[0], ids[3], ids[0], ids[1], ids[2], ids[4], ids[5]]);
    assert_eq!(destination.aside().await, []);
}

/// The leads were probed while the destination was away.
#[tokio::test]
async fn probes_begin_again_after_the_last_lead() {
    let destination = TestDestination::start().await;
    let ids = destination.store(3).await;
    for _ in 0..5 {
        destination.pass_failing(&ids, fails()).await;
    }
    for _ in 0..2 {
        destination.pass_failing(&ids[..1], fails()).await;
    }
    assert_eq!(destination.stored().await.cursor, ids[2]);
    assert_eq!(destination.aside().await, [(ids[0], Some(500), 1)]);
}

#[tokio::test]
async fn a_probed_lead_that_is_refused_is_refused_again_in_its_turn() {
    let destination = TestDestination::start().await;
    let ids = destination.store(3).await;
    for _ in 0..2 {
        destination.pass_failing(&ids[..1], fails()).await;
    }
    destination.api.advance(SignedDuration::from_hours(1));
    destination.pass(|n| status(if n == 1 { 500 } else { 422 })).await;
    assert_eq!(
        (destination.leads_got(), destination.aside().await),
        (ids[..2].to_vec(), Vec::new())
    );
    destination.api.advance(SignedDuration::from_hours(1));
    destination.pass(|n| status(if n == 2 { 422 } else { 200 })).await;
    assert_eq!(destination.leads_got(), ids);
    assert_eq!(destination.aside().await, [(ids[1], Some(422), 1)]);
}

#[tokio::test]
async fn a_probed_lead_that_was_taken_is_not_posted_again_after_a_pass_ended() {
    let destination = TestDestination::start().await;
    let ids = destination.store(3).await;
    for _ in 0..2 {
        destination.pass_failing(&ids[..1], fails()).await;
    }
    destination.api.advance(SignedDuration::from_hours(1));
    // The destination wants nothing more after the probe.
    destination.pass(|n| status([500, 200, 410][n - 1])).await;
    assert_eq!(destination.leads_got(), [ids[0], ids[1], ids[0]]);
    assert_eq!(destination.stored().await.taken_ahead, Some(ids[1]));
    let active = destination.stored().await;
    let active = Destination { state: DestinationState::Active, ..active };
    destination.table().change_destination(&active, DestinationChange::Resume).await.unwrap();
    destination.pass(takes).await;
    assert_eq!(destination.leads_got(), [ids[0], ids[2]]);
}

/// A destination with so many leads that has failed twice at one of them, and is due.
async fn before_a_probe(leads: usize, bad: usize) -> (TestDestination, Vec<LeadId>) {
    let destination = TestDestination::start().await;
    let ids = destination.store(leads).await;
    for _ in 0..2 {
        destination.pass_failing(&ids[bad..=bad], fails()).await;
    }
    destination.api.advance(SignedDuration::from_hours(1));
    (destination, ids)
}

/// The operator saw the destination before the pass, and skips the lead when a later one was taken.
#[tokio::test]
async fn a_skip_while_a_later_lead_is_probed_posts_that_one_only_once() {
    let (destination, ids) = before_a_probe(3, 0).await;
    let seen = destination.stored().await;
    let receiver = Receiver::new(|Received { number, .. }| {
        let (table, seen) = (destination.table(), &seen);
        let ids = &ids;
        Box::pin(async move {
            if number == 3 {
                assert!(table.pass_over_lead(seen, ids[0]).await.unwrap());
            }
            status(if number == 1 { 500 } else { 200 })
        })
    });
    destination.pass_to_receiver(&receiver).await;
    assert_eq!(destination.leads_got(), [ids[0], ids[1], ids[0], ids[2]]);
}

/// Otherwise nobody would tell the destination when that lead is erased.
#[tokio::test]
async fn a_skip_keeps_that_a_probed_lead_may_have_been_taken() {
    let (destination, ids) = before_a_probe(2, 0).await;
    let seen = destination.stored().await;
    destination.pass(|_| Err(PostError::TimedOut)).await;
    assert_eq!(destination.leads_got(), ids);
    assert!(destination.table().pass_over_lead(&seen, ids[0]).await.unwrap());
    assert!(destination.stored().await.may_have(ids[1]));
}

/// What a pass reached between the operator's look and the replay stays noted.
#[tokio::test]
async fn a_replay_is_refused_if_a_pass_probed_meanwhile() {
    let (destination, ids) = before_a_probe(3, 1).await;
    let seen = destination.stored().await;
    destination.pass(|_| Err(PostError::TimedOut)).await;
    let (table, first) = (destination.table(), LeadId::FIRST);
    assert!(!table.move_cursor_back(&seen, first).await.unwrap());
    assert!(destination.stored().await.may_have(ids[2]));
    assert!(table.move_cursor_back(&destination.stored().await, first).await.unwrap());
}

/// Each of its failures counts as a refusal if the destination takes a lead after it.
#[tokio::test]
async fn an_event_that_always_fails_does_not_hold_up_leads() {
    let destination = TestDestination::start().await;
    let bad = destination.store(2).await;
    destination.pass(|_| status(422)).await;
    let mut expected = vec![2, 2];
    for hours in [1, 6, 24] {
        destination.api.advance(SignedDuration::from_hours(hours));
        for n in 0..2 {
            let new = destination.store(1).await;
            destination.pass_failing(&bad, fails()).await;
            assert_eq!(destination.leads_got(), [bad[n], new[0]], "{hours} {n}");
            assert_eq!(destination.stored().await.cursor, new[0], "{hours} {n}");
        }
        let tries: Vec<_> = destination.aside().await.iter().map(|event| event.2).collect();
        assert_eq!(tries, expected, "{hours}");
        expected = tries.iter().map(|tries| tries + 1).collect();
    }
    assert!(destination.set_aside().await.iter().all(|event| event.next_attempt_at.is_none()));
}

/// Without a lead after it, nobody knows whose fault it is.
#[tokio::test]
async fn an_event_that_fails_alone_waits_itself_and_is_not_given_up() {
    let destination = TestDestination::start().await;
    let bad = destination.store(1).await;
    destination.pass(|_| status(422)).await;
    destination.api.advance(SignedDuration::from_hours(1));
    for n in 1..6 {
        destination.pass_failing(&bad, fails()).await;
        assert_eq!(destination.leads_got(), bad, "{n}");
        assert_eq!(destination.aside().await, [(bad[0], Some(500), 1)], "{n}");
        let stored = destination.stored().await;
        assert_eq!((stored.failures, stored.next_attempt_at), (n, None), "{n}");
        let due = destination.set_aside().await[0].next_attempt_at.unwrap();
        assert!(due > destination.api.now(), "{n}");
        // A new lead need not wait for it.
        if n == 5 {
            let new = destination.store(1).await;
            destination.pass_failing(&bad, fails()).await;
            assert_eq!(destination.leads_got(), new);
        }
        destination.api.advance(due.duration_since(destination.api.now()));
    }
}

#[tokio::test]
async fn in_an_outage_an_event_is_not_at_fault() {
    let destination = TestDestination::start().await;
    let refused = destination.store(1).await;
    destination.pass(|_| status(422)).await;
    destination.api.advance(SignedDuration::from_hours(1));
    let waiting = destination.store(1).await;
    for _ in 0..4 {
        destination.pass(|_| Err(PostError::NoConnection)).await;
        assert_eq!(destination.leads_got(), [refused[0], waiting[0]]);
        destination.api.advance(SignedDuration::from_hours(2));
    }
    assert_eq!(destination.aside().await, [(refused[0], Some(422), 1)]);
    destination.pass(takes).await;
    assert_eq!(destination.leads_got(), [refused[0], waiting[0]]);
    assert_eq!(destination.aside().await, []);
}
