//! The rules of a pass, one by one.

use super::test_destination::{TestDestination, account, takes};
use crate::receiver::status;
use forwarding::{PASS_FOR, PostError};
use jiff::SignedDuration;
use serde_json::json;
use shared::{
    model::{DestinationFormat, LeadId, StoredLead},
    table::{LeadUpdate, Lease, StoreError, Updated},
};
use std::collections::BTreeMap;
use tests::{Fault, TestTable, random_mark};

#[tokio::test]
async fn a_refused_lead_is_posted_four_times_and_then_left_to_the_operator() {
    let destination = TestDestination::start().await;
    let ids = destination.store(1).await;
    let mut posts = 0;
    for hours in [0, 1, 6, 24, 100] {
        destination.api.advance(SignedDuration::from_hours(hours));
        destination.pass(|_| status(422)).await;
        posts += destination.leads_got().len();
    }
    assert_eq!(posts, 4);
    let left = destination.set_aside().await;
    assert_eq!((left[0].lead_id, left[0].tries, left[0].status), (ids[0], 4, Some(422)));
    assert_eq!(left[0].next_attempt_at, None);
}

#[tokio::test]
async fn a_refused_lead_that_is_taken_later_is_no_longer_set_aside() {
    let destination = TestDestination::start().await;
    let ids = destination.store(1).await;
    destination.pass(|_| status(400)).await;
    let first = destination.got()[0].clone();
    destination.api.advance(SignedDuration::from_hours(1));
    destination.pass(takes).await;
    assert_eq!(destination.leads_got(), ids);
    let again = destination.got()[0].clone();
    assert!((&first.id, &first.body) == (&again.id, &again.body));
    assert_eq!(destination.set_aside().await, []);
}

#[tokio::test]
async fn no_lead_is_posted_before_it_is_settled() {
    let destination = TestDestination::start().await;
    let ids = destination.store(2).await;
    let between = ids[1].time();
    destination.pass_at(between, PASS_FOR, takes).await;
    assert_eq!(destination.leads_got(), ids[..1]);
    destination.pass(takes).await;
    assert_eq!(destination.leads_got(), ids[1..]);
}

#[tokio::test]
async fn no_post_begins_after_the_end_of_a_pass() {
    let destination = TestDestination::start().await;
    destination.store(2).await;
    destination.pass_at(destination.api.now(), SignedDuration::ZERO, takes).await;
    assert_eq!(destination.leads_got(), []);
    let stored = destination.stored().await;
    assert_eq!((stored.failures, stored.reached), (0, None));
}

/// DynamoDB ends a page at 1 MB.
#[tokio::test]
async fn large_leads_are_forwarded_in_one_pass() {
    let destination = TestDestination::start().await;
    let mut ids = Vec::new();
    for _ in 0..12 {
        let text = format!(r#"{{"text":"{}"}}"#, "a".repeat(200 * 1024));
        let details = BTreeMap::from([("custom_fields".to_owned(), json!(text))]);
        ids.push(destination.store_with(details).await);
        destination.api.advance(SignedDuration::from_secs(1));
    }
    destination.pass(takes).await;
    assert_eq!(destination.leads_got(), ids);
}

#[tokio::test]
async fn a_destination_that_was_away_for_two_weeks_gets_every_lead_in_order_and_once() {
    let destination = TestDestination::start().await;
    let mut ids = Vec::new();
    for _ in 0..14 * 4 {
        ids.append(&mut destination.store(2).await);
        destination.api.advance(SignedDuration::from_hours(6));
        destination.pass(|_| Err(PostError::NoConnection)).await;
        // The first lead, and one that is probed.
        assert!(destination.leads_got().len() <= 2);
    }
    assert_eq!(destination.stored().await.failures, 56);
    destination.api.advance(SignedDuration::from_hours(2));
    destination.pass(takes).await;
    assert_eq!(destination.leads_got(), ids);
    let stored = destination.stored().await;
    assert_eq!((stored.failures, stored.failing_since, stored.next_attempt_at), (0, None, None));
}

#[tokio::test]
async fn a_lease_keeps_others_away_until_its_time_is_over() {
    let destination = TestDestination::start().await;
    let ids = destination.store(1).await;
    let now = destination.api.now();
    let lease = |holder: &str| Lease {
        holder: holder.to_owned(),
        read_to: LeadId::FIRST,
        until: now + SignedDuration::from_secs(60),
    };
    let (table, added) = (destination.table(), &destination.added);
    assert!(table.take_lease(added, &lease("one"), now).await.unwrap().is_some());
    assert!(table.take_lease(added, &lease("two"), now).await.unwrap().is_none());
    assert!(!table.save_progress(added, "two").await.unwrap());
    destination.pass(takes).await;
    assert_eq!(destination.leads_got(), []);
    destination.api.advance(SignedDuration::from_secs(60));
    destination.pass(takes).await;
    assert_eq!(destination.leads_got(), ids);
    assert!(!table.save_progress(added, "one").await.unwrap());
}

/// The SDK sends the request again, and its first one has taken the lease.
#[tokio::test]
async fn a_pass_keeps_its_lease_if_the_answer_was_lost() {
    let destination = TestDestination::start().await;
    let ids = destination.store(1).await;
    destination.api.connection.fail_next("UpdateItem", Fault::AnswerLost);
    destination.pass(takes).await;
    assert_eq!(destination.leads_got(), ids);
    assert_eq!(destination.stored().await.lease_until, None);
}

/// A pass that ended without storing its progress may have posted every lead that waited.
#[tokio::test]
async fn a_destination_may_have_what_a_dead_pass_posted_also_after_a_failure() {
    let destination = TestDestination::start().await;
    let ids = destination.store(2).await;
    let until = destination.api.now() + SignedDuration::from_secs(60);
    let lease = Lease { holder: "dead".to_owned(), until, read_to: ids[1] };
    let (table, added) = (destination.table(), &destination.added);
    assert!(table.take_lease(added, &lease, destination.api.now()).await.unwrap().is_some());
    destination.api.advance(SignedDuration::from_secs(60));
    destination.pass(|_| status(503)).await;
    assert_eq!(destination.leads_got(), ids[..1]);
    assert!(destination.stored().await.may_have(ids[1]));
}

#[tokio::test]
async fn an_erased_lead_is_not_posted() {
    let destination = TestDestination::start().await;
    let ids = destination.store(2).await;
    destination
        .table()
        .erase_lead(&account(), ids[0], destination.api.now(), &random_mark())
        .await
        .unwrap();
    destination.pass(takes).await;
    assert_eq!(destination.leads_got(), ids[1..]);
}

#[tokio::test]
async fn an_erasure_tells_only_the_destinations_that_may_have_the_lead() {
    let destination = TestDestination::start().await;
    let ids = destination.store(2).await;
    let erase = async |id| {
        let now = destination.api.now();
        destination.table().erase_lead(&account(), id, now, &random_mark()).await.unwrap().messages
    };
    assert_eq!(erase(ids[0]).await, 0);
    destination.pass(takes).await;
    assert_eq!(destination.leads_got(), ids[1..]);
    assert_eq!(erase(ids[1]).await, 1);
    destination.pass(takes).await;
    let [body] = &destination.bodies_got()[..] else { panic!("more than one message") };
    assert_eq!(
        (&body["type"], &body["data"]["id"]),
        (&json!("lead.erased"), &json!(ids[1].to_string()))
    );
    assert_eq!(destination.set_aside().await, []);
}

/// Gives a lead another name.
pub(super) async fn rename(destination: &TestDestination, id: LeadId, name: &str) {
    let change = |lead: &mut StoredLead| {
        lead.name = Some(name.to_owned());
        Ok::<_, StoreError>(())
    };
    let account = account();
    let update =
        LeadUpdate { account: &account, id, key: "1c923ba7c343", contacts: |_| Vec::new(), change };
    let updated = destination.table().update_lead(update, destination.system()).await.unwrap();
    assert!(matches!(updated, Updated::Stored(_)));
}

#[tokio::test]
async fn a_lead_that_is_updated_after_it_was_posted_is_posted_as_it_is_now() {
    let destination = TestDestination::start().await;
    let ids = destination.store(1).await;
    destination.pass(takes).await;
    assert_eq!(destination.leads_got(), ids);
    // Two updates are one message.
    rename(&destination, ids[0], "Bia").await;
    rename(&destination, ids[0], "Caio").await;
    // One that a destination did not get yet needs no message of its own.
    let later = destination.store(1).await;
    rename(&destination, later[0], "Davi").await;
    destination.pass(takes).await;
    let got = destination.bodies_got();
    let got: Vec<_> = got.iter().map(|body| [&body["type"], &body["data"]["name"]]).collect();
    assert_eq!(got, [["lead.updated", "Caio"], ["lead.created", "Davi"]]);
    assert_eq!(destination.set_aside().await, []);
}

#[tokio::test]
async fn the_message_about_an_update_has_an_id_of_its_own_and_is_tried_again() {
    let destination = TestDestination::start().await;
    let ids = destination.store(1).await;
    destination.pass(takes).await;
    let created = destination.got()[0].id.clone();
    for (name, number, answer) in [("Bia", 1, 503), ("Caio", 2, 204)] {
        rename(&destination, ids[0], name).await;
        destination.api.advance(SignedDuration::from_hours(1));
        destination.pass(|_| status(answer)).await;
        assert_eq!(destination.got()[0].id, format!("{created}_updated_{number}"));
    }
    assert_eq!(destination.set_aside().await, []);
}

/// An update that a pass does not know of is not lost with the message before it.
#[tokio::test]
async fn an_update_during_the_post_of_the_one_before_it_is_posted_too() {
    let destination = TestDestination::start().await;
    let ids = destination.store(1).await;
    destination.pass(takes).await;
    rename(&destination, ids[0], "Bia").await;
    let first = destination.set_aside().await.remove(0);
    rename(&destination, ids[0], "Caio").await;
    destination.table().delete_set_aside(&account(), &first).await.unwrap();
    assert_eq!(destination.set_aside().await.len(), 1);
    destination.pass(takes).await;
    assert_eq!(destination.bodies_got()[0]["data"]["name"], "Caio");
}

#[tokio::test]
async fn the_update_of_an_erased_lead_is_not_posted() {
    let destination = TestDestination::start().await;
    let ids = destination.store(1).await;
    destination.pass(takes).await;
    rename(&destination, ids[0], "Bia").await;
    destination
        .table()
        .erase_lead(&account(), ids[0], destination.api.now(), &random_mark())
        .await
        .unwrap();
    destination.pass(takes).await;
    let [body] = &destination.bodies_got()[..] else { panic!("more than one message") };
    assert_eq!(body["type"], "lead.erased");
    assert_eq!(destination.set_aside().await, []);
}

#[tokio::test]
async fn an_unreadable_lead_is_set_aside_and_stops_nothing() {
    let destination = TestDestination::start().await;
    let details = BTreeMap::from([("custom_fields".to_owned(), json!("no JSON"))]);
    let unreadable = destination.store_with(details).await;
    destination.api.advance(SignedDuration::from_secs(1));
    let ids = destination.store(1).await;
    destination.pass(takes).await;
    assert_eq!(destination.leads_got(), ids);
    let set_aside = destination.set_aside().await;
    assert_eq!((set_aside[0].lead_id, set_aside[0].status), (unreadable, None));
}

#[tokio::test]
async fn a_lead_is_posted_as_a_line_of_an_export() {
    let destination = TestDestination::start().await;
    let details = BTreeMap::from([("custom_fields".to_owned(), json!(r#"{"n":1.50}"#))]);
    let id = destination.store_with(details).await;
    destination.api.advance(SignedDuration::from_secs(1));
    destination.pass(takes).await;
    let got = destination.got();
    let expected = format!(
        "{{\"type\":\"lead.created\",\"timestamp\":\"{0}\",\"data\":{{\"id\":\"{id}\",\
         \"provider\":\"integrabot\",\"account\":\"{1}\",\"created_at\":\"{0}\",\
         \"updated_at\":\"{0}\",\"name\":\"Maria Silva\",\"email\":null,\"phone\":null,\"source\":\"web\",\
         \"status\":null,\"details\":{{\"custom_fields\":{{\"n\":1.50}}}},\"extra\":null}}}}",
        TestTable::BEGINNING,
        account().id,
    );
    assert_eq!(got[0].body, expected);
    assert_eq!(got[0].id, format!("msg_{id}_{}", destination.added.id));
}

#[tokio::test]
async fn slack_gets_a_text_with_its_markup_escaped() {
    let destination = TestDestination::with_format(DestinationFormat::Slack).await;
    let ids = destination.store(1).await;
    destination.pass(takes).await;
    let expected = format!(
        "New lead from integrabot ({})\n*Name:* Maria Silva\n*Source:* web\n*Id:* {}",
        account().id,
        ids[0]
    );
    assert_eq!(destination.bodies_got(), [json!({ "text": expected })]);
}

/// Each page is read and its progress saved once. Before each post the destination is read, so that
/// an operator's change counts immediately. No lead has a write of its own.
#[tokio::test]
async fn a_hundred_leads_take_few_requests() {
    let destination = TestDestination::start().await;
    destination.store(100).await;
    destination.api.connection.take_operations();
    destination.pass(takes).await;
    assert_eq!(destination.leads_got().len(), 100);
    let operations = destination.api.connection.take_operations();
    let count = |name: &str| operations.iter().filter(|operation| *operation == name).count();
    // The lease, a save after each of the four pages, and the release.
    assert_eq!((count("UpdateItem"), count("PutItem")), (6, 0));
    // The list of destinations; a page before the lease; after it, what is set aside, the four
    // pages and an empty one.
    assert_eq!((count("Query"), count("BatchGetItem")), (8, 1));
    assert_eq!((count("GetItem"), operations.len()), (100, 115));
}
