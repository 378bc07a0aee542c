//! The headers that an owner adds to what is posted to a destination.

use super::test_destination::{TestDestination, takes};
use crate::receiver::Receiver;
use forwarding::{BadHeader, Forwarder, MasterSecret, OwnHeader};
use hyper::header::HeaderName;
use shared::{
    model::{Destination, OwnRequest},
    table::DestinationChange,
};

const SECRET: &str = "k-3f9a8b7c6d5e4f3a2b1c";

fn master() -> MasterSecret {
    MasterSecret::new(tests::SIGNING_KEY).unwrap()
}

impl TestDestination {
    /// Gives the destination these headers, as an operator does.
    async fn add_headers(&self, headers: &[&str]) {
        let mut destination = self.stored().await;
        for header in headers {
            let header: OwnHeader = header.parse().unwrap();
            let sealed = master().seal(&destination.id, &header, self.system()).unwrap();
            destination.request.headers.insert(header.name.to_string(), sealed);
        }
        self.store_settings(&destination).await;
    }

    pub(super) async fn store_settings(&self, destination: &Destination) {
        let change = DestinationChange::Settings;
        assert!(self.table().change_destination(destination, change).await.unwrap());
    }
}

#[tokio::test]
async fn each_request_has_the_own_headers() {
    let destination = TestDestination::start().await;
    destination.store(2).await;
    destination.add_headers(&[&format!("X-Api-Key: {SECRET}"), "Authorization: Bearer a"]).await;
    destination.pass(takes).await;
    for request in destination.got() {
        let headers: Vec<_> = request
            .own
            .iter()
            .map(|own| (own.name.as_str(), own.value.to_str().unwrap()))
            .collect();
        assert_eq!(headers, [("authorization", "Bearer a"), ("x-api-key", SECRET)]);
    }
    assert_eq!(destination.got().len(), 2);
}

#[tokio::test]
async fn a_value_is_sealed_in_the_table_and_each_time_differently() {
    let destination = TestDestination::start().await;
    let header = format!("x-api-key: {SECRET}");
    let mut seen = Vec::new();
    for _ in 0..2 {
        destination.add_headers(&[&header]).await;
        let stored = destination.stored().await;
        let item = serde_json::to_string(&stored).unwrap();
        assert!(item.contains("x-api-key") && !item.contains(SECRET), "{item}");
        seen.push(stored.request.headers["x-api-key"].sealed.clone());
    }
    assert_ne!(seen[0], seen[1]);
    let header: OwnHeader = header.parse().unwrap();
    assert!(header.value.is_sensitive());
    assert!(!format!("{header:?}{:?}", header.value).contains(SECRET));
}

/// Nothing is posted without a header that its owner wants.
#[tokio::test]
async fn headers_of_another_master_secret_are_not_read_and_the_leads_wait() {
    let destination = TestDestination::start().await;
    destination.store(1).await;
    destination.add_headers(&["x-api-key: a"]).await;
    let receiver = Receiver::answering(|_| takes(1));
    let (table, system) = (destination.table().clone(), destination.system().clone());
    let other = MasterSecret::new(&"o".repeat(32)).unwrap();
    let forwarder = Forwarder { table, system, post: &receiver, master: other };
    destination.pass_of(&forwarder).await;
    assert_eq!(receiver.got().len(), 0);
    let last = destination.stored().await.last.unwrap();
    let expected = "its headers were added with another forwarding secret: add them again";
    assert_eq!((last.status, last.error.as_deref()), (None, Some(expected)));
}

#[tokio::test]
async fn a_sealed_value_opens_only_for_its_destination_and_its_name() {
    let one = TestDestination::start().await;
    one.add_headers(&["x-api-key: a"]).await;
    let sealed = one.stored().await.request.headers["x-api-key"].clone();
    let other = TestDestination::start().await;
    for (case, destination, name, posts) in [
        ("its own", &one, "x-api-key", 1),
        ("another name", &one, "x-other", 0),
        ("another destination", &other, "x-api-key", 0),
    ] {
        let headers = [(name.to_owned(), sealed.clone())].into();
        let request = OwnRequest { headers, ..OwnRequest::default() };
        let changed = Destination { request, ..destination.stored().await };
        destination.store_settings(&changed).await;
        destination.store(1).await;
        destination.pass(takes).await;
        assert_eq!(destination.got().len(), posts, "{case}");
    }
}

#[test]
fn a_header_has_a_name_and_a_value_of_one_line() {
    for (text, name, value) in [
        ("X-Api-Key: k 1", "x-api-key", "k 1"),
        ("x-a:b:c", "x-a", "b:c"),
        ("x-a: \tb\t ", "x-a", "b"),
        ("user-agent: acme", "user-agent", "acme"),
    ] {
        let own: OwnHeader = text.parse().unwrap();
        assert_eq!((own.name.as_str(), own.value.to_str().unwrap()), (name, value), "{text:?}");
    }
    let name = |name: &'static str| HeaderName::from_static(name);
    let long = format!("x-a: {}", "a".repeat(4097));
    for (text, expected) in [
        ("X-Api-Key", BadHeader::NoColon),
        ("", BadHeader::NoColon),
        (": a", BadHeader::Name),
        ("x a: b", BadHeader::Name),
        ("x\r\ny: b", BadHeader::Name),
        ("Host: a.example", BadHeader::Refused(name("host"))),
        ("content-length: 1", BadHeader::Refused(name("content-length"))),
        ("Content-Type: text/plain", BadHeader::Refused(name("content-type"))),
        ("transfer-encoding: chunked", BadHeader::Refused(name("transfer-encoding"))),
        ("connection: close", BadHeader::Refused(name("connection"))),
        ("Webhook-Id: 1", BadHeader::Refused(name("webhook-id"))),
        ("webhook-other: 1", BadHeader::Refused(name("webhook-other"))),
        ("x-a:", BadHeader::Value(name("x-a"))),
        ("x-a: b\r\nx-c: d", BadHeader::Value(name("x-a"))),
        ("x-a: b\nc", BadHeader::Value(name("x-a"))),
        ("x-a: a\0b", BadHeader::Value(name("x-a"))),
        ("x-a: ção", BadHeader::Value(name("x-a"))),
        (&long, BadHeader::Value(name("x-a"))),
    ] {
        assert_eq!(text.parse::<OwnHeader>().err(), Some(expected), "{text:?}");
    }
}
