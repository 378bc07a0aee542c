//! Items of another shape than their kind: readers leave them out, and note them.

use crate::model::Account;
use std::{
    collections::BTreeSet,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

/// How many items are noted. What is left out after them is neither named nor logged.
const MOST_NOTED: usize = 10_000;

/// An item that has another shape than its kind. It has no content of the item.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SkippedItem {
    /// Its partition key.
    pub pk: String,
    /// Its sort key.
    pub sk: String,
}

impl SkippedItem {
    /// Whether it is in a partition of this account.
    pub fn is_of(&self, account: &Account) -> bool {
        self.pk.split_once('#').is_some_and(|(_, of)| of == account.to_string())
    }
}

impl fmt::Display for SkippedItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.pk.escape_debug(), self.sk.escape_debug())
    }
}

/// What the readers of a table left out.
#[derive(Clone, Default)]
pub(super) struct Skipped(Arc<Mutex<BTreeSet<SkippedItem>>>);

impl Skipped {
    /// The items, each once, sorted by key.
    pub(super) fn items(&self) -> Vec<SkippedItem> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// Notes an item, and logs it once.
    pub(super) fn note(&self, item: SkippedItem) {
        let mut items = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if items.len() < MOST_NOTED && items.insert(item.clone()) {
            tracing::warn!(%item, "an item of another shape is left out");
        }
    }
}
