//! What the table and the Runtime API see of a start, in the order of time.

use crate::figures::{Figures, write_figure, write_table};
use std::{
    sync::{Arc, Mutex},
    time::Instant,
};

/// A step of a start that others can see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A connection reaches the table.
    Connection,
    /// Both sides have agreed on keys.
    Handshake,
    /// A request reaches the table.
    Request,
    /// Its answer leaves the table.
    Answer,
    /// The function asks for an event.
    Ready,
    /// The sender gets its answer.
    Delivered,
}

impl Step {
    fn as_str(self) -> &'static str {
        match self {
            Self::Connection => "a connection",
            Self::Handshake => "its handshake is done",
            Self::Request => "a request",
            Self::Answer => "its answer",
            Self::Ready => "ready for an event",
            Self::Delivered => "the delivery is answered",
        }
    }
}

/// The steps that were seen, with their times.
#[derive(Clone, Default)]
pub(crate) struct Seen(Arc<Mutex<Vec<(Step, Instant)>>>);

impl Seen {
    /// Adds a step.
    pub(crate) fn add(&self, step: Step, at: Instant) {
        self.0.lock().unwrap().push((step, at));
    }

    /// All steps since the last call.
    pub(crate) fn take(&self) -> Vec<(Step, Instant)> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

/// The steps of several starts of one function.
#[derive(Default)]
pub(crate) struct Timeline(Vec<(Step, Figures)>);

impl Timeline {
    /// Adds a start. One with other steps than the first is left out.
    pub(crate) fn push(&mut self, started: Instant, mut steps: Vec<(Step, Instant)>) {
        steps.sort_by_key(|(_, at)| *at);
        if self.0.is_empty() {
            self.0 = steps.iter().map(|(step, _)| (*step, Figures::default())).collect();
        }
        let same = steps.iter().map(|(step, _)| step).eq(self.0.iter().map(|(step, _)| step));
        if same {
            for ((_, at), (_, figures)) in steps.iter().zip(&mut self.0) {
                figures.push_time(*at - started);
            }
        }
    }

    /// A table of the medians.
    pub(crate) fn write(&self, name: &str) -> String {
        let row = |(step, figures): &(Step, Figures)| {
            vec![step.as_str().to_owned(), write_figure(figures.median())]
        };
        let rows: Vec<_> = self.0.iter().map(row).collect();
        write_table(&[name, "ms since the start"], &rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_timeline_is_in_the_order_of_time_and_has_medians() {
        let started = Instant::now();
        let at = |milliseconds| started + Duration::from_millis(milliseconds);
        let mut timeline = Timeline::default();
        timeline.push(started, vec![(Step::Ready, at(5)), (Step::Connection, at(2))]);
        timeline.push(started, vec![(Step::Connection, at(4)), (Step::Ready, at(7))]);
        timeline.push(started, vec![(Step::Connection, at(3)), (Step::Ready, at(6))]);
        timeline.push(started, vec![(Step::Ready, at(90))]);
        let expected = "| f | ms since the start |\n| --- | --- |\n\
                        | a connection | 3.00 |\n| ready for an event | 6.00 |\n";
        assert_eq!(timeline.write("f"), expected);
    }
}
