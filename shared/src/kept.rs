use jiff::{SignedDuration, Timestamp};
use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// How long a thing that was looked up is taken for true.
const KEPT_FOR: SignedDuration = SignedDuration::from_secs(60);

/// What was looked up in the table, each thing kept for 60 seconds.
///
/// Only things that exist are kept, so what is held is bounded by how many there are.
pub(crate) struct Kept<K, V> {
    things: Mutex<HashMap<K, (V, Timestamp)>>,
}

impl<K, V> Default for Kept<K, V> {
    fn default() -> Self {
        Self { things: Mutex::default() }
    }
}

impl<K: Eq + Hash, V: Clone> Kept<K, V> {
    pub(crate) fn get(&self, key: &K, now: Timestamp) -> Option<V> {
        let (value, looked_up_at) = self.lock().get(key)?.clone();
        (now.duration_since(looked_up_at) < KEPT_FOR).then_some(value)
    }

    pub(crate) fn put(&self, key: K, value: V, now: Timestamp) {
        self.lock().insert(key, (value, now));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, (V, Timestamp)>> {
        self.things.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
