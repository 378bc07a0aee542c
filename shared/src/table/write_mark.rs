//! Why a lost answer does not become a duplicate.
//!
//! A write can be done while its answer gets lost. The SDK then sends it again. DynamoDB knows a
//! transaction by its token, which is the mark, and answers as the first time. Otherwise the
//! condition refuses the write, because the lead is there. The refusal shows that lead. If it has
//! the mark of this write, the lead was stored by this write, and is new.

use super::lead_table::Item;

/// The attribute that tells which write stored a lead.
pub(crate) const WRITE_MARK: &str = "write_mark";

/// Whether the write with this mark stored the lead.
pub(crate) fn has_mark(lead: &Item, mark: &str) -> bool {
    lead.get(WRITE_MARK).and_then(|value| value.as_s().ok()).is_some_and(|own| own == mark)
}
