//! What operators change while a pass is running: the pass adopts it before its next post, and
//! loses nothing.

use super::rules::{Stage, account, takes};
use forwarding::{Answered, Post, PostError, PostRequest, SETTLED_AFTER};
use jiff::SignedDuration;
use shared::{
    model::{
        Destination,
        DestinationState::{Active, Paused},
        LeadId,
    },
    table::{DestinationChange, LeadTable},
};
use std::sync::{Arc, Mutex};

/// What an operator does.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Act {
    Pause,
    Resume,
    Rotate,
    ReplayAll,
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
            Self::Remove => return table.remove_destination(&stored, until).await.unwrap(),
        };
        assert!(table.change_destination(&change.0, change.1).await.unwrap());
    }
}

/// Takes everything. During the third post, an operator acts.
struct Busy<'a> {
    stage: &'a Stage,
    acts: &'a [Act],
    got: Arc<Mutex<Vec<PostRequest>>>,
}

impl Post for Busy<'_> {
    async fn post(
        &self,
        _: &str,
        message: impl Fn() -> Option<PostRequest> + Send + Sync,
    ) -> Result<Answered, PostError> {
        let request = message().ok_or(PostError::Outdated)?;
        let number = {
            let mut got = self.got.lock().unwrap();
            got.push(request);
            got.len()
        };
        if number == 3 {
            self.stage.act(self.acts).await;
        }
        takes(number)
    }
}

impl Stage {
    async fn act(&self, acts: &[Act]) {
        for act in acts {
            act.run(self.table(), self.stored().await).await;
        }
    }

    /// A pass during whose third post an operator acts.
    async fn pass_during(&self, acts: &[Act]) {
        self.world.advance(SETTLED_AFTER);
        self.got.lock().unwrap().clear();
        let post = Busy { stage: self, acts, got: Arc::clone(&self.got) };
        let settled = self.world.now() - SETTLED_AFTER;
        self.pass_to(post, settled, SignedDuration::from_secs(50)).await;
    }
}

#[tokio::test]
async fn a_pause_ends_a_pass_before_its_next_post_and_keeps_its_progress() {
    let stage = Stage::start().await;
    let ids = stage.store(5).await;
    stage.pass_during(&[Act::Pause]).await;
    assert_eq!(stage.leads_got(), ids[..3]);
    let paused = stage.stored().await;
    // Without a lease, so that the next pass need not wait.
    assert_eq!((paused.state, paused.cursor, paused.lease_until), (Paused, ids[2], None));
    stage.pass(takes).await;
    assert_eq!(stage.leads_got(), []);
    stage.act(&[Act::Resume]).await;
    stage.pass(takes).await;
    assert_eq!(stage.leads_got(), ids[3..]);
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
        let stage = Stage::start().await;
        // One lead is at the stored cursor, so that a replay moves it.
        let first = stage.store(1).await;
        stage.pass(takes).await;
        let rest = stage.store(5).await;
        stage.pass_during(acts).await;
        let is_replayed = acts.contains(&Act::ReplayAll);
        let then = if is_replayed { [first, rest.clone()].concat() } else { rest[3..].to_vec() };
        assert_eq!(stage.leads_got(), [&rest[..3], &then].concat(), "{acts:?}");
        let stored = stage.stored().await;
        assert_eq!((stored.cursor, stored.lease_until), (rest[4], None), "{acts:?}");
        let reached = is_replayed.then_some(rest[2]);
        assert_eq!(stored.reached, reached, "an erasure must find it: {acts:?}");
        let signatures = |n: usize| stage.got.lock().unwrap()[n].signature.matches("v1,").count();
        let is_rotated = acts.contains(&Act::Rotate);
        assert_eq!([signatures(2), signatures(3)], [1, 1 + usize::from(is_rotated)], "{acts:?}");
    }
}

#[tokio::test]
async fn a_removed_destination_gets_nothing_more() {
    let stage = Stage::start().await;
    let ids = stage.store(5).await;
    stage.pass_during(&[Act::Remove]).await;
    assert_eq!(stage.leads_got(), ids[..3]);
    let left = stage.table().get_destination(&account(), &stage.destination.id).await.unwrap();
    assert_eq!(left, None, "the pass does not store it again");
}
