//! Work that takes a processor for a while, outside of the threads that answer deliveries.

use std::cell::Cell;
use tokio::sync::Semaphore;

/// How many pieces of work run at the same time: the others wait. Deliveries must be answered
/// meanwhile.
static PLACES: Semaphore = Semaphore::const_new(1);

thread_local! {
    static IS_INLINE: Cell<bool> = const { Cell::new(false) };
}

/// From now on, this thread does its long work itself. A simulation needs this, because other
/// threads do not run in the same order each time.
pub fn do_long_work_inline() {
    IS_INLINE.set(true);
}

/// Runs work on a thread that answers no deliveries. `None` if the process ends, or if the work
/// panicked.
pub async fn run_long<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    if IS_INLINE.get() {
        return Some(work());
    }
    let place = PLACES.acquire().await.ok()?;
    let done = tokio::task::spawn_blocking(move || {
        // Whoever waits for the work may give up: the place is free when the work has ended.
        let _place = place;
        work()
    });
    done.await.ok()
}
