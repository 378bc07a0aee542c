//! The leads that are stored in the embedded table.

use forwarding::{ItemKey, NewLeadRecord};
use serde::Deserialize;
use shared::model::{Account, LeadId};
use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The leads that were stored, whoever stored them. They are what the table's stream is in AWS. Each
/// may be late: the clock of its writer may be wrong.
#[derive(Clone, Debug, Default)]
pub struct NewLeads(Arc<Mutex<Vec<NewLeadRecord>>>);

impl NewLeads {
    /// Notes leads that were stored.
    pub(crate) fn note(&self, leads: Vec<(Account, LeadId)>) {
        let new =
            leads.into_iter().map(|(account, id)| NewLeadRecord { account, id, is_late: true });
        self.lock().extend(new);
    }

    /// The leads since the last call.
    pub(crate) fn take(&self) -> Vec<NewLeadRecord> {
        mem::take(&mut *self.lock())
    }

    /// Gives leads back that could not be compared with the cursors.
    pub(crate) fn put_back(&self, leads: Vec<NewLeadRecord>) {
        self.lock().extend(leads);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<NewLeadRecord>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request of DynamoDB that may store a lead.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    item: Option<ItemKey>,
    #[serde(default)]
    transact_items: Vec<Write>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Write {
    put: Option<Put>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Put {
    item: ItemKey,
}

/// The leads that a request stores.
pub(crate) fn leads_in(operation: &str, request: &str) -> Vec<(Account, LeadId)> {
    if !matches!(operation, "PutItem" | "TransactWriteItems") {
        return Vec::new();
    }
    let Ok(request) = serde_json::from_str::<Request>(request) else { return Vec::new() };
    let in_transaction = request.transact_items.into_iter().filter_map(|write| write.put);
    let items = request.item.into_iter().chain(in_transaction.map(|put| put.item));
    items.filter_map(|key| key.lead()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn item(pk: &str, sk: &str) -> Value {
        json!({ "pk": { "S": pk }, "sk": { "S": sk }, "n": { "N": "1" } })
    }

    #[test]
    fn the_leads_of_a_put_and_of_a_transaction_are_found() {
        let lead = item("lead#flextell#acme", "0374611969024001");
        let claim = item("claim#flextell#acme#replay#0", "claim");
        let put = |item: &Value| json!({ "Put": { "TableName": "leadhook", "Item": item } });
        let check = json!({ "ConditionCheck": { "Key": lead } });
        let cases = [
            ("PutItem", json!({ "TableName": "leadhook", "Item": lead }), 1),
            ("PutItem", json!({ "TableName": "leadhook", "Item": claim }), 0),
            ("TransactWriteItems", json!({ "TransactItems": [put(&lead), put(&claim)] }), 1),
            ("TransactWriteItems", json!({ "TransactItems": [check, put(&claim)] }), 0),
            ("DeleteItem", json!({ "Key": lead }), 0),
            ("PutItem", json!("no request"), 0),
        ];
        for (operation, request, leads) in cases {
            let found = leads_in(operation, &request.to_string());
            assert_eq!(found.len(), leads, "{operation} {request}");
        }
    }
}
