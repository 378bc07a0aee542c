//! The events that wake the function: its schedule, and the table's stream.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use shared::{
    model::{Account, LeadId},
    table::read_lead_key,
};

/// A write that is this much later than its lead's id may be behind the cursors. The stream tells
/// the second of a write, rounded down.
const LATE_AFTER: SignedDuration = SignedDuration::from_secs(4);

/// An event. One of the schedule has no records.
#[derive(Deserialize)]
pub struct ForwardingEvent {
    #[serde(default, rename = "Records")]
    records: Vec<StreamRecord>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StreamRecord {
    event_name: String,
    dynamodb: Change,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Change {
    approximate_creation_date_time: f64,
    keys: Keys,
}

#[derive(Deserialize)]
struct Keys {
    pk: Text,
    sk: Text,
}

#[derive(Deserialize)]
#[serde(rename_all = "UPPERCASE")]
struct Text {
    s: String,
}

/// A new lead that the table's stream tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewLeadRecord {
    /// Its account.
    pub account: Account,
    /// Its id.
    pub id: LeadId,
    /// Whether it was written so late that a cursor may have passed its id.
    pub is_late: bool,
}

impl ForwardingEvent {
    /// The new leads that the stream tells; `None` if the schedule sent the event.
    pub fn new_leads(&self) -> Option<Vec<NewLeadRecord>> {
        if self.records.is_empty() {
            return None;
        }
        Some(self.records.iter().filter_map(StreamRecord::new_lead).collect())
    }
}

impl StreamRecord {
    fn new_lead(&self) -> Option<NewLeadRecord> {
        if self.event_name != "INSERT" {
            return None;
        }
        let Change { approximate_creation_date_time: written, keys } = &self.dynamodb;
        let (account, id) = read_lead_key(&keys.pk.s, &keys.sk.s)?;
        let written = Timestamp::from_second(*written as i64).ok()?;
        let is_late = written.duration_since(id.time()) >= LATE_AFTER;
        Some(NewLeadRecord { account, id, is_late })
    }
}
