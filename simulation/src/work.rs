//! Work may be killed or frozen at any await.

use crate::{history::Work, task::Task, world::World};
use std::{
    future::poll_fn,
    pin::{Pin, pin},
    sync::Arc,
    task::Poll,
    time::Duration,
};
use tokio::time::{Sleep, sleep};

/// What a killed task sent to the table arrives within this time.
const ARRIVES_WITHIN: Duration = Duration::from_secs(3);

impl Task {
    /// Does the work. Returns `None` if it was killed before its end, when nothing more can come of
    /// it.
    pub(crate) async fn run<T>(
        self: &Arc<Self>,
        world: &World,
        work: Work,
        steps: impl Future<Output = T>,
    ) -> Option<T> {
        let Work { killed_at, frozen_at, .. } = work;
        let mut steps = pin!(self.scope(steps));
        let mut polls = 0_u16;
        let mut frozen: Option<Pin<Box<Sleep>>> = None;
        let done = poll_fn(|context| {
            if let Some(sleeping) = &mut frozen {
                if sleeping.as_mut().poll(context).is_pending() {
                    return Poll::Pending;
                }
                world.trace(&self.name, || "goes on".to_owned());
                frozen = None;
            } else if !world.is_healed() {
                polls += 1;
                if killed_at == Some(polls) {
                    self.note_interruption();
                    world.trace(&self.name, || "is killed".to_owned());
                    return Poll::Ready(None);
                }
                if let Some((at, seconds)) = frozen_at
                    && at == polls
                {
                    self.note_interruption();
                    world.trace(&self.name, || format!("is frozen for {seconds} s"));
                    let mut sleeping = Box::pin(sleep(Duration::from_secs(seconds.into())));
                    let is_over = sleeping.as_mut().poll(context).is_ready();
                    assert!(!is_over, "a frozen instance waits");
                    frozen = Some(sleeping);
                    return Poll::Pending;
                }
            }
            steps.as_mut().poll(context).map(Some)
        })
        .await;
        if done.is_none() {
            sleep(ARRIVES_WITHIN).await;
        }
        done
    }
}
