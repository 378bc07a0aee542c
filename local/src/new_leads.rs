//! New leads that other processes store in the embedded table.

use forwarding::{ItemKey, NewLeadRecord};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use shared::model::{Account, LeadId};
use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// How old a lead of another process is before it is forwarded. A cursor may have passed a lead that
/// is stored later than that.
pub(crate) const SETTLED_AFTER: SignedDuration = SignedDuration::from_secs(1);

/// The leads that other processes stored late. They are what the table's stream is in AWS.
#[derive(Clone, Debug, Default)]
pub struct NewLeads(Arc<Mutex<Vec<NewLeadRecord>>>);

impl NewLeads {
    /// Notes those of the leads that were stored late, at this time.
    pub(crate) fn note(&self, leads: Vec<(Account, LeadId)>, at: Timestamp) {
        let late =
            leads.into_iter().filter(|(_, id)| at.duration_since(id.time()) >= SETTLED_AFTER);
        self.lock().extend(late.map(|(account, id)| NewLeadRecord { account, id, is_late: true }));
    }

    /// The leads since the last call.
    pub(crate) fn take(&self) -> Vec<NewLeadRecord> {
        mem::take(&mut *self.lock())
    }

    /// Gives leads back that could not be set aside.
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

    #[test]
    fn a_lead_is_told_if_it_was_stored_a_second_after_its_id_or_later() {
        let request = json!({ "Item": item("lead#flextell#acme", "0374611969024001") }).to_string();
        let leads = leads_in("PutItem", &request);
        let drawn_at = leads[0].1.time();
        for (milliseconds, told) in [(0, 0), (999, 0), (1_000, 1), (60_000, 1)] {
            let new_leads = NewLeads::default();
            let at = drawn_at + SignedDuration::from_millis(milliseconds);
            new_leads.note(leads.clone(), at);
            let taken = new_leads.take();
            assert_eq!(taken.len(), told, "{milliseconds}");
            assert!(taken.iter().all(|lead| lead.is_late) && new_leads.take().is_empty());
            new_leads.put_back(taken);
            assert_eq!(new_leads.take().len(), told, "{milliseconds}");
        }
    }
}
