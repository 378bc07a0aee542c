//! Leaves out the items that cannot be read.

use super::{
    keys::{PK, SK},
    lead_table::{Item, LeadTable},
    skipped::{Skipped, SkippedItem},
};
use aws_sdk_dynamodb::types::AttributeValue;

impl LeadTable {
    /// The same table, of which nothing was left out yet.
    #[must_use]
    pub fn afresh(&self) -> Self {
        Self { skipped: Skipped::default(), ..self.clone() }
    }

    /// The items that its readers left out because they have another shape, each once, sorted by
    /// key. All clones share them.
    pub fn skipped(&self) -> Vec<SkippedItem> {
        self.skipped.items()
    }

    /// Reads an item. `None` if it has another shape: then it is noted, and logged once.
    pub(crate) fn readable<T, E>(
        &self,
        item: Item,
        read: impl FnOnce(Item) -> Result<T, E>,
    ) -> Option<T> {
        let text = |name| item.get(name).and_then(|value: &AttributeValue| value.as_s().ok());
        let [pk, sk] = [PK, SK].map(|name| text(name).cloned().unwrap_or_default());
        read(item).map_err(|_| self.skipped.note(SkippedItem { pk, sk })).ok()
    }
}
