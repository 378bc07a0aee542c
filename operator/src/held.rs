//! Held deliveries.

use shared::model::HeldDelivery;

/// How many digits of the hash are in the short id.
const ID_DIGITS: usize = 12;

/// The short id of a held delivery: its reason and the first digits of its hash.
pub fn short_id(held: &HeldDelivery) -> String {
    let id = held.id.replace('#', "-");
    let digits = held.reason.as_str().len() + 1 + ID_DIGITS;
    id.chars().take(digits).collect()
}
