//! Items, and their keys.

use serde_json::{Value, json};
use std::collections::BTreeMap;

/// An item in DynamoDB's JSON.
pub type Item = BTreeMap<String, Value>;

/// The two values of a key.
pub(super) type Key = (String, String);

pub(super) fn key_of(item: &Item) -> Key {
    let text = |name: &str| item[name]["S"].as_str().unwrap().to_owned();
    (text("pk"), text("sk"))
}

pub(super) fn key_item((pk, sk): &Key) -> Value {
    json!({ "pk": { "S": pk }, "sk": { "S": sk } })
}
