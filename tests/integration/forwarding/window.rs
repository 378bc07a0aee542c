//! Destinations that get several leads at the same time.

use super::test_destination::{TestDestination, takes};
use crate::receiver::{Received, Receiver, Reply, status};
use forwarding::{PASS_FOR, PostError};
use jiff::SignedDuration;
use shared::{
    model::{Destination, DestinationState, LeadId},
    table::DestinationChange,
};
use std::{
    collections::BTreeSet,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};
use tokio::sync::Semaphore;

impl TestDestination {
    /// One that gets so many leads at the same time.
    async fn with_in_flight(in_flight: u8) -> Self {
        let destination = Self::start().await;
        destination.set_in_flight(in_flight).await;
        destination
    }

    async fn set_in_flight(&self, in_flight: u8) {
        let in_flight = in_flight.try_into().unwrap();
        self.store_settings(&Destination { in_flight, ..self.stored().await }).await;
    }

    /// A pass whose answers depend on the lead, and on how often it was posted in the pass.
    async fn pass_by_lead(&self, answer: impl Fn(LeadId, usize) -> Reply + Send + Sync) {
        let posted = Mutex::new(Vec::new());
        let receiver = Receiver::answering(|Received { request, .. }| {
            let lead = lead_of(&request.id);
            let mut posted = posted.lock().unwrap();
            posted.push(lead);
            answer(lead, posted.iter().filter(|of| **of == lead).count())
        });
        self.pass_to_receiver(&receiver).await;
    }
}

impl TestDestination {
    /// A pass during whose post with this number an operator acts. Nobody after it gets an answer
    /// before that is done, and the pass may see it then.
    async fn pass_while<F: Future<Output = ()> + Send>(
        &self,
        at: usize,
        act: impl Fn() -> F + Send + Sync,
    ) {
        let acted = Semaphore::new(0);
        let receiver = Receiver::new(|Received { number, .. }| {
            let (act, acted) = (&act, &acted);
            Box::pin(async move {
                if number > at {
                    drop(acted.acquire().await);
                } else if number == at {
                    act().await;
                    self.api.advance(SignedDuration::from_millis(100));
                    acted.add_permits(1);
                }
                takes(number)
            })
        });
        self.pass_to_receiver(&receiver).await;
    }
}

fn lead_of(message: &str) -> LeadId {
    message.split('_').nth(1).unwrap().parse().unwrap()
}

#[tokio::test]
async fn so_many_leads_are_in_flight_and_each_is_posted_once() {
    for (in_flight, leads) in [(2, 5), (4, 4), (16, 60), (128, 30)] {
        let destination = TestDestination::with_in_flight(in_flight).await;
        let ids = destination.store(leads).await;
        let expected = usize::from(in_flight).min(leads);
        let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        // Nobody gets an answer before as many are in flight as may be.
        let full = Semaphore::new(0);
        let receiver = Receiver::new(|Received { number, .. }| {
            let (now, most, full) = (&now, &most, &full);
            most.fetch_max(now.fetch_add(1, SeqCst) + 1, SeqCst);
            Box::pin(async move {
                if number == expected {
                    full.add_permits(1_000);
                }
                drop(full.acquire().await);
                now.fetch_sub(1, SeqCst);
                takes(number)
            })
        });
        destination.pass_to_receiver(&receiver).await;
        assert_eq!(most.load(SeqCst), expected, "{in_flight}");
        let got = destination.leads_got();
        assert_eq!(got.len(), leads, "{in_flight}");
        assert_eq!(got.into_iter().collect::<BTreeSet<_>>(), ids.iter().copied().collect());
        let stored = destination.stored().await;
        assert_eq!((stored.cursor, stored.ahead), (ids[leads - 1], BTreeSet::new()));
    }
}

/// The design's window: eight leads for each one in flight.
#[tokio::test]
async fn a_slow_answer_delays_no_other_up_to_the_reach_of_the_window() {
    let destination = TestDestination::with_in_flight(2).await;
    let ids = destination.store(40).await;
    let others = AtomicUsize::new(0);
    let reached = Semaphore::new(0);
    let receiver = Receiver::new(|Received { request, number }| {
        let (others, reached, slow) = (&others, &reached, lead_of(&request.id) == ids[0]);
        Box::pin(async move {
            if slow {
                drop(reached.acquire().await);
            } else if others.fetch_add(1, SeqCst) + 1 == 15 {
                // With the slow one, sixteen leads. The next waits for it.
                reached.add_permits(1);
            }
            takes(number)
        })
    });
    destination.pass_to_receiver(&receiver).await;
    assert_eq!(destination.leads_got()[..16], ids[..16]);
    assert_eq!(destination.leads_got().len(), 40);
    assert_eq!(destination.stored().await.cursor, ids[39]);
}

#[tokio::test]
async fn a_failure_stops_the_window_and_what_was_taken_is_not_posted_again() {
    let destination = TestDestination::with_in_flight(4).await;
    let ids = destination.store(10).await;
    destination.pass_by_lead(|lead, _| status(if lead == ids[1] { 500 } else { 200 })).await;
    let first = destination.leads_got();
    assert!(first.len() >= 4 && first.len() < 10, "{first:?}");
    let stored = destination.stored().await;
    assert_eq!((stored.cursor, stored.failures), (ids[0], 1));
    assert_eq!(stored.stuck.map(|stuck| stuck.lead), Some(ids[1]));
    let taken: BTreeSet<_> = first.into_iter().filter(|lead| *lead > ids[1]).collect();
    assert_eq!(stored.ahead, taken);
    assert!(stored.next_attempt_at > Some(destination.api.now()));
    assert!(stored.may_have(*taken.last().unwrap()));
    destination.api.advance(SignedDuration::from_hours(1));
    destination.pass(takes).await;
    let expected: BTreeSet<_> = ids[1..].iter().filter(|id| !taken.contains(id)).copied().collect();
    assert_eq!(destination.leads_got().into_iter().collect::<BTreeSet<_>>(), expected);
    let stored = destination.stored().await;
    assert_eq!((stored.cursor, stored.failures, stored.ahead), (ids[9], 0, BTreeSet::new()));
}

#[tokio::test]
async fn the_longest_retry_after_of_a_window_is_obeyed() {
    let destination = TestDestination::with_in_flight(4).await;
    let ids = destination.store(4).await;
    let asked = |seconds| SignedDuration::from_secs(seconds);
    destination
        .pass_by_lead(|lead, _| {
            let mut answer = status(429).unwrap();
            answer.retry_after = Some(asked(if lead == ids[2] { 1_800 } else { 5 }));
            Ok(answer)
        })
        .await;
    let wait = destination.stored().await.next_attempt_at.unwrap();
    assert_eq!(wait.duration_since(destination.api.now()), asked(1_800));
}

/// Alone, its failures prove nothing: its destination may be down.
#[tokio::test]
async fn a_lead_that_always_fails_is_set_aside_when_others_are_taken_beside_it() {
    let destination = TestDestination::with_in_flight(4).await;
    let mut ids = destination.store(1).await;
    let bad = ids[0];
    let answer = |lead, _| if lead == bad { Err(PostError::TimedOut) } else { status(200) };
    for n in 1..=4 {
        destination.pass_by_lead(answer).await;
        assert_eq!(destination.set_aside().await, [], "{n}");
        destination.api.advance(SignedDuration::from_hours(1));
    }
    ids.extend(destination.store(6).await);
    destination.pass_by_lead(answer).await;
    let aside = destination.set_aside().await;
    assert_eq!(aside.iter().map(|event| event.lead_id).collect::<Vec<_>>(), [bad]);
    assert_eq!(destination.leads_got().len(), 7, "the pass goes on");
    let stored = destination.stored().await;
    assert_eq!((stored.cursor, stored.failures, stored.stuck), (ids[6], 0, None));
}

/// All that are in flight fail always. The design's probe is a later lead.
#[tokio::test]
async fn a_window_full_of_bad_leads_is_passed_too() {
    let destination = TestDestination::with_in_flight(2).await;
    let ids = destination.store(5).await;
    let answer = |lead, _| status(if ids[..3].contains(&lead) { 500 } else { 200 });
    let mut passes = 0;
    while destination.stored().await.cursor != ids[4] {
        destination.pass_by_lead(answer).await;
        destination.api.advance(SignedDuration::from_hours(1));
        passes += 1;
        assert!(passes < 20, "it is stuck: {:?}", destination.stored().await.stuck);
    }
    let aside = destination.set_aside().await;
    assert_eq!(aside.iter().map(|event| event.lead_id).collect::<Vec<_>>(), ids[..3]);
}

#[tokio::test]
async fn an_outage_sets_nothing_aside() {
    let destination = TestDestination::with_in_flight(8).await;
    let ids = destination.store(20).await;
    for _ in 0..6 {
        destination.pass_by_lead(|_, _| status(503)).await;
        // From the third failure on, a later lead is probed.
        assert!((8..=9).contains(&destination.leads_got().len()));
        destination.api.advance(SignedDuration::from_hours(1));
    }
    destination.pass(takes).await;
    assert_eq!(destination.leads_got().len(), 20);
    assert_eq!(
        (destination.stored().await.cursor, destination.set_aside().await),
        (ids[19], vec![])
    );
}

#[tokio::test]
async fn refused_leads_are_set_aside_and_the_cursor_moves_over_them() {
    let destination = TestDestination::with_in_flight(4).await;
    let ids = destination.store(9).await;
    let is_odd = |lead| ids.iter().position(|id| *id == lead).unwrap() % 2 == 1;
    destination.pass_by_lead(|lead, _| status(if is_odd(lead) { 422 } else { 200 })).await;
    assert_eq!(destination.leads_got().len(), 9);
    let aside = destination.set_aside().await;
    let aside: Vec<_> = aside.into_iter().map(|event| (event.lead_id, event.status)).collect();
    let expected = [ids[1], ids[3], ids[5], ids[7]].map(|id| (id, Some(422)));
    assert_eq!(aside, expected);
    assert_eq!(destination.stored().await.cursor, ids[8]);
}

/// The cursor stays before the lead that got this answer, whatever was taken beside it.
#[tokio::test]
async fn a_destination_that_is_gone_gets_the_lead_when_it_is_resumed() {
    let destination = TestDestination::with_in_flight(4).await;
    let ids = destination.store(8).await;
    destination.pass_by_lead(|lead, _| status(if lead == ids[1] { 410 } else { 200 })).await;
    let stored = destination.stored().await;
    assert_eq!((stored.state, stored.cursor), (DestinationState::Gone, ids[0]));
    let resumed = Destination { state: DestinationState::Active, ..stored };
    destination.table().change_destination(&resumed, DestinationChange::Resume).await.unwrap();
    destination.pass(takes).await;
    assert!(destination.leads_got().contains(&ids[1]));
    assert_eq!(destination.stored().await.cursor, ids[7]);
}

/// A change that comes while leads are read counts before the next post.
#[tokio::test]
async fn nothing_is_posted_after_a_pause_that_comes_while_a_page_is_read() {
    let destination = TestDestination::with_in_flight(2).await;
    let ids = destination.store(30).await;
    destination
        .pass_while(24, || async {
            let stored = destination.stored().await;
            let paused = Destination { state: DestinationState::Paused, ..stored };
            let change = DestinationChange::Pause;
            assert!(destination.table().change_destination(&paused, change).await.unwrap());
        })
        .await;
    let got = destination.leads_got().len();
    assert!((24..=26).contains(&got), "{got}");
    assert_eq!(destination.stored().await.cursor, ids[got - 1]);
}

/// What was taken before the end of a pass is stored, whatever ends it.
#[tokio::test]
async fn a_pass_ends_with_the_answers_of_what_is_in_flight() {
    let destination = TestDestination::with_in_flight(4).await;
    let ids = destination.store(30).await;
    let receiver = Receiver::new(|Received { number, .. }| {
        let api = &destination.api;
        Box::pin(async move {
            if number == 2 {
                api.advance(PASS_FOR);
            }
            takes(number)
        })
    });
    destination.pass_to_receiver(&receiver).await;
    let taken = destination.leads_got().len();
    assert!((2..30).contains(&taken), "{taken}");
    assert_eq!(destination.stored().await.cursor, ids[taken - 1]);
    destination.pass(takes).await;
    assert_eq!(destination.leads_got(), ids[taken..]);
}

#[tokio::test]
async fn a_replay_while_leads_are_in_flight_posts_all_of_them_again() {
    let destination = TestDestination::with_in_flight(3).await;
    let ids = destination.store(6).await;
    destination.pass(takes).await;
    let more = destination.store(6).await;
    destination
        .pass_while(2, || async {
            let stored = destination.stored().await;
            let moved = destination.table().move_cursor_back(&stored, LeadId::FIRST);
            assert!(moved.await.unwrap());
        })
        .await;
    let got = destination.leads_got();
    let last = destination.stored().await;
    assert_eq!(last.cursor, more[5]);
    for lead in ids.iter().chain(&more) {
        let posts = got.iter().filter(|got| *got == lead).count();
        assert!(posts >= 1, "{lead} of {got:?}");
    }
}

#[tokio::test]
async fn a_window_can_become_narrower_and_wider() {
    let destination = TestDestination::with_in_flight(16).await;
    let ids = destination.store(20).await;
    destination.pass_by_lead(|lead, _| status(if lead == ids[0] { 500 } else { 200 })).await;
    let taken = destination.stored().await.ahead.len();
    assert!(taken >= 15, "{taken}");
    for in_flight in [2, 1] {
        destination.set_in_flight(in_flight).await;
        destination.api.advance(SignedDuration::from_hours(1));
        destination.pass_by_lead(|lead, _| status(if lead == ids[0] { 500 } else { 200 })).await;
        assert!(destination.leads_got().contains(&ids[0]), "{in_flight}");
    }
    let stored = destination.stored().await;
    assert_eq!((stored.cursor, stored.ahead), (ids[19], BTreeSet::new()));
    let aside = destination.set_aside().await;
    assert_eq!(aside.iter().map(|event| event.lead_id).collect::<Vec<_>>(), [ids[0]]);
}
