//! What is noted while a history is played.

use crate::table::Exchange;
use jiff::SignedDuration;
use std::{fmt::Write, sync::Mutex};

/// What is wanted of a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Only whether it breaks a rule.
    Result,
    /// What happens, line by line.
    Trace,
    /// The requests to the table.
    Requests,
}

/// What is noted.
pub(crate) struct Notes {
    wanted: Wanted,
    trace: Mutex<String>,
    exchanges: Mutex<Vec<Exchange>>,
}

impl Notes {
    pub(crate) fn new(wanted: Wanted) -> Self {
        Self { wanted, trace: Mutex::default(), exchanges: Mutex::default() }
    }

    /// Writes a line of the trace. `passed` is the time since the beginning.
    pub(crate) fn trace(&self, passed: SignedDuration, who: &str, what: impl FnOnce() -> String) {
        if self.wanted == Wanted::Trace {
            let (seconds, rest) = (passed.as_secs(), passed.subsec_millis());
            let line = format!("{seconds:>6}.{rest:03} {who}: {}", what());
            writeln!(self.trace.lock().unwrap(), "{line}").unwrap();
        }
    }

    /// Notes a request to the table.
    pub(crate) fn exchange(&self, exchange: impl FnOnce() -> Exchange) {
        if self.wanted == Wanted::Requests {
            self.exchanges.lock().unwrap().push(exchange());
        }
    }

    pub(crate) fn take(&self) -> (String, Vec<Exchange>) {
        let trace = std::mem::take(&mut *self.trace.lock().unwrap());
        (trace, std::mem::take(&mut *self.exchanges.lock().unwrap()))
    }
}
