//! The rules of forwarding, one by one, with a destination that answers as the test says.

use super::play::MASTER;
use forwarding::{
    Answered, Forwarder, MasterSecret, Post, PostError, PostRequest, SETTLED_AFTER, Wake,
    try_again_after, wait_after,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use shared::{
    model::{
        Account, Destination, DestinationFormat, DestinationId, DestinationState, LeadId, NewLead,
        Provider, SetAside, SetAsideEvent, Sources,
    },
    table::{LeadTable, Lease},
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};
use tests::{Fault, Sender, World};

type Script = Arc<dyn Fn(usize) -> Result<Answered, PostError> + Send + Sync>;

/// A destination that notes what it gets, and answers each post by its number.
struct Scripted {
    answer: Script,
    got: Arc<Mutex<Vec<PostRequest>>>,
}

impl Post for Scripted {
    async fn post(
        &self,
        _: &str,
        message: impl Fn() -> Option<PostRequest> + Send + Sync,
    ) -> Result<Answered, PostError> {
        let request = message().ok_or(PostError::Outdated)?;
        let mut got = self.got.lock().unwrap();
        got.push(request);
        (self.answer)(got.len())
    }
}

/// A world with one destination.
pub(super) struct Stage {
    pub(super) world: World,
    pub(super) destination: Destination,
    pub(super) got: Arc<Mutex<Vec<PostRequest>>>,
}

#[expect(clippy::unnecessary_wraps, reason = "it stands where there may be no answer")]
pub(super) fn status(status: u16) -> Result<Answered, PostError> {
    Ok(Answered { status, retry_after: None, body: String::new() })
}

pub(super) fn takes(_: usize) -> Result<Answered, PostError> {
    status(204)
}

pub(super) fn account() -> Account {
    Sender::of(Provider::Integrabot).account()
}

impl Stage {
    pub(super) async fn start() -> Self {
        Self::with_format(DestinationFormat::Standard).await
    }

    async fn with_format(format: DestinationFormat) -> Self {
        let world = World::start().await;
        let id = DestinationId::draw(&world.app.context.sources);
        let url = "https://receiver.example/".to_owned();
        let destination = Destination::new(&account(), id, url, LeadId::FIRST, world.now());
        let destination = Destination { format, ..destination };
        world.app.context.table.add_destination(&destination).await.unwrap();
        Self { world, destination, got: Arc::default() }
    }

    pub(super) fn table(&self) -> &LeadTable {
        &self.world.app.context.table
    }

    pub(super) fn sources(&self) -> &Sources {
        &self.world.app.context.sources
    }

    /// Stores leads that arrive now, one second after the other.
    pub(super) async fn store(&self, leads: usize) -> Vec<LeadId> {
        let mut ids = Vec::new();
        for _ in 0..leads {
            ids.push(self.store_with(BTreeMap::new()).await);
            self.world.advance(SignedDuration::from_secs(1));
        }
        ids
    }

    async fn store_with(&self, details: BTreeMap<String, Value>) -> LeadId {
        let now = self.world.now();
        let NewLead { account, claims, mut lead } =
            super::new_lead(account(), self.sources().draw_lead_id(now));
        lead.details = details;
        let id = lead.id;
        let new = NewLead { account, claims, lead };
        self.table().create_lead(new, self.sources()).await.unwrap();
        id
    }

    /// A pass after the margin, to a destination with these answers.
    pub(super) async fn pass(
        &self,
        answer: impl Fn(usize) -> Result<Answered, PostError> + Send + Sync + 'static,
    ) {
        self.world.advance(SETTLED_AFTER);
        self.pass_at(self.world.now() - SETTLED_AFTER, SignedDuration::from_secs(50), answer).await;
    }

    async fn pass_at(
        &self,
        settled: Timestamp,
        lasts: SignedDuration,
        answer: impl Fn(usize) -> Result<Answered, PostError> + Send + Sync + 'static,
    ) {
        self.got.lock().unwrap().clear();
        let post = Scripted { answer: Arc::new(answer), got: Arc::clone(&self.got) };
        self.pass_to(post, settled, lasts).await;
    }

    pub(super) async fn pass_to<P: Post>(
        &self,
        post: P,
        settled: Timestamp,
        lasts: SignedDuration,
    ) {
        let (table, sources) = (self.table().clone(), self.sources().clone());
        let master = MasterSecret::new(MASTER).unwrap();
        let forwarder = Forwarder { table, sources, post, master };
        let until = self.world.now() + lasts;
        forwarder.forward_due(Wake::Schedule, settled, until).await.unwrap();
    }

    pub(super) async fn stored(&self) -> Destination {
        let found = self.table().get_destination(&account(), &self.destination.id).await;
        found.unwrap().unwrap()
    }

    pub(super) async fn set_aside(&self) -> Vec<SetAside> {
        self.table().events_set_aside(&account(), None, None, self.world.now()).await.unwrap()
    }

    /// The leads of the last pass's posts.
    pub(super) fn leads_got(&self) -> Vec<LeadId> {
        let got = self.got.lock().unwrap();
        let ids = got.iter().map(|request| request.id.split('_').nth(1).unwrap().parse().unwrap());
        ids.collect()
    }

    pub(super) fn bodies_got(&self) -> Vec<Value> {
        let got = self.got.lock().unwrap();
        got.iter().map(|request| serde_json::from_str(&request.body).unwrap()).collect()
    }
}

/// What a pass does after an answer to the first of two leads.
#[derive(Debug, PartialEq)]
enum Then {
    GoesOn,
    SetsAsideAndGoesOn,
    Waits,
    Pauses,
}

#[tokio::test]
async fn each_answer_has_its_meaning() {
    use Then::{GoesOn, Pauses, SetsAsideAndGoesOn, Waits};
    let statuses = [
        (GoesOn, &[200, 201, 202, 204, 299][..]),
        (SetsAsideAndGoesOn, &[400, 409, 413, 415, 422]),
        (
            Waits,
            &[300, 301, 302, 307, 308, 401, 402, 403, 404, 405, 406, 408, 418, 425, 429, 451, 500]
                [..],
        ),
        (Waits, &[501, 502, 503, 504, 599]),
        (Pauses, &[410]),
    ];
    let answers = statuses.into_iter().flat_map(|(then, statuses)| {
        statuses.iter().map(move |code| (format!("{code}"), status(*code), format!("{then:?}")))
    });
    let errors = [
        PostError::NoSuchName,
        PostError::NoConnection,
        PostError::BadCertificate,
        PostError::NotSecure,
        PostError::TimedOut,
        PostError::Unreadable,
        PostError::NotPublic([127, 0, 0, 1].into()),
    ];
    let errors = errors.map(|error| (error.to_string(), Err(error), format!("{Waits:?}")));
    for (case, answer, expected) in answers.chain(errors) {
        let stage = Stage::start().await;
        let ids = stage.store(2).await;
        stage.pass(move |n| if n == 1 { answer.clone() } else { takes(n) }).await;
        let (stored, set_aside) = (stage.stored().await, stage.set_aside().await);
        let went_on = stored.cursor == ids[1];
        let then = match stored.state {
            DestinationState::Gone => Pauses,
            DestinationState::Active if !went_on && stored.next_attempt_at.is_some() => Waits,
            DestinationState::Active if went_on && set_aside.is_empty() => GoesOn,
            DestinationState::Active if went_on => SetsAsideAndGoesOn,
            state => panic!("{case}: {state:?}"),
        };
        assert_eq!(format!("{then:?}"), expected, "{case}");
        assert_eq!(stored.lease_until, None, "{case}");
        if !went_on {
            assert_eq!((stored.cursor, stage.leads_got()), (LeadId::FIRST, vec![ids[0]]), "{case}");
        }
    }
}

#[test]
fn waits_grow_to_an_hour_and_have_ten_per_cent_of_chance() {
    for (random, factor) in [(0, 0.9), (1 << 15, 1.0), ((1 << 16) - 1, 1.1)] {
        let sources = Sources::new(Timestamp::now, move || random);
        for (failures, minutes) in [
            (1, 1.0),
            (2, 2.0),
            (3, 5.0),
            (4, 15.0),
            (5, 30.0),
            (6, 60.0),
            (7, 60.0),
            (1_000, 60.0),
        ] {
            let wait = wait_after(failures, None, &sources).as_secs_f64();
            let expected = minutes * 60.0 * factor;
            assert!((wait - expected).abs() < 0.2, "{failures} {random}: {wait}");
        }
    }
}

#[test]
fn retry_after_makes_a_wait_longer_up_to_an_hour_and_never_shorter() {
    let in_the_middle = Sources::new(Timestamp::now, || 1 << 15);
    let cases = [
        // Failures, what was asked for, the wait in seconds.
        (1, -86_400, 60),
        (1, 0, 60),
        (1, 59, 60),
        (1, 120, 120),
        (3, 120, 300),
        (3, 1_000, 1_000),
        (3, 90_000, 3_600),
        (6, 0, 3_600),
    ];
    for (failures, asked, expected) in cases {
        let wait = wait_after(failures, Some(SignedDuration::from_secs(asked)), &in_the_middle);
        let difference = wait.as_secs_f64() - f64::from(expected);
        assert!(difference.abs() < 0.1, "{failures} {asked}: {wait}");
    }
}

#[test]
fn a_refused_message_is_posted_again_after_1_6_and_24_hours() {
    let now: Timestamp = "2028-02-28T12:00:00Z".parse().unwrap();
    let again = |tries| try_again_after(tries, now).map(|at| at.to_string());
    assert_eq!(again(1).as_deref(), Some("2028-02-28T13:00:00Z"));
    assert_eq!(again(2).as_deref(), Some("2028-02-28T18:00:00Z"));
    assert_eq!(again(3).as_deref(), Some("2028-02-29T12:00:00Z"));
    assert_eq!(again(4), None);
}

#[tokio::test]
async fn a_refused_lead_is_posted_four_times_and_then_left_to_the_operator() {
    let stage = Stage::start().await;
    let ids = stage.store(1).await;
    let mut posts = 0;
    for hours in [0, 1, 6, 24, 100] {
        stage.world.advance(SignedDuration::from_hours(hours));
        stage.pass(|_| status(422)).await;
        posts += stage.leads_got().len();
    }
    assert_eq!(posts, 4);
    let left = stage.set_aside().await;
    assert_eq!((left[0].lead_id, left[0].tries, left[0].status), (ids[0], 4, Some(422)));
    assert_eq!(left[0].next_attempt_at, None);
}

#[tokio::test]
async fn a_refused_lead_that_is_taken_later_is_no_longer_set_aside() {
    let stage = Stage::start().await;
    let ids = stage.store(1).await;
    stage.pass(|_| status(400)).await;
    let first = stage.got.lock().unwrap()[0].clone();
    stage.world.advance(SignedDuration::from_hours(1));
    stage.pass(takes).await;
    assert_eq!(stage.leads_got(), ids);
    let again = stage.got.lock().unwrap()[0].clone();
    assert!((&first.id, &first.body) == (&again.id, &again.body));
    assert_eq!(stage.set_aside().await, []);
}

#[tokio::test]
async fn no_lead_is_posted_before_it_is_settled() {
    let stage = Stage::start().await;
    let ids = stage.store(2).await;
    let between = ids[1].time();
    stage.pass_at(between, SignedDuration::from_secs(50), takes).await;
    assert_eq!(stage.leads_got(), ids[..1]);
    stage.pass(takes).await;
    assert_eq!(stage.leads_got(), ids[1..]);
}

#[tokio::test]
async fn no_post_begins_after_the_end_of_a_pass() {
    let stage = Stage::start().await;
    stage.store(2).await;
    stage.pass_at(stage.world.now(), SignedDuration::ZERO, takes).await;
    assert_eq!(stage.leads_got(), []);
    let stored = stage.stored().await;
    assert_eq!((stored.failures, stored.reached), (0, None));
}

/// DynamoDB ends a page at 1 MB.
#[tokio::test]
async fn large_leads_are_forwarded_in_one_pass() {
    let stage = Stage::start().await;
    let mut ids = Vec::new();
    for _ in 0..12 {
        let text = format!(r#"{{"text":"{}"}}"#, "a".repeat(200 * 1024));
        let details = BTreeMap::from([("custom_fields".to_owned(), json!(text))]);
        ids.push(stage.store_with(details).await);
        stage.world.advance(SignedDuration::from_secs(1));
    }
    stage.pass(takes).await;
    assert_eq!(stage.leads_got(), ids);
}

#[tokio::test]
async fn a_destination_that_was_away_for_two_weeks_gets_every_lead_in_order_and_once() {
    let stage = Stage::start().await;
    let mut ids = Vec::new();
    for _ in 0..14 * 4 {
        ids.append(&mut stage.store(2).await);
        stage.world.advance(SignedDuration::from_hours(6));
        stage.pass(|_| Err(PostError::NoConnection)).await;
        // The first lead, and one that is probed.
        assert!(stage.leads_got().len() <= 2);
    }
    assert_eq!(stage.stored().await.failures, 56);
    stage.world.advance(SignedDuration::from_hours(2));
    stage.pass(takes).await;
    assert_eq!(stage.leads_got(), ids);
    let stored = stage.stored().await;
    assert_eq!((stored.failures, stored.failing_since, stored.next_attempt_at), (0, None, None));
}

#[tokio::test]
async fn a_lease_keeps_others_away_until_its_time_is_over() {
    let stage = Stage::start().await;
    let ids = stage.store(1).await;
    let now = stage.world.now();
    let lease = |holder: &str| Lease {
        holder: holder.to_owned(),
        read_to: LeadId::FIRST,
        until: now + SignedDuration::from_secs(60),
    };
    let (table, destination) = (stage.table(), &stage.destination);
    assert!(table.take_lease(destination, &lease("one"), now).await.unwrap().is_some());
    assert!(table.take_lease(destination, &lease("two"), now).await.unwrap().is_none());
    assert!(!table.save_progress(destination, "two").await.unwrap());
    stage.pass(takes).await;
    assert_eq!(stage.leads_got(), []);
    stage.world.advance(SignedDuration::from_secs(60));
    stage.pass(takes).await;
    assert_eq!(stage.leads_got(), ids);
    assert!(!table.save_progress(destination, "one").await.unwrap());
}

/// The SDK sends the request again, and its first one has taken the lease.
#[tokio::test]
async fn a_pass_keeps_its_lease_if_the_answer_was_lost() {
    let stage = Stage::start().await;
    let ids = stage.store(1).await;
    stage.world.wire.fail_next("UpdateItem", Fault::AnswerLost);
    stage.pass(takes).await;
    assert_eq!(stage.leads_got(), ids);
    assert_eq!(stage.stored().await.lease_until, None);
}

/// A pass that ended without storing its progress may have posted every lead that waited.
#[tokio::test]
async fn a_destination_may_have_what_a_dead_pass_posted_also_after_a_failure() {
    let stage = Stage::start().await;
    let ids = stage.store(2).await;
    let until = stage.world.now() + SignedDuration::from_secs(60);
    let lease = Lease { holder: "dead".to_owned(), until, read_to: ids[1] };
    let (table, destination) = (stage.table(), &stage.destination);
    assert!(table.take_lease(destination, &lease, stage.world.now()).await.unwrap().is_some());
    stage.world.advance(SignedDuration::from_secs(60));
    stage.pass(|_| status(503)).await;
    assert_eq!(stage.leads_got(), ids[..1]);
    assert!(stage.stored().await.may_have(ids[1]));
}

#[tokio::test]
async fn an_erased_lead_is_not_posted() {
    let stage = Stage::start().await;
    let ids = stage.store(2).await;
    stage.table().erase_lead(&account(), ids[0]).await.unwrap();
    stage.pass(takes).await;
    assert_eq!(stage.leads_got(), ids[1..]);
}

/// An erasure sets the message aside before it deletes the lead.
#[tokio::test]
async fn an_erasure_is_told_after_the_lead_was_posted_and_deleted() {
    let stage = Stage::start().await;
    let ids = stage.store(1).await;
    let id = stage.destination.id.clone();
    let event = SetAside::due(ids[0], id, SetAsideEvent::Erased, stage.world.now());
    stage.table().set_aside(&account(), &event).await.unwrap();
    let kinds = || -> Vec<_> {
        stage.bodies_got().iter().map(|body| body["type"].as_str().unwrap().to_owned()).collect()
    };
    stage.pass(takes).await;
    assert_eq!(kinds(), ["lead.created"]);
    stage.pass(takes).await;
    assert!(kinds().is_empty());
    stage.table().erase_lead(&account(), ids[0]).await.unwrap();
    stage.pass(takes).await;
    assert_eq!(kinds(), ["lead.erased"]);
    assert_eq!(stage.set_aside().await, []);
}

#[tokio::test]
async fn an_unreadable_lead_is_set_aside_and_stops_nothing() {
    let stage = Stage::start().await;
    let details = BTreeMap::from([("custom_fields".to_owned(), json!("no JSON"))]);
    let unreadable = stage.store_with(details).await;
    stage.world.advance(SignedDuration::from_secs(1));
    let ids = stage.store(1).await;
    stage.pass(takes).await;
    assert_eq!(stage.leads_got(), ids);
    let set_aside = stage.set_aside().await;
    assert_eq!((set_aside[0].lead_id, set_aside[0].status), (unreadable, None));
}

#[tokio::test]
async fn a_lead_is_posted_as_a_line_of_an_export() {
    let stage = Stage::start().await;
    let details = BTreeMap::from([("custom_fields".to_owned(), json!(r#"{"n":1.50}"#))]);
    let id = stage.store_with(details).await;
    stage.world.advance(SignedDuration::from_secs(1));
    stage.pass(takes).await;
    let got = stage.got.lock().unwrap();
    let expected = format!(
        "{{\"type\":\"lead.created\",\"timestamp\":\"{0}\",\"data\":{{\"id\":\"{id}\",\
         \"provider\":\"integrabot\",\"account\":\"{1}\",\"created_at\":\"{0}\",\
         \"name\":\"Maria Silva\",\"email\":null,\"phone\":null,\"source\":\"web\",\
         \"status\":null,\"details\":{{\"custom_fields\":{{\"n\":1.50}}}},\"extra\":null}}}}",
        World::BEGINNING,
        account().id,
    );
    assert_eq!(got[0].body, expected);
    assert_eq!(got[0].id, format!("msg_{id}_{}", stage.destination.id));
}

#[tokio::test]
async fn slack_gets_a_text_with_its_markup_escaped() {
    let stage = Stage::with_format(DestinationFormat::Slack).await;
    let ids = stage.store(1).await;
    stage.pass(takes).await;
    let expected = format!(
        "New lead from integrabot ({})\n*Name:* Maria Silva\n*Source:* web\n*Id:* {}",
        account().id,
        ids[0]
    );
    assert_eq!(stage.bodies_got(), [json!({ "text": expected })]);
}

/// Each page is read and its progress saved once. Before each post the destination is read, so that
/// an operator's change counts at once. No lead has a write of its own.
#[tokio::test]
async fn a_hundred_leads_take_few_requests() {
    let stage = Stage::start().await;
    stage.store(100).await;
    stage.world.wire.take_operations();
    stage.pass(takes).await;
    assert_eq!(stage.leads_got().len(), 100);
    let operations = stage.world.wire.take_operations();
    let count = |name: &str| operations.iter().filter(|operation| *operation == name).count();
    // The lease, a save after each of the four pages, and the release.
    assert_eq!((count("UpdateItem"), count("PutItem")), (6, 0));
    // The list of destinations; a page before the lease; after it, what is set aside, the four pages
    // and an empty one.
    assert_eq!((count("Query"), count("BatchGetItem")), (8, 1));
    assert_eq!((count("GetItem"), operations.len()), (101, 116));
}
