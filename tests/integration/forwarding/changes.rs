//! What operators change while a pass is running: the pass adopts it before its next post, and
//! loses nothing.

use super::test_destination::{TestDestination, account, takes};
use crate::receiver::{Received, Receiver};
use jiff::SignedDuration;
use shared::{
    model::{
        Destination,
        DestinationState::{Active, Paused},
        LeadId,
    },
    table::{DestinationChange, LeadTable},
};
use std::collections::BTreeSet;

/// What an operator does.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Act {
    Pause,
    Resume,
    Rotate,
    ReplayAll,
    Skip(LeadId),
    Remove,
}

impl Act {
    async fn run(self, table: &LeadTable, stored: Destination) {
        let until = stored.created_at + SignedDuration::from_hours(24);
        let change = match self {
            Self::Pause => (Destination { state: Paused, ..stored }, DestinationChange::Pause),
            Self::Resume => (Destination { state: Active, ..stored }, DestinationChange::Resume),
            Self::Rotate => {
                let (secret_version, old_secret_until) = (2, Some(until));
                let rotated = Destination { secret_version, old_secret_until, ..stored };
                (rotated, DestinationChange::Secret)
            }
            Self::ReplayAll => {
                assert!(table.move_cursor_back(&stored, LeadId::FIRST).await.unwrap());
                return;
            }
            Self::Skip(lead) => {
                assert!(table.pass_over_lead(&stored, lead).await.unwrap());
                return;
            }
            Self::Remove => return table.remove_destination(&stored, until).await.unwrap(),
        };
        assert!(table.change_destination(&change.0, change.1).await.unwrap());
    }
}

impl TestDestination {
    async fn act(&self, acts: &[Act]) {
        for act in acts {
            act.run(self.table(), self.stored().await).await;
        }
    }

    /// A pass during whose third post an operator acts.
    async fn pass_during(&self, acts: &[Act]) {
        let receiver = Receiver::new(|Received { number, .. }| {
            Box::pin(async move {
                if number == 3 {
                    self.act(acts).await;
                }
                takes(number)
            })
        });
        self.pass_to_receiver(&receiver).await;
    }
}

#[tokio::test]
async fn a_pause_ends_a_pass_before_its_next_post_and_keeps_its_progress() {
    let destination = TestDestination::start().await;
    let ids = destination.store(5).await;
    destination.pass_during(&[Act::Pause]).await;
    assert_eq!(destination.leads_got(), ids[..3]);
    let paused = destination.stored().await;
    // Without a lease, so that the next pass need not wait.
    assert_eq!((paused.state, paused.cursor, paused.lease_until), (Paused, ids[2], None));
    destination.pass(takes).await;
    assert_eq!(destination.leads_got(), []);
    destination.act(&[Act::Resume]).await;
    destination.pass(takes).await;
    assert_eq!(destination.leads_got(), ids[3..]);
}

#[tokio::test]
async fn a_pass_goes_on_after_every_change_that_leaves_its_destination_active() {
    let cases: [&[Act]; 6] = [
        &[Act::Resume],
        &[Act::Pause, Act::Resume],
        &[Act::Rotate],
        &[Act::ReplayAll],
        &[Act::ReplayAll, Act::Rotate, Act::Resume],
        &[Act::Resume, Act::ReplayAll],
    ];
    for acts in cases {
        let destination = TestDestination::start().await;
        // One lead is at the stored cursor, so that a replay moves it.
        let first = destination.store(1).await;
        destination.pass(takes).await;
        let rest = destination.store(5).await;
        destination.pass_during(acts).await;
        let is_replayed = acts.contains(&Act::ReplayAll);
        let then = if is_replayed { [first, rest.clone()].concat() } else { rest[3..].to_vec() };
        assert_eq!(destination.leads_got(), [&rest[..3], &then].concat(), "{acts:?}");
        let stored = destination.stored().await;
        assert_eq!((stored.cursor, stored.lease_until), (rest[4], None), "{acts:?}");
        let reached = is_replayed.then_some(rest[2]);
        assert_eq!(stored.reached, reached, "an erasure must find it: {acts:?}");
        let signatures = |n: usize| destination.got()[n].signature.matches("v1,").count();
        let is_rotated = acts.contains(&Act::Rotate);
        assert_eq!([signatures(2), signatures(3)], [1, 1 + usize::from(is_rotated)], "{acts:?}");
    }
}

#[tokio::test]
async fn a_pass_that_has_passed_a_skipped_lead_goes_on_from_where_it_is() {
    let destination = TestDestination::start().await;
    let ids = destination.store(5).await;
    destination.pass_during(&[Act::Skip(ids[0])]).await;
    assert_eq!(destination.leads_got(), ids);
    assert_eq!(destination.stored().await.ahead, BTreeSet::new());
    assert_eq!(destination.stored().await.cursor, ids[4]);
}

#[tokio::test]
async fn a_removed_destination_gets_nothing_more() {
    let destination = TestDestination::start().await;
    let ids = destination.store(5).await;
    destination.pass_during(&[Act::Remove]).await;
    assert_eq!(destination.leads_got(), ids[..3]);
    let left =
        destination.table().get_destination(&account(), &destination.added.id).await.unwrap();
    assert_eq!(left, None, "the pass does not store it again");
}
