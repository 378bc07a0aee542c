//! What a request to DynamoDB and its answer contain.

use hyper::body::Bytes;
use serde_json::Value;

/// A transaction needs the permissions of its writes and no other permission.
pub(crate) fn actions(operation: &str, body: &[u8]) -> Vec<String> {
    if operation != "TransactWriteItems" {
        return vec![operation.to_owned()];
    }
    let request: Value = serde_json::from_slice(body).unwrap();
    let writes = request["TransactItems"].as_array().unwrap().iter();
    let names = writes.flat_map(|write| write.as_object().unwrap().keys().cloned());
    names.map(|name| name + "Item").collect()
}

pub(crate) fn edited(body: &[u8], member: &str, value: &str) -> Bytes {
    let mut request: Value = serde_json::from_slice(body).unwrap();
    request[member] = value.into();
    request.to_string().into()
}

/// `ConsumedCapacity` is one object, or a list of one for each table.
pub(crate) fn consumed_units(answer: &[u8]) -> f64 {
    let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
    let consumed = &answer["ConsumedCapacity"];
    let units = |table: &Value| table["CapacityUnits"].as_f64().unwrap_or_default();
    consumed.as_array().map_or_else(|| units(consumed), |tables| tables.iter().map(units).sum())
}
