//! The bodies and URLs that an owner writes as templates.

use super::test_destination::{TestDestination, takes};
use crate::receiver::status;
use forwarding::SETTLED_AFTER;
use jiff::SignedDuration;
use serde_json::{Value, json};
use shared::model::{Destination, OwnRequest, RequestMethod, SetAsideEvent};
use std::collections::BTreeMap;

impl TestDestination {
    /// Gives the destination this URL and this template.
    async fn write(&self, url: &str, template: Option<&str>) {
        let template = template.map(ToOwned::to_owned);
        let request =
            OwnRequest { template, method: RequestMethod::Patch, ..OwnRequest::default() };
        let stored = self.stored().await;
        self.store_settings(&Destination { url: url.to_owned(), request, ..stored }).await;
    }

    /// What is set aside: the event, how often it was tried, and why.
    async fn reasons(&self) -> Vec<(SetAsideEvent, u32, Option<String>)> {
        let events = self.set_aside().await.into_iter();
        events.map(|event| (event.event, event.tries, event.reason)).collect()
    }
}

const URL: &str = "https://receiver.example/";

#[tokio::test]
async fn a_body_and_a_url_are_filled_in_with_the_lead() {
    let destination = TestDestination::start().await;
    let template =
        r#"{"n": {{ name }}, "s": {{ source|upper }}, "e": {{ email }}, "t": {{ type }}}"#;
    destination.write("https://receiver.example/{{ source }}?n={{ name }}", Some(template)).await;
    destination.store(1).await;
    destination.pass(takes).await;
    let body = json!({ "n": "Maria Silva", "s": "WEB", "e": null, "t": "lead.created" });
    assert_eq!(destination.bodies_got(), [body]);
    let request = destination.got().remove(0);
    assert_eq!(
        (request.method, &*request.content_type),
        (RequestMethod::Patch, "application/json")
    );
    assert_eq!(destination.urls_got(), ["https://receiver.example/web?n=Maria%20Silva"]);
}

#[tokio::test]
async fn a_lead_that_a_template_does_not_fit_is_set_aside_with_the_reason() {
    let number = |json: &str| BTreeMap::from([("custom_fields".to_owned(), Value::from(json))]);
    let no_number = "a template cannot have the lead's numbers: one is too large";
    let no_text = "a value that the URL or the form needs is missing, or is not a text";
    let line = "the template failed: line 1: invalid operation";
    let cases = [
        (URL, r"{{ details.custom_fields.a + 1 }}", number(r#"{"a":"b"}"#), line),
        (URL, "{}", number(r#"{"a":1e400}"#), no_number),
        ("https://receiver.example/{{ email }}", "{}", number("{}"), no_text),
    ];
    for (url, template, details, reason) in cases {
        let destination = TestDestination::start().await;
        destination.write(url, Some(template)).await;
        destination.store_with(details).await;
        destination.api.advance(SignedDuration::from_secs(1));
        destination.pass(takes).await;
        assert_eq!(destination.got().len(), 0, "{template}");
        let expected = (SetAsideEvent::Created, 1, Some(reason.to_owned()));
        assert_eq!(destination.reasons().await, [expected], "{template}");
        assert_eq!(destination.stored().await.failures, 0, "the destination has no fault");
        // The next lead follows, and the owner mends the template.
        destination.write(URL, Some("{{ id }}")).await;
        destination.store(1).await;
        destination.api.advance(SignedDuration::from_hours(1) + SETTLED_AFTER);
        destination.pass(takes).await;
        let taken = destination.got().len();
        let is_mended = !reason.contains("numbers");
        assert_eq!(taken, if is_mended { 2 } else { 1 }, "{template}");
    }
}

/// The template of a contact would create one without a name.
#[tokio::test]
async fn an_erasure_is_posted_only_by_a_template_that_tells_events_apart() {
    let plain = r#"{"id": {{ id }}}"#;
    let both = r#"{"id": {{ id }}, "delete": {{ type == "lead.erased" }}}"#;
    for (template, expected) in [(Some(plain), 0), (Some(both), 1), (None, 1)] {
        let destination = TestDestination::start().await;
        destination.write(URL, template).await;
        let ids = destination.store(1).await;
        destination.pass(takes).await;
        destination.erase(ids[0]).await;
        destination.pass(takes).await;
        assert_eq!(destination.got().len(), expected, "{template:?}");
        if template == Some(both) {
            assert_eq!(destination.bodies_got()[0]["delete"], true);
        }
        let reason = "its template does not name `type`, so it cannot say that a lead was erased";
        let left = destination.reasons().await;
        let waits = [(SetAsideEvent::Erased, 1, Some(reason.to_owned()))];
        assert_eq!(left, waits[..1 - expected], "{template:?}");
    }
}

#[tokio::test]
async fn a_refusal_replaces_the_reason() {
    let destination = TestDestination::start().await;
    destination.write(URL, Some("{{ name + 1 }}")).await;
    destination.store(1).await;
    destination.pass(takes).await;
    destination.write(URL, Some("{}")).await;
    destination.api.advance(SignedDuration::from_hours(1));
    destination.pass(|_| status(422)).await;
    assert_eq!(destination.reasons().await, [(SetAsideEvent::Created, 2, None)]);
}
