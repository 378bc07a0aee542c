//! Reads expressions.

use super::{
    expression::{Change, Condition, Operand},
    item::Item,
};
use std::collections::BTreeMap;

/// The names and values that an expression refers to.
pub(super) struct Names<'a> {
    pub(super) names: &'a BTreeMap<String, String>,
    pub(super) values: &'a Item,
}

pub(super) fn read_condition(text: &str, names: &Names<'_>) -> Condition {
    let mut parser = Parser::new(text, names);
    let condition = parser.any();
    assert!(parser.tokens.is_empty(), "this condition is not modelled: {text}");
    condition
}

pub(super) fn read_changes(text: &str, names: &Names<'_>) -> Vec<Change> {
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
