//! The ready destinations of docs/destinations: each example is run, and its receiver gets the form
//! that the service documents.

use super::{Cli, deliver, receiver::Receiver};
use crate::server::TOKEN;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use std::{fs, path::Path};

/// The only example under a heading, as arguments of `leadhook`, with this address.
fn example(heading: &str, url: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let page = fs::read_to_string(root.join("docs/destinations/README.md")).unwrap();
    let section = page.split(&format!("## {heading}\n")).nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let block = section.split("```sh\n").nth(1).unwrap().split("```").next().unwrap();
    let words = block.replace("\\\n", " ");
    let mut words = words.split_whitespace();
    assert_eq!(words.next(), Some("leadhook"), "{block}");
    let file = |word: &str| root.join(word).to_string_lossy().into_owned();
    let word = |word: &str| match word {
        word if word.starts_with("https://") => url.to_owned(),
        word if word.starts_with("docs/") => file(word),
        word => word.to_owned(),
    };
    words.map(word).collect()
}

/// A name that breaks a body which is put together without escaping.
fn name() -> String {
    format!("Ana \"Bia\" d'\u{c1}vila\\\n\u{1f642} {}", "x".repeat(150))
}

/// What a destination gets that was added as the page says, after an Integrabot lead. Also its
/// secret.
async fn received(heading: &str) -> (super::receiver::Received, Value) {
    let cli = Cli::local();
    let serve = cli.serve();
    let mut receiver = Receiver::start().await;
    cli.write("token.txt", "Authorization: Bearer t-1\n");
    cli.write("url.txt", &format!("{}?api_key=k-1\n", receiver.url));
    let mut arguments = example(heading, &receiver.url);
    let of_pollybot = arguments.iter_mut().find(|word| *word == "pollybot");
    if let Some(provider) = of_pollybot {
        "integrabot".clone_into(provider);
    }
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let added = cli.json(&arguments);
    let lead = json!({ "name": name(), "email": "ana@exemplo.com", "phone_number": "5511999998888",
        "type": "web", "custom_fields": { "note": "\u{1f642}\n\"".repeat(2_000) } });
    let (status, answer) = deliver(&serve, TOKEN, lead).await;
    assert_eq!(status, 201, "{answer}");
    let received = receiver.next().await;
    serve.stop();
    (received, added["secret"].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn hubspot_gets_a_contact_to_upsert() {
    let (received, _) = received("HubSpot contacts").await;
    let (first, last) = name().split_once(' ').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let properties = json!({ "email": "ana@exemplo.com", "firstname": first, "lastname": last,
        "phone": "5511999998888" });
    let input = json!({ "idProperty": "email", "id": "ana@exemplo.com", "properties": properties });
    assert_eq!(received.body, json!({ "inputs": [input] }));
    assert_eq!(received.header("authorization"), "Bearer t-1");
}

#[tokio::test(flavor = "multi_thread")]
async fn rd_station_gets_a_conversion() {
    let (received, _) = received("RD Station Marketing conversions").await;
    let payload = json!({ "conversion_identifier": "integrabot web", "email": "ana@exemplo.com",
        "name": name(), "personal_phone": "5511999998888" });
    let expected = json!({ "event_type": "CONVERSION", "event_family": "CDP", "payload": payload });
    assert_eq!(received.body, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_google_sheet_gets_a_row() {
    let (received, _) = received("A Google sheet").await;
    let row = received.body.as_array().unwrap();
    assert_eq!(row.len(), 6, "{row:?}");
    assert!(row[0].is_string() && row[1].as_str().unwrap().ends_with('Z'), "{row:?}");
    let contact = [json!(name()), json!("ana@exemplo.com"), json!("5511999998888")];
    assert_eq!(row[2..5], contact);
    assert_eq!(row[5], "web");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_of_pollybots_webhooks_gets_its_signature() {
    let (received, secret) = received("A receiver of PollyBot's webhooks").await;
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_str().unwrap().as_bytes()).unwrap();
    mac.update(received.text.as_bytes());
    let digest = mac.finalize().into_bytes();
    let expected: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(received.header("x-webhook-signature"), format!("sha256={expected}"));
    assert!(received.is_signed_with(&secret));
}
