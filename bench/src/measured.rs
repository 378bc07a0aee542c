//! What is measured of a function.

use crate::{figures::Figures, share::Share, timeline::Timeline};
use std::time::Duration;

/// A circumstance under which functions start.
pub(crate) struct Circumstance {
    pub(crate) name: &'static str,
    pub(crate) connection: Duration,
    pub(crate) answer: Duration,
    pub(crate) share: Option<Share>,
    pub(crate) is_warm: bool,
}

/// The figures of a contender under a circumstance.
#[derive(Default)]
pub(crate) struct Measured {
    pub(crate) ready: Figures,
    pub(crate) first: Figures,
    pub(crate) sum: Figures,
    pub(crate) warm: Figures,
    pub(crate) processor: Figures,
    pub(crate) memory: Figures,
    pub(crate) timeline: Timeline,
}
