//! A model of DynamoDB, as far as leadhook uses it: the operations, and what they answer. The
//! embedded engine is right about DynamoDB, and too slow for a million histories.
//! `tests/differential.rs` compares the two, and the model with Amazon's DynamoDB Local.

mod expression;
mod item;
mod parser;
mod read;
mod request;

pub use item::Item;

use item::{Key, key_item, key_of};
use parser::{read_changes, read_condition};
use request::{BatchRequest, Batches, Request, TransactItem, Transaction, Verb, Write};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};

/// A table.
#[derive(Default)]
pub struct Table {
    items: BTreeMap<Key, Item>,
    /// The requests of the transactions that were done, by their tokens.
    done: HashMap<String, String>,
    changed: Vec<Changed>,
}

/// A request to a table, and its answer.
pub struct Exchange {
    /// The operation's name.
    pub operation: String,
    /// The request, in JSON.
    pub request: String,
    /// The answer; an error is DynamoDB's error.
    pub answer: Result<Value, Value>,
}

/// A write of an item.
pub struct Changed {
    /// Its partition key.
    pub pk: String,
    /// Its sort key.
    pub sk: String,
    /// What happened.
    pub change: ItemChange,
}

/// What happened to an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemChange {
    /// It is new.
    Inserted,
    /// It replaced another one, or was changed.
    Modified,
    /// It was deleted.
    Removed,
}

/// An error of DynamoDB: its status is always 400.
pub struct Refusal(pub Value);

impl Refusal {
    fn new(name: &str) -> Self {
        Self(json!({ "__type": format!("com.amazonaws.dynamodb.v20120810#{name}") }))
    }
}

impl Table {
    /// Runs an operation of DynamoDB. Its name and its request are as in the HTTP API.
    ///
    /// # Errors
    /// If DynamoDB would refuse it.
    ///
    /// # Panics
    /// If leadhook does not use the operation.
    pub fn call(&mut self, operation: &str, request: &str) -> Result<Value, Refusal> {
        match operation {
            "BatchGetItem" => Ok(self.get_batch(&read(request))),
            "BatchWriteItem" => Ok(self.write_batch(read(request))),
            "TransactWriteItems" => self.transact(request),
            _ => self.call_one(operation, read(request)),
        }
    }

    fn call_one(&mut self, operation: &str, request: Request) -> Result<Value, Refusal> {
        match operation {
            "GetItem" => Ok(self.get(&request)),
            "PutItem" => self.write(Verb::Put, &request.write),
            "UpdateItem" => self.write(Verb::Update, &request.write),
            "DeleteItem" => self.write(Verb::Delete, &request.write),
            "Query" => Ok(self.query(&request)),
            _ => panic!("this operation is not modelled: {operation}"),
        }
    }

    /// Forgets that a transaction was done, as DynamoDB does after ten minutes.
    pub fn forget(&mut self, transaction: &str) {
        self.done.retain(|_, done| done != transaction);
    }

    /// An item; `None` if there is none.
    pub fn item(&self, pk: &str, sk: &str) -> Option<&Item> {
        self.items.get(&(pk.to_owned(), sk.to_owned()))
    }

    /// What has changed since the last call.
    pub fn take_changed(&mut self) -> Vec<Changed> {
        std::mem::take(&mut self.changed)
    }

    /// The items, sorted by their keys.
    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.items.values()
    }

    /// Deletes the items that have expired, and returns their keys. DynamoDB does so up to two days
    /// late.
    pub fn sweep(&mut self, now: i64) -> Vec<Value> {
        let expired = |item: &Item| {
            let at = item.get("expires_at").and_then(|at| at["N"].as_str()?.parse::<i64>().ok());
            at.is_some_and(|at| at <= now)
        };
        let swept: Vec<_> = self
            .items
            .iter()
            .filter(|(_, item)| expired(item))
            .map(|(key, _)| key.clone())
            .collect();
        let keys = swept.iter().map(key_item).collect();
        for key in swept {
            self.replace(key, None);
        }
        keys
    }

    fn write_batch(&mut self, request: Batches) -> Value {
        for batch in request.request_items.into_values() {
            let BatchRequest::Write(writes) = batch else { panic!("a batch to write has writes") };
            for write in writes {
                if let Some(put) = write.put_request {
                    self.replace(key_of(&put.item), Some(put.item));
                }
                if let Some(delete) = write.delete_request {
                    self.replace(key_of(&delete.key), None);
                }
            }
        }
        json!({ "UnprocessedItems": {} })
    }

    fn write(&mut self, verb: Verb, write: &Write) -> Result<Value, Refusal> {
        if let Err(existing) = self.check(verb, write) {
            let mut refusal = Refusal::new("ConditionalCheckFailedException");
            if let Some(item) = existing {
                refusal.0["Item"] = json!(item);
            }
            return Err(refusal);
        }
        let old = self.apply(verb, write);
        Ok(match old.filter(|_| write.return_values.as_deref() == Some("ALL_OLD")) {
            Some(old) => json!({ "Attributes": old }),
            None => json!({}),
        })
    }

    fn transact(&mut self, request: &str) -> Result<Value, Refusal> {
        let Transaction { transact_items, client_request_token: token } = read(request);
        if let Some(done) = self.done.get(&token) {
            return if done == request {
                Ok(json!({}))
            } else {
                Err(Refusal::new("IdempotentParameterMismatchException"))
            };
        }
        let writes: Vec<_> = transact_items.into_iter().map(TransactItem::write).collect();
        let checked: Vec<_> = writes.iter().map(|(verb, write)| self.check(*verb, write)).collect();
        if checked.iter().any(Result::is_err) {
            let reasons = checked.into_iter().map(|checked| match checked {
                Ok(()) => json!({ "Code": "None" }),
                Err(None) => json!({ "Code": "ConditionalCheckFailed" }),
                Err(Some(item)) => json!({ "Code": "ConditionalCheckFailed", "Item": item }),
            });
            let mut refusal = Refusal::new("TransactionCanceledException");
            refusal.0["CancellationReasons"] = reasons.collect();
            return Err(refusal);
        }
        for (verb, write) in &writes {
            self.apply(*verb, write);
        }
        self.done.insert(token, request.to_owned());
        Ok(json!({}))
    }

    /// Whether the condition of a write is true. An error has the existing item, if it is wanted.
    fn check(&self, verb: Verb, write: &Write) -> Result<(), Option<Item>> {
        let none = Item::new();
        let existing = self.items.get(&write.key(verb));
        let Some(text) = &write.condition_expression else { return Ok(()) };
        if read_condition(text, &write.names()).is_true(existing.unwrap_or(&none)) {
            return Ok(());
        }
        let is_wanted =
            write.return_values_on_condition_check_failure.as_deref() == Some("ALL_OLD");
        Err(existing.filter(|_| is_wanted).cloned())
    }

    /// Returns the item before the write.
    fn apply(&mut self, verb: Verb, write: &Write) -> Option<Item> {
        let key = write.key(verb);
        match verb {
            Verb::Put => self.replace(key, Some(write.item.clone())),
            Verb::Delete => self.replace(key, None),
            Verb::Check => None,
            Verb::Update => {
                let mut item = self.items.get(&key).cloned().unwrap_or_else(|| write.key.clone());
                let text = write.update_expression.as_ref().unwrap();
                for change in read_changes(text, &write.names()) {
                    change.apply(&mut item);
                }
                self.replace(key, Some(item))
            }
        }
    }

    fn replace(&mut self, key: Key, item: Option<Item>) -> Option<Item> {
        let (pk, sk) = key.clone();
        let is_new = item.is_some();
        let old = match item {
            Some(item) => self.items.insert(key, item),
            None => self.items.remove(&key),
        };
        let change = match (&old, is_new) {
            (None, true) => ItemChange::Inserted,
            (Some(_), true) => ItemChange::Modified,
            (Some(_), false) => ItemChange::Removed,
            (None, false) => return None,
        };
        self.changed.push(Changed { pk, sk, change });
        old
    }
}

fn read<T: DeserializeOwned>(request: &str) -> T {
    serde_json::from_str(request).unwrap()
}
