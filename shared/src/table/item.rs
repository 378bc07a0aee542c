//! What the items of every kind have in common: the keys' names, times, and sort keys of lists.

use crate::model::Account;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use std::collections::HashMap;

/// An item of the table.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// The partition key's name.
pub(crate) const PK: &str = "pk";
/// The sort key's name.
pub(crate) const SK: &str = "sk";
/// The time-to-live attribute's name; its values are Unix seconds.
pub(crate) const EXPIRES_AT: &str = "expires_at";

/// The key of an item.
pub(crate) fn key(pk: String, sk: String) -> Item {
    Item::from([(PK.to_owned(), AttributeValue::S(pk)), (SK.to_owned(), AttributeValue::S(sk))])
}

/// A text attribute of an item.
pub(crate) fn text<'a>(item: &'a Item, name: &str) -> Option<&'a String> {
    item.get(name)?.as_s().ok()
}

/// Reads the account of an item in a list, and what follows it.
pub(crate) fn read_listed(sk: &str) -> Option<(Account, &str)> {
    let (account, name) = sk.rsplit_once('#')?;
    let (provider, id) = account.split_once('#')?;
    Some((Account { provider: provider.parse().ok()?, id: id.parse().ok()? }, name))
}

/// A time as a value of the time-to-live attribute.
pub(crate) fn seconds(time: Timestamp) -> AttributeValue {
    AttributeValue::N(time.as_second().to_string())
}

/// A time that a condition compares.
pub(crate) fn milliseconds(time: Timestamp) -> AttributeValue {
    AttributeValue::N(time.as_millisecond().to_string())
}
