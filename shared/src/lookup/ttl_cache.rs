use jiff::{SignedDuration, Timestamp};
use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// How long a value is cached.
const TIME_TO_LIVE: SignedDuration = SignedDuration::from_secs(60);
/// How many values are cached. A full cache drops its expired values, or all if none is expired.
const CAPACITY: usize = 10_000;

/// A cache of values that were read from the table.
pub(crate) struct TtlCache<K, V> {
    values: Mutex<HashMap<K, (V, Timestamp)>>,
}

impl<K, V> Default for TtlCache<K, V> {
    fn default() -> Self {
        Self { values: Mutex::default() }
    }
}

impl<K: Eq + Hash, V: Clone> TtlCache<K, V> {
    pub(crate) fn get(&self, key: &K, now: Timestamp) -> Option<V> {
        let (value, looked_up_at) = self.lock().get(key)?.clone();
        is_fresh(looked_up_at, now).then_some(value)
    }

    pub(crate) fn put(&self, key: K, value: V, now: Timestamp) {
        let mut values = self.lock();
        if values.len() >= CAPACITY {
            values.retain(|_, (_, looked_up_at)| is_fresh(*looked_up_at, now));
        }
        if values.len() >= CAPACITY {
            values.clear();
        }
        values.insert(key, (value, now));
    }

    /// Replaces a cached value. The new one expires when the old one would.
    pub(crate) fn replace(&self, key: &K, value: V) {
        if let Some((cached, _)) = self.lock().get_mut(key) {
            *cached = value;
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, (V, Timestamp)>> {
        self.values.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// If the clock was set back, a value from the future does not count.
fn is_fresh(looked_up_at: Timestamp, now: Timestamp) -> bool {
    let age = now.duration_since(looked_up_at);
    !age.is_negative() && age < TIME_TO_LIVE
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_value_is_cached_for_sixty_seconds_and_not_if_the_clock_is_set_back() {
        let cache = TtlCache::default();
        cache.put("key", 1, at(1_000));
        let cases =
            [(1_000, Some(1)), (1_059, Some(1)), (1_060, None), (999, None), (-5_000, None)];
        for (now, expected) in cases {
            assert_eq!(cache.get(&"key", at(now)), expected, "{now}");
        }
    }

    #[test]
    fn it_never_has_more_values_than_its_capacity() {
        let cache = TtlCache::default();
        for n in 0..3 * CAPACITY {
            cache.put(n, n, at(1_000));
            assert!(cache.lock().len() <= CAPACITY);
        }
        assert_eq!(cache.get(&(3 * CAPACITY - 1), at(1_000)), Some(3 * CAPACITY - 1));
        // Only the expired values are dropped.
        let cache = TtlCache::default();
        (0..CAPACITY / 2).for_each(|n| cache.put(n, n, at(1_000)));
        (CAPACITY / 2..CAPACITY).for_each(|n| cache.put(n, n, at(1_050)));
        cache.put(CAPACITY, CAPACITY, at(1_070));
        assert_eq!(cache.lock().len(), CAPACITY / 2 + 1);
    }
}
