//! The expressions of DynamoDB, as far as leadhook uses them.

use super::item::Item;
use serde_json::Value;
use std::{cmp::Ordering, collections::BTreeSet};

/// A condition.
#[derive(Debug)]
pub(super) enum Condition {
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
    Exists(Operand),
    NotExists(Operand),
    BeginsWith(Operand, Operand),
    Between(Operand, Operand, Operand),
    Compare(Operand, String, Operand),
}

/// An attribute, or a value of the request.
#[derive(Debug)]
pub(super) enum Operand {
    Attribute(String),
    Value(Value),
}

/// A part of an update.
#[derive(Debug)]
pub(super) enum Change {
    Set(String, Operand),
    /// Sets the first attribute to the second one, or to the value if that does not exist.
    SetIfMissing(String, String, Operand),
    Remove(String),
    Add(String, Operand),
}

impl Operand {
    fn of<'a>(&'a self, item: &'a Item) -> Option<&'a Value> {
        match self {
            Self::Attribute(name) => item.get(name),
            Self::Value(value) => Some(value),
        }
    }
}

impl Condition {
    /// The value that an attribute must have, if the condition says so.
    pub(super) fn value_of(&self, attribute: &str) -> Option<&Value> {
        match self {
            Self::And(one, other) => one.value_of(attribute).or_else(|| other.value_of(attribute)),
            Self::Compare(Operand::Attribute(name), sign, Operand::Value(value)) => {
                (name == attribute && sign == "=").then_some(value)
            }
            Self::Or(..)
            | Self::Exists(_)
            | Self::NotExists(_)
            | Self::BeginsWith(..)
            | Self::Between(..)
            | Self::Compare(..) => None,
        }
    }

    /// Whether it is true for an item. One that does not exist has no attribute.
    pub(super) fn is_true(&self, item: &Item) -> bool {
        match self {
            Self::And(one, other) => one.is_true(item) && other.is_true(item),
            Self::Or(one, other) => one.is_true(item) || other.is_true(item),
            Self::Exists(operand) => operand.of(item).is_some(),
            Self::NotExists(operand) => operand.of(item).is_none(),
            Self::BeginsWith(one, other) => {
                let text = |operand: &Operand| Some(operand.of(item)?["S"].as_str()?.to_owned());
                let (one, other) = (text(one), text(other));
                one.zip(other).is_some_and(|(one, start)| one.starts_with(&start))
            }
            Self::Between(operand, low, high) => {
                let value = operand.of(item);
                compare(value, ">=", low.of(item)) && compare(value, "<=", high.of(item))
            }
            Self::Compare(one, sign, other) => compare(one.of(item), sign, other.of(item)),
        }
    }
}

/// An attribute that does not exist, or of another type, is only unequal.
fn compare(one: Option<&Value>, sign: &str, other: Option<&Value>) -> bool {
    let order = one.zip(other).and_then(|(one, other)| order(one, other));
    match sign {
        "=" => order == Some(Ordering::Equal),
        "<>" => order != Some(Ordering::Equal),
        "<" => order == Some(Ordering::Less),
        "<=" => order.is_some_and(Ordering::is_le),
        ">" => order == Some(Ordering::Greater),
        ">=" => order.is_some_and(Ordering::is_ge),
        _ => unreachable!("no comparison: {sign}"),
    }
}

fn order(one: &Value, other: &Value) -> Option<Ordering> {
    let number = |value: &Value| value["N"].as_str().map(|text| text.parse::<i128>().unwrap());
    let text = |value: &Value| value["S"].as_str().map(str::to_owned);
    let numbers = number(one).zip(number(other)).map(|(one, other)| one.cmp(&other));
    let texts = || text(one).zip(text(other)).map(|(one, other)| one.cmp(&other));
    let others = || (one == other).then_some(Ordering::Equal);
    numbers.or_else(texts).or_else(others)
}

impl Change {
    pub(super) fn apply(&self, item: &mut Item) {
        match self {
            Self::Set(name, value) => {
                let value = value.of(item).unwrap().clone();
                item.insert(name.clone(), value);
            }
            Self::SetIfMissing(name, other, value) => {
                let value = item.get(other).or(value.of(item)).unwrap().clone();
                item.insert(name.clone(), value);
            }
            Self::Remove(name) => {
                item.remove(name);
            }
            Self::Add(name, value)
                if value.of(item).is_some_and(|value| value["NS"].is_array()) =>
            {
                let sets = [item.get(name), value.of(item)].into_iter().flatten();
                let numbers = sets.filter_map(|set| set["NS"].as_array()).flatten();
                let all: BTreeSet<_> = numbers.filter_map(Value::as_str).collect();
                let all = serde_json::json!({ "NS": all });
                item.insert(name.clone(), all);
            }
            Self::Add(name, value) => {
                let number = |value: Option<&Value>| {
                    value.map_or(0, |value| value["N"].as_str().unwrap().parse::<i128>().unwrap())
                };
                let sum = number(item.get(name)) + number(value.of(item));
                item.insert(name.clone(), serde_json::json!({ "N": sum.to_string() }));
            }
        }
    }
}
