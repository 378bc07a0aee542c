//! The events that wake the function: its schedule, and the table's stream.

use crate::pass::SETTLED_AFTER;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use shared::{
    model::{Account, LeadId},
    table::read_lead_key,
};

/// A write that is this much later than its lead's id may be behind the cursors. It is two seconds
/// less than the margin of a pass: a record has the second of its write, rounded down, and a pass
/// may be a second ahead of the table's clock.
const LATE_AFTER: SignedDuration = SignedDuration::from_secs(SETTLED_AFTER.as_secs() - 2);

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
    keys: ItemKey,
}

/// The key of an item, in DynamoDB's JSON.
#[derive(Deserialize)]
struct ItemKey {
    pk: Text,
    sk: Text,
}

impl ItemKey {
    /// The account and the id of the lead, if the item is a lead.
    fn lead(&self) -> Option<(Account, LeadId)> {
        read_lead_key(&self.pk.s, &self.sk.s)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "UPPERCASE")]
struct Text {
    s: String,
}

/// A new lead, from a record of the table's stream.
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
    /// The new leads of the stream's records; `None` if the schedule sent the event.
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
        let (account, id) = keys.lead()?;
        let written = Timestamp::from_second(*written as i64).ok()?;
        let is_late = written.duration_since(id.time()) >= LATE_AFTER;
        Some(NewLeadRecord { account, id, is_late })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use shared::model::Provider;

    /// Its time is 2026-11-24T13:00:00.250Z.
    const LEAD: &str = "0374611969024001";
    /// The second of that time.
    const SECOND: i64 = 1_795_525_200;

    fn record(name: &str, pk: &str, sk: &str, written: impl Into<Value>) -> Value {
        json!({
            "eventName": name,
            "dynamodb": {
                "ApproximateCreationDateTime": written.into(),
                "Keys": { "pk": { "S": pk }, "sk": { "S": sk } },
                "StreamViewType": "KEYS_ONLY",
            },
        })
    }

    fn read(event: Value) -> ForwardingEvent {
        serde_json::from_value(event).unwrap()
    }

    #[test]
    fn an_event_of_the_schedule_has_no_leads() {
        let schedule = json!({ "detail-type": "Scheduled Event", "source": "aws.events" });
        for event in [schedule, json!({}), json!({ "Records": [] })] {
            assert_eq!(read(event.clone()).new_leads(), None, "{event}");
        }
    }

    #[test]
    fn only_an_inserted_lead_is_a_new_one() {
        let lead = "lead#flextell#acme";
        let long = format!("lead#flextell#{}", "a".repeat(3_000));
        let cases = [
            ("INSERT", lead, LEAD, true),
            ("MODIFY", lead, LEAD, false),
            ("REMOVE", lead, LEAD, false),
            ("insert", lead, LEAD, false),
            ("INSERT", "claim#flextell#acme#replay#0", "claim", false),
            ("INSERT", "held#flextell#acme", LEAD, false),
            ("INSERT", "leads#flextell#acme", LEAD, false),
            ("INSERT", "lead#", LEAD, false),
            ("INSERT", "lead#flextell", LEAD, false),
            ("INSERT", "lead#flextell#", LEAD, false),
            ("INSERT", "lead#someone#acme", LEAD, false),
            ("INSERT", &long, LEAD, false),
            ("INSERT", lead, "", false),
            ("INSERT", lead, "lead", false),
            ("INSERT", lead, "374611969024001", false),
            ("INSERT", lead, "9999999999999999", false),
        ];
        for (name, pk, sk, is_new) in cases {
            let event = json!({ "Records": [record(name, pk, sk, SECOND)] });
            let expected = is_new.then(|| NewLeadRecord {
                account: Account { provider: Provider::Flextell, id: "acme".parse().unwrap() },
                id: LEAD[1..].parse().unwrap(),
                is_late: false,
            });
            let expected: Vec<_> = expected.into_iter().collect();
            assert_eq!(read(event).new_leads(), Some(expected), "{name} {pk} {sk}");
        }
    }

    /// The stream rounds the time of a write down to its second.
    #[test]
    fn a_lead_is_late_if_it_is_written_three_seconds_after_its_id_or_later() {
        let cases = [
            (json!(SECOND - 60), false),
            (json!(SECOND), false),
            (json!(SECOND + 3), false),
            (json!(1_795_525_203.9), false),
            (json!(SECOND + 4), true),
            (json!(1.795_525_204e9), true),
            (json!(SECOND + 86_400), true),
        ];
        for (written, is_late) in cases {
            let event = record("INSERT", "lead#flextell#acme", LEAD, written.clone());
            let leads = read(json!({ "Records": [event] })).new_leads().unwrap();
            assert_eq!(leads[0].is_late, is_late, "{written}");
        }
    }
}
