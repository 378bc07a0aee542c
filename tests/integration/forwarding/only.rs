//! Conditions: which leads a destination gets.

use super::{
    rules::rename,
    test_destination::{TestDestination, takes},
};
use crate::receiver::status;
use jiff::SignedDuration;
use serde_json::Value;
use shared::model::{Destination, LeadId};
use std::collections::BTreeMap;

impl TestDestination {
    /// Gives the destination these conditions.
    async fn only(&self, conditions: &[&str]) {
        let only = conditions.iter().map(|text| text.parse().unwrap()).collect();
        self.store_settings(&Destination { only, ..self.stored().await }).await;
    }

    /// Stores a lead with these custom fields.
    async fn lead_with(&self, custom_fields: &str) -> LeadId {
        let details = BTreeMap::from([("custom_fields".to_owned(), Value::from(custom_fields))]);
        let id = self.store_with(details).await;
        self.api.advance(SignedDuration::from_secs(1));
        id
    }
}

#[tokio::test]
async fn a_lead_is_posted_if_it_meets_all_conditions() {
    let cases = [
        (vec![], true),
        (vec!["source=web"], true),
        (vec!["source=Web"], false),
        (vec!["source!=web"], false),
        (vec!["source!=chat"], true),
        (vec!["email"], false),
        (vec!["email!=a@b.example"], true),
        (vec!["name"], true),
        (vec!["provider=integrabot"], true),
        (vec!["details.custom_fields.city=S\u{e3}o Paulo"], true),
        (vec!["details.custom_fields.age=30"], true),
        (vec!["details.custom_fields.paid=true"], true),
        (vec!["details.custom_fields.none"], false),
        (vec!["details.custom_fields.city.deeper"], false),
        // A number that is in no `Value`, as it was sent.
        (vec!["details.custom_fields.big=1e400"], true),
        (vec!["source=web", "name=Maria Silva"], true),
        (vec!["source=web", "email"], false),
    ];
    let fields = r#"{"city":"S\u00e3o Paulo","age":30,"paid":true,"none":null,"big":1e400}"#;
    for (conditions, is_posted) in cases {
        let destination = TestDestination::start().await;
        destination.only(&conditions).await;
        let lead = destination.lead_with(fields).await;
        destination.pass(takes).await;
        assert_eq!(destination.got().len(), usize::from(is_posted), "{conditions:?}");
        let stored = destination.stored().await;
        let passed_over = u64::from(!is_posted);
        assert_eq!((stored.cursor, stored.passed_over), (lead, passed_over), "{conditions:?}");
        assert_eq!(destination.set_aside().await, [], "{conditions:?}");
    }
}

/// A page of leads that nobody gets takes one read and one save, as any page.
#[tokio::test]
async fn many_leads_are_passed_over_with_few_requests() {
    let destination = TestDestination::start().await;
    destination.only(&["email"]).await;
    destination.store(100).await;
    destination.api.connection.take_operations();
    destination.pass(takes).await;
    let stored = destination.stored().await;
    assert_eq!((destination.got().len(), stored.passed_over), (0, 100));
    let operations = destination.api.connection.take_operations();
    let count = |name: &str| operations.iter().filter(|operation| *operation == name).count();
    assert_eq!((count("GetItem"), count("UpdateItem")), (1, 6), "{operations:?}");
}

#[tokio::test]
async fn a_pass_ends_in_time_among_leads_that_are_passed_over() {
    let destination = TestDestination::start().await;
    destination.only(&["email"]).await;
    destination.store(60).await;
    let settled = destination.api.now();
    destination.pass_at(settled, SignedDuration::ZERO, takes).await;
    assert_eq!(destination.stored().await.passed_over, 25, "one page");
    destination.pass(takes).await;
    assert_eq!(destination.stored().await.passed_over, 60);
}

#[tokio::test]
async fn a_lead_that_nobody_gets_is_not_probed() {
    let destination = TestDestination::start().await;
    destination.only(&["details.custom_fields.a"]).await;
    let bad = destination.lead_with(r#"{"a":"1"}"#).await;
    for _ in 0..30 {
        destination.lead_with("{}").await;
    }
    let good = destination.lead_with(r#"{"a":"2"}"#).await;
    for n in 1..=3 {
        destination.pass(|n| status(if n == 2 { 200 } else { 500 })).await;
        if n < 3 {
            assert_eq!(destination.leads_got(), [bad], "{n}");
            destination.api.advance(SignedDuration::from_hours(1));
        }
    }
    assert_eq!(destination.leads_got(), [bad, good, bad]);
    let stored = destination.stored().await;
    assert_eq!((stored.cursor, stored.passed_over), (good, 30));
}

/// Both destinations have passed the lead; only one of them may hear of the update.
#[tokio::test]
async fn an_update_is_posted_if_the_lead_meets_the_conditions_now() {
    for (condition, is_posted) in [("name=Ana", true), ("name=Maria Silva", false)] {
        let destination = TestDestination::start().await;
        let lead = destination.store(1).await[0];
        destination.pass(takes).await;
        destination.only(&[condition]).await;
        rename(&destination, lead, "Ana").await;
        destination.pass(takes).await;
        assert_eq!(destination.got().len(), usize::from(is_posted), "{condition}");
        assert_eq!(destination.set_aside().await, [], "{condition}");
    }
}

/// It has only the lead's id.
#[tokio::test]
async fn an_erasure_is_posted_whatever_the_conditions_are() {
    let destination = TestDestination::start().await;
    let lead = destination.store(1).await[0];
    destination.pass(takes).await;
    destination.only(&["email"]).await;
    destination.erase(lead).await;
    destination.pass(takes).await;
    assert_eq!(destination.bodies_got()[0]["type"], "lead.erased");
}
