//! The expressions of DynamoDB, as far as leadhook uses them.

use super::item::Item;
use serde_json::Value;
use std::{cmp::Ordering, collections::BTreeMap};

/// The names and values that an expression refers to.
pub(super) struct Names<'a> {
    pub(super) names: &'a BTreeMap<String, String>,
    pub(super) values: &'a Item,
}

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
    pub(super) fn read(text: &str, names: &Names<'_>) -> Self {
        let mut parser = Parser::new(text, names);
        let condition = parser.any();
        assert!(parser.tokens.is_empty(), "this condition is not modelled: {text}");
        condition
    }

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
    pub(super) fn read(text: &str, names: &Names<'_>) -> Vec<Self> {
        let mut parser = Parser::new(text, names);
        let mut changes = Vec::new();
        let mut verb = String::new();
        while let Some(next) = parser.peek() {
            if ["SET", "REMOVE", "ADD"].contains(&next) {
                verb = parser.next();
            } else if next == "," {
                parser.next();
            } else {
                changes.push(parser.change(&verb));
            }
        }
        changes
    }

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

struct Parser<'a> {
    tokens: Vec<&'a str>,
    names: &'a Names<'a>,
}

impl<'a> Parser<'a> {
    /// The tokens are stored in reverse order.
    fn new(mut text: &'a str, names: &'a Names<'a>) -> Self {
        let mut tokens = Vec::new();
        loop {
            text = text.trim_start();
            let Some(first) = text.chars().next() else { break };
            let is_of_name = |c: char| c.is_alphanumeric() || "_#:".contains(c);
            let is_of_sign = |c: char| "<>=".contains(c);
            let length = match first {
                '(' | ')' | ',' => 1,
                _ if is_of_sign(first) => text.find(|c| !is_of_sign(c)).unwrap_or(text.len()),
                _ => text.find(|c| !is_of_name(c)).unwrap_or(text.len()),
            };
            assert!(length > 0, "this expression is not modelled: {text}");
            tokens.push(&text[..length]);
            text = &text[length..];
        }
        tokens.reverse();
        Self { tokens, names }
    }

    fn peek(&self) -> Option<&'a str> {
        self.tokens.last().copied()
    }

    fn next(&mut self) -> String {
        self.tokens.pop().unwrap().to_owned()
    }

    /// Whether the next token is this one, which is then passed.
    fn take(&mut self, token: &str) -> bool {
        self.tokens.pop_if(|next| *next == token).is_some()
    }

    fn any(&mut self) -> Condition {
        let mut condition = self.all();
        while self.take("OR") {
            condition = Condition::Or(Box::new(condition), Box::new(self.all()));
        }
        condition
    }

    fn all(&mut self) -> Condition {
        let mut condition = self.single();
        while self.take("AND") {
            condition = Condition::And(Box::new(condition), Box::new(self.single()));
        }
        condition
    }

    fn single(&mut self) -> Condition {
        if self.take("(") {
            let condition = self.any();
            assert!(self.take(")"), "a bracket is missing");
            return condition;
        }
        for (function, make) in [
            ("attribute_exists", Condition::Exists as fn(Operand) -> Condition),
            ("attribute_not_exists", Condition::NotExists),
        ] {
            if self.take(function) {
                return make(self.arguments().remove(0));
            }
        }
        if self.take("begins_with") {
            let mut operands = self.arguments();
            let start = operands.remove(1);
            return Condition::BeginsWith(operands.remove(0), start);
        }
        let one = self.operand();
        if self.take("BETWEEN") {
            let low = self.operand();
            assert!(self.take("AND"), "BETWEEN without AND");
            return Condition::Between(one, low, self.operand());
        }
        let sign = self.next();
        Condition::Compare(one, sign, self.operand())
    }

    fn arguments(&mut self) -> Vec<Operand> {
        assert!(self.take("("), "a function without arguments");
        let mut operands = vec![self.operand()];
        while self.take(",") {
            operands.push(self.operand());
        }
        assert!(self.take(")"), "a bracket is missing");
        operands
    }

    fn operand(&mut self) -> Operand {
        let token = self.next();
        if token.starts_with(':') {
            Operand::Value(self.names.values[&token].clone())
        } else {
            Operand::Attribute(self.resolve(token))
        }
    }

    fn resolve(&self, name: String) -> String {
        if name.starts_with('#') { self.names.names[&name].clone() } else { name }
    }

    fn change(&mut self, verb: &str) -> Change {
        let name = self.next();
        let name = self.resolve(name);
        match verb {
            "REMOVE" => return Change::Remove(name),
            "ADD" => return Change::Add(name, self.operand()),
            _ => assert!(self.take("="), "SET without a value"),
        }
        if self.take("if_not_exists") {
            let mut operands = self.arguments();
            let value = operands.remove(1);
            let Operand::Attribute(other) = operands.remove(0) else {
                panic!("if_not_exists of no attribute")
            };
            return Change::SetIfMissing(name, other, value);
        }
        Change::Set(name, self.operand())
    }
}
