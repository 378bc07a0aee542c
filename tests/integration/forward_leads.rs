//! The function `forward-leads`: what it does with the events that wake it.

use crate::receiver::{Receiver, status};
use forwarding::{Forwarder, ForwardingEvent, MasterSecret, Report, forward_leads};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use shared::model::{Destination, DestinationId, DestinationState, LeadId, SetAside};
use std::{
    collections::{BTreeSet, VecDeque},
    sync::{Arc, Mutex},
};
use tests::{SENDERS, SIGNING_KEY, Sender, TestApi, sample_events};

/// An API with one destination, which gets the leads of one sender.
struct Forwarding {
    api: TestApi,
    sender: &'static Sender,
    forwarder: Forwarder<Receiver<'static>>,
    /// The status of each post that comes.
    statuses: Arc<Mutex<VecDeque<u16>>>,
}

impl Forwarding {
    async fn start() -> Self {
        let (api, sender) = (TestApi::start().await, &SENDERS[1]);
        let destination = destination(&api, sender);
        let context = &api.app.context;
        context.table.add_destination(&destination).await.unwrap();
        api.connection.take_operations();
        let statuses = Arc::<Mutex<VecDeque<u16>>>::default();
        let next = Arc::clone(&statuses);
        let forwarder = Forwarder {
            table: context.table.clone(),
            system: context.system.clone(),
            post: Receiver::answering(move |_| status(next.lock().unwrap().pop_front().unwrap())),
            master: MasterSecret::new(SIGNING_KEY).unwrap(),
        };
        Self { api, sender, forwarder, statuses }
    }

    /// Sends this many leads, and waits until they are settled.
    async fn send_leads(&self, count: usize) -> Vec<LeadId> {
        for n in 0..count {
            let body = (self.sender.body)(n).to_string();
            let answer = self.api.send(self.sender.deliver(&self.api, body).await).await;
            assert_eq!(answer.status, self.sender.created);
        }
        self.api.advance(SignedDuration::from_secs(6));
        let leads = self.api.items("lead#").await;
        let ids = leads.iter().map(|lead| lead["sk"].as_s().unwrap().trim_start_matches('0'));
        ids.map(|id| id.parse().unwrap()).collect()
    }

    /// The destination answers with these statuses, and gets a message for each.
    async fn run(&self, event: Value, statuses: impl IntoIterator<Item = u16>) {
        self.statuses.lock().unwrap().extend(statuses);
        let posts = self.statuses.lock().unwrap().len() as u64;
        let event: ForwardingEvent = serde_json::from_value(event).unwrap();
        let report = forward_leads(&self.forwarder, &event).await.unwrap().unwrap();
        assert!(self.statuses.lock().unwrap().is_empty());
        assert_eq!(report.forwarded + report.set_aside + report.failed, posts, "{report:?}");
    }

    async fn set_aside(&self) -> Vec<SetAside> {
        let (account, now) = (self.sender.account(), self.api.now());
        self.forwarder.table.events_set_aside(&account, None, None, now).await.unwrap()
    }

    /// The stream's record of a lead that was written this much after its id.
    fn record(&self, id: LeadId, after: SignedDuration) -> Value {
        let account = self.sender.account();
        let pk = format!("lead#{}#{}", account.provider.as_str(), account.id);
        json!({ "Records": [{
            "eventName": "INSERT",
            "dynamodb": {
                "ApproximateCreationDateTime": (id.time() + after).as_second(),
                "Keys": { "pk": { "S": pk }, "sk": { "S": format!("{:0>16}", id.to_string()) } },
            },
        }] })
    }
}

fn destination(api: &TestApi, sender: &Sender) -> Destination {
    let account = sender.account();
    let start = LeadId::new(Timestamp::UNIX_EPOCH, 0);
    let id = DestinationId::random(&api.app.context.system);
    Destination::new(&account, id, "https://example.com/leads".to_owned(), start, api.now())
}

fn schedule() -> Value {
    json!({ "source": "aws.events", "detail-type": "Scheduled Event" })
}

/// The IAM actions of everything that the function does to the table: it forwards leads, sets a
/// refused one aside, posts it again, and sets a late one aside.
pub(crate) async fn actions_used() -> BTreeSet<String> {
    let forwarding = Forwarding::start().await;
    let leads = forwarding.send_leads(2).await;
    forwarding.api.connection.take_actions();
    forwarding.run(schedule(), [200, 422]).await;
    forwarding.api.advance(SignedDuration::from_hours(2));
    forwarding.run(schedule(), [200]).await;
    let late = forwarding.record(leads[0], SignedDuration::from_secs(60));
    forwarding.run(late, [200]).await;
    let actions = forwarding.api.connection.take_actions().into_iter();
    actions.map(|action| format!("dynamodb:{action}")).collect()
}

#[tokio::test]
async fn the_function_takes_its_sample_events() {
    let forwarding = Forwarding::start().await;
    let samples: Vec<_> = sample_events().into_iter().filter(|one| !one.is_request()).collect();
    let names: Vec<_> = samples.iter().map(|sample| sample.name.as_str()).collect();
    assert_eq!(names, ["new_leads", "schedule"]);
    for sample in samples {
        assert_eq!(sample.function, "forward-leads");
        let event: ForwardingEvent = serde_json::from_str(&sample.event).unwrap();
        let new_leads = event.new_leads().map(|leads| leads.len());
        assert_eq!(new_leads, (sample.name == "new_leads").then_some(2), "{}", sample.name);
        forward_leads(&forwarding.forwarder, &event).await.unwrap();
    }
}

#[tokio::test]
async fn a_late_lead_behind_the_cursor_is_forwarded_by_itself() {
    let forwarding = Forwarding::start().await;
    let leads = forwarding.send_leads(1).await;
    forwarding.run(schedule(), [200]).await;
    let in_time = forwarding.record(leads[0], SignedDuration::from_secs(3));
    forwarding.run(in_time, []).await;
    let late = forwarding.record(leads[0], SignedDuration::from_secs(5));
    forwarding.run(late, [200]).await;
    assert_eq!(forwarding.set_aside().await, []);
}

/// Only then: the stream would keep an account's later leads until the records are handled.
#[tokio::test]
async fn the_stream_gives_records_again_only_if_a_late_lead_cannot_be_set_aside() {
    let forwarding = Forwarding::start().await;
    let leads = forwarding.send_leads(1).await;
    for (after, is_failure) in [(0, false), (60, true)] {
        let event = forwarding.record(leads[0], SignedDuration::from_secs(after));
        let event: ForwardingEvent = serde_json::from_value(event).unwrap();
        forwarding.api.connection.set_away(true);
        let failed = forward_leads(&forwarding.forwarder, &event).await.is_err();
        assert_eq!(failed, is_failure, "{after}");
    }
    let schedule: ForwardingEvent = serde_json::from_value(schedule()).unwrap();
    let report = forward_leads(&forwarding.forwarder, &schedule).await.unwrap();
    assert_eq!(report, Some(Report { table_faults: 1, ..Report::default() }));
    forwarding.api.connection.set_away(false);
    assert_eq!(forwarding.set_aside().await, []);
}

/// Other accounts wait for their own event or the schedule, so their destinations are not read.
#[tokio::test]
async fn new_leads_wake_only_the_destinations_of_their_accounts() {
    let forwarding = Forwarding::start().await;
    let leads = forwarding.send_leads(1).await;
    let other = &SENDERS[0];
    let destination = destination(&forwarding.api, other);
    forwarding.forwarder.table.add_destination(&destination).await.unwrap();
    let body = (other.body)(0).to_string();
    let answer = forwarding.api.send(other.deliver(&forwarding.api, body).await).await;
    assert_eq!(answer.status, other.created);
    forwarding.api.advance(SignedDuration::from_secs(6));
    let event = forwarding.record(leads[0], SignedDuration::ZERO);
    forwarding.run(event, [200]).await;
    forwarding.run(schedule(), [200]).await;
}

/// AWS bills the wait until new leads are settled.
#[tokio::test]
async fn the_function_waits_only_for_leads_that_a_destination_awaits() {
    type Change = fn(&mut Destination, Timestamp);
    let cases: [(&str, Change, bool); 6] = [
        ("active", |_, _| {}, true),
        ("leased", |one, now| one.lease_until = Some(now + SignedDuration::from_secs(60)), true),
        ("paused", |one, _| one.state = DestinationState::Paused, false),
        ("gone", |one, _| one.state = DestinationState::Gone, false),
        (
            "waiting",
            |one, now| one.next_attempt_at = Some(now + SignedDuration::from_secs(9)),
            false,
        ),
        ("failing", |one, _| one.failures = 1, false),
    ];
    for (case, change, is_awaited) in cases {
        let forwarding = Forwarding::start().await;
        let lead = forwarding.send_leads(1).await[0];
        let table = &forwarding.forwarder.table;
        let mut destination = table.destinations().await.unwrap().pop().unwrap();
        table.remove_destination(&destination, forwarding.api.now()).await.unwrap();
        change(&mut destination, forwarding.api.now());
        table.add_destination(&destination).await.unwrap();
        forwarding.api.connection.take_operations();
        forwarding.statuses.lock().unwrap().push_back(200);
        let event = forwarding.record(lead, SignedDuration::ZERO);
        let event: ForwardingEvent = serde_json::from_value(event).unwrap();
        let report = forward_leads(&forwarding.forwarder, &event).await.unwrap();
        assert_eq!(report.is_some(), is_awaited, "{case}");
        if !is_awaited {
            let operations = forwarding.api.connection.take_operations();
            assert_eq!(operations, ["Query", "BatchGetItem"], "{case}");
        }
    }
}

#[tokio::test]
async fn without_a_destination_a_new_lead_costs_one_request() {
    let forwarding = Forwarding::start().await;
    let lead = forwarding.send_leads(1).await[0];
    let table = &forwarding.forwarder.table;
    let destination = table.destinations().await.unwrap().pop().unwrap();
    table.remove_destination(&destination, forwarding.api.now()).await.unwrap();
    for after in [SignedDuration::ZERO, SignedDuration::from_secs(60)] {
        forwarding.api.connection.take_operations();
        let event: ForwardingEvent =
            serde_json::from_value(forwarding.record(lead, after)).unwrap();
        assert_eq!(forward_leads(&forwarding.forwarder, &event).await.unwrap(), None);
        assert_eq!(forwarding.api.connection.take_operations(), ["Query"]);
    }
}

/// The costs in `docs/operations.md`.
#[tokio::test]
async fn a_pass_sends_the_requests_that_its_costs_count() {
    let forwarding = Forwarding::start().await;
    let connection = &forwarding.api.connection;
    forwarding.run(schedule(), []).await;
    // The table's clock, the list of destinations, the leads and what is set aside.
    assert_eq!(connection.take_operations(), ["Query", "Query", "BatchGetItem", "Query", "Query"]);
    let leads = forwarding.send_leads(1).await;
    connection.take_operations();
    let event = forwarding.record(leads[0], SignedDuration::ZERO);
    forwarding.run(event, [200]).await;
    // The destinations, the table's clock, the leads, the lease, what is set aside, the leads, the
    // destination before a post, the progress.
    let of_a_lead = [
        "Query",
        "BatchGetItem",
        "Query",
        "Query",
        "UpdateItem",
        "Query",
        "Query",
        "GetItem",
        "UpdateItem",
    ];
    assert_eq!(connection.take_operations(), of_a_lead);
}

/// What the costs in `docs/operations.md` are made of (`bench/src/cost.rs`): two units are written,
/// by the lease and the progress.
#[tokio::test]
async fn a_pass_consumes_the_units_that_its_costs_count() {
    for (leads, units) in [(0, 4.5), (1, 8.5), (2, 9.5), (24, 32.5), (25, 35.5), (26, 36.5)] {
        let forwarding = Forwarding::start().await;
        let ids = forwarding.send_leads(leads.max(1)).await;
        let event = forwarding.record(ids[0], SignedDuration::ZERO);
        if leads == 0 {
            forwarding.run(event.clone(), [200]).await;
        }
        forwarding.api.connection.take_consumed_units();
        forwarding.run(event, vec![200; leads]).await;
        let consumed = forwarding.api.connection.take_consumed_units();
        let is_as_said = consumed == units || !forwarding.api.is_embedded();
        assert!(is_as_said, "{leads} leads: {consumed}");
    }
}

#[test]
fn a_pass_writes_one_line_of_numbers() {
    let report = Report {
        forwarded: 1,
        set_aside: 2,
        failed: 3,
        failing: 4,
        failing_seconds: 900,
        table_faults: 5,
    };
    let expected = json!({
        "message": "forwarding",
        "forwarded": 1,
        "set_aside": 2,
        "failed": 3,
        "failing": 4,
        "failing_seconds": 900,
        "table_faults": 5,
    });
    assert_eq!(serde_json::to_value(report).unwrap(), expected);
}
