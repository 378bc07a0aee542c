//! Forwarding: its rules, case by case. The simulation plays it whole.

mod answers;
mod changes;
mod local_clock;
mod only;
mod other_shapes;
mod own_headers;
mod rules;
mod slow_connection;
mod stuck;
mod templates;
mod test_destination;
mod window;

use serde_json::Value;
use shared::model::{Account, Claims, Lead, LeadId, NewLead};
use std::collections::BTreeMap;

/// A lead of nobody.
fn new_lead(account: Account, id: LeadId) -> NewLead<BTreeMap<String, Value>> {
    let created_at = id.time();
    let lead = Lead {
        name: Some("Maria Silva".to_owned()),
        source: Some("web".to_owned()),
        ..Lead::new(id, created_at, BTreeMap::new())
    };
    let claims = Claims::new(b"", None, None, created_at).unwrap();
    NewLead { account, claims, lead }
}
