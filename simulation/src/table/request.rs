//! The requests of DynamoDB, as far as leadhook sends them.

use super::{
    item::{Item, Key, key_of},
    parser::Names,
};
use serde::Deserialize;
use std::collections::BTreeMap;

/// What a write does to its item.
#[derive(Clone, Copy)]
pub(super) enum Verb {
    Put,
    Update,
    Delete,
    /// Nothing, only the condition counts.
    Check,
}

/// A request about one item, or a query.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[derive(Default)]
pub(super) struct Request {
    #[serde(flatten)]
    pub(super) write: Write,
    pub(super) key_condition_expression: Option<String>,
    pub(super) filter_expression: Option<String>,
    pub(super) projection_expression: Option<String>,
    pub(super) scan_index_forward: Option<bool>,
    pub(super) exclusive_start_key: Option<Item>,
    pub(super) limit: Option<usize>,
    pub(super) select: Option<String>,
}

/// Several writes, all or none.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Transaction {
    pub(super) transact_items: Vec<TransactItem>,
    pub(super) client_request_token: String,
}

/// A write of one item. A transaction has several.
#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Write {
    pub(super) key: Item,
    pub(super) item: Item,
    pub(super) condition_expression: Option<String>,
    pub(super) update_expression: Option<String>,
    expression_attribute_names: BTreeMap<String, String>,
    expression_attribute_values: Item,
    pub(super) return_values: Option<String>,
    pub(super) return_values_on_condition_check_failure: Option<String>,
}

impl Write {
    pub(super) fn names(&self) -> Names<'_> {
        Names { names: &self.expression_attribute_names, values: &self.expression_attribute_values }
    }

    pub(super) fn key(&self, verb: Verb) -> Key {
        match verb {
            Verb::Put => key_of(&self.item),
            Verb::Update | Verb::Delete | Verb::Check => key_of(&self.key),
        }
    }
}

/// One write of a transaction.
#[derive(Deserialize)]
pub(super) enum TransactItem {
    Put(Write),
    Update(Write),
    Delete(Write),
    ConditionCheck(Write),
}

impl TransactItem {
    pub(super) fn write(self) -> (Verb, Write) {
        match self {
            Self::Put(write) => (Verb::Put, write),
            Self::Update(write) => (Verb::Update, write),
            Self::Delete(write) => (Verb::Delete, write),
            Self::ConditionCheck(write) => (Verb::Check, write),
        }
    }
}

/// The batches of the tables.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Batches {
    pub(super) request_items: BTreeMap<String, BatchRequest>,
}

/// A batch of one table.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum BatchRequest {
    Read {
        #[serde(rename = "Keys")]
        keys: Vec<Item>,
    },
    Write(Vec<BatchWrite>),
}

/// One write of a batch.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[derive(Default)]
pub(super) struct BatchWrite {
    pub(super) put_request: Option<Write>,
    pub(super) delete_request: Option<Write>,
}
