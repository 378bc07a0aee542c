//! A lead that nobody sent, to try a template.

use jiff::Timestamp;
use providers::{LeadRecord, write_time};
use serde_json::Value;
use shared::model::{Account, BrokenRule};
use std::collections::BTreeMap;

/// The name of a sample that is sent.
pub(crate) const PLAIN_NAME: &str = "Maria Silva";

/// The names of a JSON object's members.
pub(crate) fn names_of_members(object: &Value) -> Vec<String> {
    object.as_object().into_iter().flat_map(|members| members.keys().cloned()).collect()
}

/// A lead of this person with all members.
pub(crate) fn sample(account: &Account, name: &str) -> LeadRecord {
    let at = write_time(Timestamp::UNIX_EPOCH);
    LeadRecord {
        id: "1".to_owned(),
        provider: account.provider.as_str(),
        account: account.id.to_string(),
        created_at: at.clone(),
        updated_at: at,
        name: Some(name.to_owned()),
        email: Some("maria@example.com".to_owned()),
        phone: Some("5511999998888".to_owned()),
        source: Some("test".to_owned()),
        status: Some("new".to_owned()),
        details: BTreeMap::new(),
        extra: None,
        broken_rules: vec![BrokenRule { field: "source".to_owned(), rule: "sample".to_owned() }],
    }
}
