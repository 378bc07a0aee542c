//! What the answer of a destination means.

use crate::post::{Answered, PostError};
use jiff::SignedDuration;

/// What to do after an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The destination took the message.
    Taken,
    /// The destination does not accept this message: set it aside and go on.
    Refused(u16),
    /// The destination wants no more messages: pause it.
    Gone,
    /// The destination has a fault: wait and try again. It may say how long.
    Wait(Option<SignedDuration>),
}

/// The meaning of an answer, or of none. A status that is not listed is the destination's fault, so
/// that nothing is skipped; `next.rs` sets the lead aside if the destination took a later one.
pub(crate) fn judge(answer: &Result<Answered, PostError>) -> Verdict {
    match answer {
        Ok(answer) => match answer.status {
            200..=299 => Verdict::Taken,
            400 | 409 | 413 | 415 | 422 => Verdict::Refused(answer.status),
            410 => Verdict::Gone,
            _ => Verdict::Wait(answer.retry_after),
        },
        Err(_) => Verdict::Wait(None),
    }
}
