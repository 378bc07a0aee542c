//! What a pass does after an answer.

use crate::{answer::Verdict, wait::wait_after};
use shared::model::{Destination, DestinationState, Sources};

/// What a pass does after an answer about a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// The message was taken: the next one follows.
    GoOn,
    /// Set the message aside with this status; the next one follows.
    SetAside(Option<u16>),
    /// The destination failed: nothing more is posted in this pass.
    Stop,
}

/// Notes an answer at its destination.
pub(crate) fn after_attempt(
    destination: &mut Destination,
    verdict: &Verdict,
    sources: &Sources,
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
            destination.state = DestinationState::Gone;
            destination.failing_since.get_or_insert(sources.now());
            Next::Stop
        }
        Verdict::Wait(asked) => {
            let now = sources.now();
            destination.failures = destination.failures.saturating_add(1);
            destination.failing_since.get_or_insert(now);
            let wait = wait_after(destination.failures, asked, sources);
            destination.next_attempt_at = Some(now + wait);
            Next::Stop
        }
    }
}

/// A destination that answers about a message has no fault.
fn note_success(destination: &mut Destination) {
    destination.failures = 0;
    destination.failing_since = None;
    destination.next_attempt_at = None;
}
