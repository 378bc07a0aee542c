//! The last deliveries, in memory, for the console.

use axum::http::HeaderMap;
use jiff::Timestamp;
use shared::{
    delivery::{DeliverySummary, Handled},
    model::Provider,
};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::watch;

/// How many deliveries are remembered.
pub const REMEMBERED: usize = 500;
/// How much of a body is remembered, in bytes. With all headers at their usual size, this bounds
/// the memory to about 16 MB.
pub const REMEMBERED_BODY: usize = 16 * 1024;
/// How much of the headers of a request is remembered, in bytes.
const REMEMBERED_HEADERS: usize = 4 * 1024;

/// A request and its answer. They have personal data and a key, so there is no `Debug` output.
pub struct SeenDelivery {
    /// Counts up from 1.
    pub number: u64,
    /// When it was read completely.
    pub at: Timestamp,
    /// The provider of its address.
    pub provider: Provider,
    /// The path that it was sent to.
    pub path: String,
    /// Its headers.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: SeenBody,
    /// The answer's status.
    pub status: u16,
    /// The answer's headers.
    pub answer_headers: Vec<(String, String)>,
    /// The answer's body.
    pub answer_body: SeenBody,
    /// How long the handler ran.
    pub duration: Duration,
    /// What the handler did with it.
    pub summary: DeliverySummary,
}

/// The first part of a body.
pub struct SeenBody {
    /// At most [`REMEMBERED_BODY`] bytes of it, as text.
    pub text: String,
    /// The size of the whole body in bytes; a body over the limit counts up to the limit.
    pub size: usize,
}

impl SeenBody {
    /// Remembers the first part of a body.
    pub fn new(body: &[u8]) -> Self {
        let kept = &body[..body.len().min(REMEMBERED_BODY)];
        Self { text: String::from_utf8_lossy(kept).into_owned(), size: body.len() }
    }

    /// Whether all of it is remembered.
    pub fn is_whole(&self) -> bool {
        self.size <= REMEMBERED_BODY
    }
}

/// A request whose handler is running.
pub(crate) struct SeenRequest {
    at: Timestamp,
    provider: Provider,
    path: String,
    headers: Vec<(String, String)>,
    body: SeenBody,
}

impl SeenRequest {
    /// Remembers a request. `None` if its path belongs to no provider.
    pub(crate) fn new(path: &str, headers: &HeaderMap, body: &[u8]) -> Option<Self> {
        Some(Self {
            at: Timestamp::now(),
            provider: path.split('/').nth(1)?.parse().ok()?,
            path: path.to_owned(),
            headers: seen_headers(headers),
            body: SeenBody::new(body),
        })
    }

    fn answered(self, number: u64, handled: &Handled, duration: Duration) -> SeenDelivery {
        let Handled { answer, summary } = handled;
        let Self { at, provider, path, headers, body } = self;
        SeenDelivery {
            number,
            at,
            provider,
            path,
            headers,
            body,
            status: answer.status().as_u16(),
            answer_headers: seen_headers(answer.headers()),
            answer_body: SeenBody::new(answer.body().as_bytes()),
            duration,
            summary: summary.clone(),
        }
    }
}

fn seen_headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let mut room = REMEMBERED_HEADERS;
    let mut seen = Vec::with_capacity(headers.len());
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        let Some(rest) = room.checked_sub(name.as_str().len() + value.len()) else { break };
        room = rest;
        seen.push((name.to_string(), value.into_owned()));
    }
    seen
}

/// The last deliveries. A clone is the same list.
#[derive(Clone)]
pub struct RecentDeliveries {
    list: Arc<Mutex<List>>,
    /// The number of the newest delivery, or of the last change.
    changes: Arc<watch::Sender<u64>>,
}

#[derive(Default)]
struct List {
    newest: u64,
    seen: VecDeque<Arc<SeenDelivery>>,
}

impl Default for RecentDeliveries {
    fn default() -> Self {
        Self { list: Arc::default(), changes: Arc::new(watch::Sender::new(0)) }
    }
}

impl RecentDeliveries {
    /// Remembers a delivery.
    pub(crate) fn add(&self, request: SeenRequest, handled: &Handled, duration: Duration) {
        // Made before the lock is taken: deliveries do not wait for each other's copies.
        let mut seen = request.answered(0, handled, duration);
        let mut list = self.lock();
        list.newest += 1;
        seen.number = list.newest;
        let oldest = if list.seen.len() == REMEMBERED { list.seen.pop_front() } else { None };
        list.seen.push_back(Arc::new(seen));
        let newest = list.newest;
        drop(list);
        drop(oldest);
        self.changes.send_replace(newest);
    }

    /// The deliveries after the one with this number, the newest first.
    pub fn after(&self, number: u64) -> Vec<Arc<SeenDelivery>> {
        let list = self.lock();
        list.seen.iter().rev().take_while(|seen| seen.number > number).cloned().collect()
    }

    /// The delivery with this number, if it is still remembered.
    pub fn get(&self, number: u64) -> Option<Arc<SeenDelivery>> {
        self.lock().seen.iter().find(|seen| seen.number == number).cloned()
    }

    /// The number of the newest delivery.
    pub fn newest(&self) -> u64 {
        self.lock().newest
    }

    /// Forgets all deliveries.
    pub fn clear(&self) {
        self.lock().seen.clear();
    }

    /// Tells when there are new deliveries. A receiver that is slow misses numbers, and no delivery
    /// waits for it.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    fn lock(&self) -> MutexGuard<'_, List> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::{delivery::Answer, model::OutcomeName};

    fn add(recent: &RecentDeliveries, body: &[u8]) {
        let headers = HeaderMap::new();
        let request = SeenRequest::new("/integrabot/v1/leads", &headers, body).unwrap();
        let answer = Answer::new("{}".to_owned());
        let handled = Handled { answer, summary: DeliverySummary::of(OutcomeName::Created) };
        recent.add(request, &handled, Duration::from_millis(1));
    }

    #[test]
    fn only_the_last_500_are_remembered_and_only_the_first_part_of_a_body() {
        let recent = RecentDeliveries::default();
        for _ in 0..REMEMBERED + 7 {
            add(&recent, &vec![b'x'; REMEMBERED_BODY + 1]);
        }
        let seen = recent.after(0);
        assert_eq!(seen.len(), 500);
        assert_eq!((seen[0].number, seen[499].number), (507, 8), "the newest first");
        assert!(recent.get(7).is_none());
        assert_eq!(seen[0].body.text.len(), 16_384);
        assert_eq!((seen[0].body.size, seen[0].body.is_whole()), (16_385, false));
        assert_eq!(recent.after(505).len(), 2);
        recent.clear();
        assert!(recent.after(0).is_empty());
    }

    #[test]
    fn a_page_that_does_not_read_holds_nothing_up() {
        let recent = RecentDeliveries::default();
        let changes = recent.changes();
        for _ in 0..3 {
            add(&recent, b"{}");
        }
        assert_eq!(*changes.borrow(), 3, "it sees the last number only");
    }
}
