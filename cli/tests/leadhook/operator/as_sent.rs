//! What was sent stays as it was sent: in the table, an export, a message and `leads show`, and
//! after a held delivery was corrected. `AS_SENT_CASES` sets how many bodies of each provider.

use super::{Cli, receiver::Receiver};
use crate::server::Serve;
use proptest::{
    collection::vec,
    prelude::*,
    sample::{select, subsequence},
    strategy::ValueTree,
    test_runner::{Config, TestRunner},
};
use providers::ROUTES;
use serde_json::Value;
use shared::model::{Members, read_string, well_formed};
use std::{collections::HashMap, env};
use tests::{SENDERS, Sender};

/// JSON that values lose, and JSON that people send.
const VALUES: [&str; 14] = [
    "12345678901234567890123",
    "1.10",
    "1e400",
    "-0",
    "null",
    "true",
    r#""S\u00e3o \/ Paulo""#,
    r#""a 😀 \ud83d\ude00 b""#,
    r#""cut \ud83d""#,
    r#""\u0000\b\\ud83d""#,
    r#"{"n":1.10,"n":[1E+2],"":{}}"#,
    r#"{ "spaced" : [ 1 ,	2 ] }"#,
    r#"{"\ud83d":"\ude00","N\u0061me":1}"#,
    "[]",
];
/// Names of members that are no field of any provider.
const NAMES: [&str; 6] = ["utm_x", "Email", r"caf\u00e9", "", r"\ud83d", "a b"];

/// An unknown member.
fn unknown() -> impl Strategy<Value = String> {
    let deep =
        (120_usize..200).prop_map(|levels| format!("{}{}", "[".repeat(levels), "]".repeat(levels)));
    let value = prop_oneof![8 => select(VALUES.to_vec()).prop_map(str::to_owned), 1 => deep];
    (select(NAMES.to_vec()), value).prop_map(|(name, value)| format!("\"{name}\":{value}"))
}

/// The members of a valid body after its first ones.
fn members(sender: &Sender) -> impl Strategy<Value = String> + use<> {
    let known = sender.as_sent.to_vec();
    let count = known.len();
    let members = (subsequence(known, 0..=count), vec(unknown(), 0..6));
    members.prop_map(|(known, unknown)| {
        let known = known.into_iter().map(str::to_owned);
        known.chain(unknown).collect::<Vec<_>>().join(" , ")
    })
}

fn cases() -> usize {
    env::var("AS_SENT_CASES").map_or(6, |cases| cases.parse().unwrap())
}

/// Bodies of this sender that differ by their number.
fn bodies(sender: &Sender) -> Vec<String> {
    let mut runner = TestRunner::new(Config::default());
    let strategy = members(sender);
    let body = |n| {
        let own = (sender.body)(n).to_string();
        let more = strategy.new_tree(&mut runner).unwrap().current();
        let comma = if more.is_empty() { "" } else { "," };
        format!("{}{comma}{more}}}", own.trim_end_matches('}'))
    };
    (0..cases()).map(body).collect()
}

/// A server whose demo accounts get deliveries.
struct Counter {
    serve: Serve,
    keyspot_token: String,
}

impl Counter {
    async fn open(cli: &Cli) -> Self {
        let serve = cli.serve();
        let client = reqwest::Client::new();
        let url = format!("{}/keyspot/v1/auth/token", serve.base);
        let request = client.post(url).header("x-api-key", "demo-key");
        let answer = request.header("x-api-secret", "demo-secret").send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        let keyspot_token = answer["data"]["token"].as_str().unwrap().to_owned();
        Self { serve, keyspot_token }
    }

    /// Delivers a body: the status and the answer.
    async fn deliver(&self, sender: &Sender, body: &str) -> (u16, Value) {
        let route = ROUTES.iter().find(|route| route.function == sender.function).unwrap();
        let path = route.path.replace("{chatbotId}", "cb_1234567890abcdef");
        let request = reqwest::Client::new().post(format!("{}{path}", self.serve.base));
        let request = match sender.headers {
            [] => request.bearer_auth(&self.keyspot_token),
            headers => {
                headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))
            }
        };
        let answer = request.body(body.to_owned()).send().await.unwrap();
        let status = answer.status().as_u16();
        // No `Value` holds this number.
        let answer = answer.text().await.unwrap().replace("1e400", "0");
        (status, serde_json::from_str(&answer).unwrap())
    }
}

/// Checks that a record has every member of the body. `write` is what a writer does to JSON.
fn check(record: &str, body: &str, write: fn(&str) -> String) {
    let case = format!("\n{record}\nof\n{body}");
    let record = Members::read(record).unwrap_or_else(|| panic!("no object: {case}"));
    let get = |name: &str| record.position(name).map(|place| record[place].value.get());
    let extra = Members::read(get("extra").unwrap()).unwrap_or_default();
    let mut extra = extra.iter().peekable();
    let body = Members::read(body).unwrap();
    for (place, sent) in body.iter().enumerate() {
        let is_next = extra.peek().is_some_and(|next| {
            next.raw_name.get() == write(sent.raw_name.get())
                && next.value.get() == write(sent.value.get())
        });
        if is_next && (body.position(&sent.name) != Some(place) || !is_known(&sent.name)) {
            extra.next();
            continue;
        }
        assert!(is_known(&sent.name), "{} is missing: {case}", sent.raw_name);
        check_known(&record, &sent.name, sent.value.get(), write, &case);
    }
    assert!(extra.next().is_none(), "too much: {case}");
}

/// Whether some provider has such a field, and no unknown member has the name.
fn is_known(name: &str) -> bool {
    SENDERS.iter().flat_map(|sender| sender.echoed).any(|field| *field == name)
        || name == "trafficOrigin"
}

/// Checks the value of a field: text is text, and JSON is as it was sent.
fn check_known(
    record: &Members<'_>,
    name: &str,
    sent: &str,
    write: fn(&str) -> String,
    case: &str,
) {
    let details = &record[record.position("details").unwrap()];
    let details = Members::read(details.value.get()).unwrap();
    let values: Vec<_> = record.iter().chain(details.iter()).map(|member| member.value).collect();
    let found = match sent.as_bytes()[0] {
        b'"' => {
            let text = read_string(serde_json::from_str(sent).unwrap());
            values.iter().any(|value| read_string(value).contains(&*text))
        }
        _ => values.iter().any(|value| value.get() == write(sent)),
    };
    assert!(found, "{name} is missing: {case}");
}

fn written(json: &str) -> String {
    well_formed(json).into_owned()
}

/// A lead as it is in the table, in the shape of a record.
fn stored(item: &HashMap<String, aws_sdk_dynamodb::types::AttributeValue>) -> String {
    let text = |value: &aws_sdk_dynamodb::types::AttributeValue| match value.as_s() {
        Ok(text) if text.starts_with(['{', '[']) => text.clone(),
        Ok(text) => serde_json::to_string(text).unwrap(),
        Err(_) => "null".to_owned(),
    };
    let mut members: Vec<_> = item
        .iter()
        .filter(|(name, _)| *name != "details")
        .map(|(name, value)| format!("\"{name}\":{}", text(value)))
        .collect();
    let details = item["details"].as_m().unwrap();
    let details: Vec<_> =
        details.iter().map(|(name, value)| format!("\"{name}\":{}", text(value))).collect();
    members.push(format!("\"details\":{{{}}}", details.join(",")));
    if !item.contains_key("extra") {
        members.push("\"extra\":null".to_owned());
    }
    format!("{{{}}}", members.join(","))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_member_is_as_sent_in_the_table_the_export_the_message_and_when_shown() {
    let cli = Cli::local();
    let counter = Counter::open(&cli).await;
    let mut receiver = Receiver::start().await;
    let mut sent = HashMap::new();
    for sender in SENDERS {
        let account = sender.account();
        let (provider, id) = (account.provider.as_str(), account.id.as_str());
        cli.run(&["destinations", "add", provider, "--account", id, "--url", &receiver.url]);
        for body in bodies(sender) {
            let (status, answer) = counter.deliver(sender, &body).await;
            assert_eq!(status, sender.created, "{}: {body}: {answer}", sender.function);
            let id = match &(sender.lead)(&answer)["id"] {
                Value::String(id) => id.clone(),
                id => id.to_string(),
            };
            check(&cli.run(&["leads", "show", &id, "-o", "json"]), &body, written);
            sent.insert(id, body);
        }
    }
    for line in cli.run(&["leads", "export", "--format", "jsonl"]).lines() {
        let record = Members::read(line).unwrap();
        check(line, &sent[&*read_string(record[0].value)], written);
    }
    for item in counter.serve.items().await {
        if item["pk"].as_s().unwrap().starts_with("lead#") {
            let provider = item["pk"].as_s().unwrap().split('#').nth(1).unwrap().parse().unwrap();
            let id = providers::write_id(provider, item["id"].as_n().unwrap().parse().unwrap());
            check(&stored(&item), &sent[&id], str::to_owned);
        }
    }
    for _ in 0..sent.len() {
        let message = receiver.next().await.text;
        let members = Members::read(&message).unwrap();
        let data = members[members.position("data").unwrap()].value.get();
        let record = Members::read(data).unwrap();
        check(data, &sent[&*read_string(record[0].value)], written);
    }
    counter.serve.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_leaves_every_other_member_as_sent() {
    let cli = Cli::local();
    let counter = Counter::open(&cli).await;
    for sender in SENDERS {
        for (n, body) in bodies(sender).into_iter().enumerate() {
            let email = format!("set{n}@x.com");
            let with =
                |value: &str| format!("{},\"email\":{value}}}", body.strip_suffix('}').unwrap());
            let refused = format!("\u{feff}{}", with("5"));
            let (status, answer) = counter.deliver(sender, &refused).await;
            assert!([400, 422].contains(&status), "{refused}: {answer}");
            let held = cli.json(&["held", "list", "--reason", "invalid"]);
            let id = held[0]["id"].as_str().unwrap();
            cli.run(&["held", "show", id]);
            let set = format!("email={email}");
            cli.run(&["held", "redeliver", id, "--set", &set]);
            assert_eq!(cli.count(&["held", "list", "--reason", "invalid"]), 0);
            let lead = &cli.json(&["leads", "list", "-n", "1"])[0]["id"];
            let shown = cli.run(&["leads", "show", lead.as_str().unwrap(), "-o", "json"]);
            check(&shown, &with(&format!("\"{email}\"")), written);
        }
    }
    counter.serve.stop();
}
