//! Destinations, from their first lead to their removal.

use super::{
    Cli, ana, deliver, failure, items,
    receiver::{Received, Receiver},
};
use crate::server::{Serve, TOKEN};
use axum::{Router, http::StatusCode};
use jiff::SignedDuration;
use serde_json::{Value, json};
use shared::{
    model::{
        Account, AccountId, Claims, ClockAndRandom, Destination, DestinationId, DestinationState,
        Lead, LeadId, NewLead, Provider, TokenHash,
    },
    table::{LeadTable, MAX_DESTINATIONS},
};
use std::sync::{Arc, Mutex};

/// The account of the demo key.
const ACCOUNT: &str = "demo";

/// Delivers a lead, and returns its id.
async fn lead(serve: &Serve, n: usize) -> String {
    let (status, lead) = deliver(serve, TOKEN, ana(n)).await;
    assert_eq!(status, 201);
    lead["id"].to_string()
}

/// Adds a destination of the demo account.
fn add(cli: &Cli, url: &str, more: &[&str]) -> (String, Value) {
    let add = ["destinations", "add", "integrabot", "--account", ACCOUNT, "--url", url];
    let added = cli.json(&[&add[..], more].concat());
    (added["id"].as_str().unwrap().to_owned(), added["secret"].clone())
}

/// Waits until a condition is true: a pass stores its progress after the answers.
fn wait_until(mut is_true: impl FnMut() -> bool) {
    assert!((0..1_000).any(|_| is_true()), "it did not become true");
}

fn said(cli: &Cli, arguments: &[&str]) -> String {
    let output = cli.command(arguments).assert().success().get_output().stderr.clone();
    String::from_utf8(output).unwrap()
}

/// A running server, and a destination that took its first lead.
struct Forwarded {
    cli: Cli,
    serve: Serve,
    receiver: Receiver,
    id: String,
    secret: Value,
    lead: String,
    first: Received,
}

impl Forwarded {
    async fn start() -> Self {
        let cli = Cli::local();
        let serve = cli.serve();
        let mut receiver = Receiver::start().await;
        let lead = lead(&serve, 1).await;
        let (id, secret) = add(&cli, &receiver.url, &["--from", "all", "--label", "crm"]);
        let first = receiver.next().await;
        wait_until(|| state_of(&cli, &lead, &id) == "forwarded");
        Self { cli, serve, receiver, id, secret, lead, first }
    }

    /// Pauses the destination, and delivers a second lead.
    async fn pause(&self) -> String {
        self.cli.run(&["destinations", "pause", &self.id[..9]]);
        lead(&self.serve, 2).await
    }
}

/// The state of a lead at a destination.
fn state_of(cli: &Cli, lead: &str, destination: &str) -> Value {
    let shown = cli.json(&["leads", "show", lead])["destinations"].clone();
    let found = shown.as_array().unwrap().iter().find(|row| row["id"] == destination).cloned();
    found.unwrap_or_else(|| panic!("{shown}"))["state"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_is_forwarded_with_a_signature() {
    let Forwarded { serve, id, secret, lead, first, .. } = Forwarded::start().await;
    assert!(id.starts_with("dst_") && id.len() == 24, "{id}");
    assert_eq!((first.kind(), &first.body["data"]["id"]), ("lead.created", &json!(lead)));
    assert_eq!(first.id(), format!("msg_{lead}_{id}"));
    assert!(first.is_signed_with(&secret));
    serve.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_destination_gets_only_new_leads_signed_with_its_own_secret() {
    let Forwarded { cli, serve, secret, lead: old, .. } = Forwarded::start().await;
    let mut new = Receiver::start().await;
    let (new_id, new_secret) = add(&cli, &new.url, &[]);
    assert_eq!(state_of(&cli, &old, &new_id), "older than its start");
    let second = lead(&serve, 2).await;
    let received = new.next().await;
    assert_eq!(received.body["data"]["id"], second);
    assert!(received.is_signed_with(&new_secret) && !received.is_signed_with(&secret));
    let (code, why) = cli.fail(&["destinations", "replay", &new_id, "--from", "0s"]);
    assert!(code == 2 && why.contains("nothing to post again"), "{why}");
    serve.stop();
}

#[tokio::test]
async fn an_account_has_no_more_destinations_than_a_transaction_takes() {
    let cli = Cli::local();
    let serve = cli.serve();
    let (table, system) = (LeadTable::new(serve.client(), "leadhook"), ClockAndRandom::system());
    let account = Account { provider: Provider::Integrabot, id: AccountId::from_static(ACCOUNT) };
    let id = lead(&serve, 1).await.parse().unwrap();
    for n in 0..MAX_DESTINATIONS {
        let (of, url) = (DestinationId::random(&system), "https://a.example/".to_owned());
        let new = Destination::new(&account, of, url, LeadId::FIRST, system.now());
        // Every other one has the lead.
        let (state, reached) = (DestinationState::Paused, (n % 2 == 0).then_some(id));
        table.add_destination(&Destination { state, reached, ..new }).await.unwrap();
    }
    let add = ["destinations", "add", "integrabot", "-a", ACCOUNT, "--url", "http://127.0.0.1:9/"];
    let (code, why) = failure(&mut cli.command(&add));
    assert_eq!(code, 2, "{why}");
    assert!(why.contains("the account has 50 destinations"), "{why}");
    let erased = said(&cli, &["leads", "erase", "--email", "ana1@exemplo.com", "--yes"]);
    assert!(erased.contains("25 messages about the erasure"), "{erased}");
    serve.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_leads_of_a_paused_destination_wait_until_it_is_resumed() {
    let forwarded = Forwarded::start().await;
    let second = forwarded.pause().await;
    let Forwarded { cli, serve, mut receiver, id, .. } = forwarded;
    assert_eq!(state_of(&cli, &second, &id), "waiting");
    let resumed = said(&cli, &["destinations", "resume", &id]);
    assert!(resumed.contains("the next pass forwards what waits"), "{resumed}");
    assert_eq!(receiver.next().await.body["data"]["id"], second);
    wait_until(|| state_of(&cli, &second, &id) == "forwarded");
    serve.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn destinations_are_listed_without_their_secrets() {
    let forwarded = Forwarded::start().await;
    forwarded.pause().await;
    let Forwarded { cli, serve, receiver, id, .. } = forwarded;
    let list = ["destinations", "list", "--account", ACCOUNT];
    let listed = cli.json(&list);
    let row = &listed[0];
    let expected = [
        ("id", json!(id)),
        ("provider", json!("integrabot")),
        ("account", json!(ACCOUNT)),
        ("label", json!("crm")),
        ("host", json!(receiver.host)),
        ("format", json!("standard")),
        ("state", json!("paused")),
        ("waiting", json!(1)),
        ("last", json!(200)),
    ];
    for (column, value) in expected {
        assert_eq!(row[column], value, "{column}: {row}");
    }
    assert!(row["oldest"].is_string(), "{row}");
    let printed = cli.run(&list) + &listed.to_string() + &cli.run(&["destinations", "show", &id]);
    assert!(!printed.contains("secret-path") && !printed.contains("whsec_"), "{printed}");
    assert_eq!(cli.count(&["destinations", "list", "--provider", "keyspot"]), 0);
    serve.stop();
}

/// The values of headers are secrets, as tokens are.
#[tokio::test(flavor = "multi_thread")]
async fn requests_have_own_headers_whose_values_are_never_shown() {
    let (first, second) = ("k-5b1e77c0", "k-90ad41ff");
    let cli = Cli::local();
    let serve = cli.serve();
    let mut receiver = Receiver::start().await;
    cli.write("headers", &format!("X-Api-Key: {first}\n\nX-Other: 1\n"));
    let (id, _) = add(&cli, &receiver.url, &["--header", "@headers"]);
    lead(&serve, 1).await;
    let received = receiver.next().await;
    assert_eq!((received.header("x-api-key"), received.header("x-other")), (first, "1"));
    let show = ["destinations", "show", &id];
    assert_eq!(cli.json(&show)["headers"], "x-api-key x-other");
    let given = format!("x-api-key:{second}");
    let remove = ["--remove-header", "X-Other", "--label", "crm"];
    let update = ["destinations", "update", &id, "--header", &given];
    let changed = said(&cli, &[&update[..], &remove].concat());
    assert!(changed.contains("other users of this machine can see"), "{changed}");
    let row = cli.json(&show);
    assert_eq!((&row["headers"], &row["label"]), (&json!("x-api-key"), &json!("crm")));
    lead(&serve, 2).await;
    let received = receiver.next().await;
    assert_eq!((received.header("x-api-key"), received.header("x-other")), (second, ""));
    let printed = cli.run(&show) + &cli.run(&["destinations", "list", "-o", "json"]) + &changed;
    let page = reqwest::get(&serve.console).await.unwrap().text().await.unwrap();
    let stored = items(&cli, &serve).await.join("\n");
    let log = serve.stop();
    for (place, text) in [("printed", printed), ("page", page), ("table", stored), ("log", log)] {
        assert!(!text.contains(first) && !text.contains(second), "{place}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_names_its_first_lead_and_asks() {
    let Forwarded { cli, serve, id, lead, .. } = Forwarded::start().await;
    let no_lead = "integrabot demo has no lead";
    let ask = "Post 1 lead to ";
    let cases = [
        ("24", 3, no_lead),
        ("999", 3, no_lead),
        ("373481529142520", 3, no_lead),
        ("20990101", 2, "nothing to post again"),
        ("24 hours from now", 2, "a lead's id"),
        ("all", 2, ask),
        ("24h", 2, ask),
        ("20261101", 2, ask),
        (&*lead, 2, ask),
    ];
    for (from, code, expected) in cases {
        let (got, why) = cli.fail(&["destinations", "replay", &id, "--from", from]);
        assert!(got == code && why.contains(expected), "{from}: {got}: {why}");
        assert_eq!(state_of(&cli, &lead, &id), "forwarded", "{from}");
    }
    serve.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_posts_all_leads_or_those_from_one_lead_on() {
    let Forwarded { cli, serve, mut receiver, id, lead: first, .. } = Forwarded::start().await;
    let second = lead(&serve, 2).await;
    receiver.next().await;
    wait_until(|| state_of(&cli, &second, &id) == "forwarded");
    let all = said(&cli, &["destinations", "replay", &id, "--from", "all", "--yes"]);
    assert!(all.contains("2 leads will be posted again"), "{all}");
    for lead in [&first, &second] {
        assert_eq!(receiver.next().await.id(), format!("msg_{lead}_{id}"));
    }
    wait_until(|| state_of(&cli, &second, &id) == "forwarded");
    let last = said(&cli, &["destinations", "replay", &id, "--from", &second, "--yes"]);
    assert!(last.contains("1 lead will be posted again"), "{last}");
    assert_eq!(receiver.next().await.body["data"]["id"], second);
    serve.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_destination_is_removed_after_a_question_and_no_log_line_has_its_secrets() {
    let Forwarded { cli, serve, id, .. } = Forwarded::start().await;
    let (code, why) = cli.fail(&["destinations", "remove", &id]);
    assert!(code == 2 && why.contains("--yes"), "{why}");
    assert_eq!(cli.count(&["destinations", "list"]), 1);
    cli.run(&["destinations", "remove", &id, "--yes"]);
    assert_eq!(cli.count(&["destinations", "list"]), 0);
    let log = serve.stop();
    assert!(!log.contains("secret-path") && !log.contains("exemplo.com"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_at_which_a_destination_fails_is_named_and_can_be_skipped() {
    let cli = Cli::local();
    let serve = cli.serve();
    let mut receiver = Receiver::start().await;
    receiver.answer(500);
    let (id, _) = add(&cli, &receiver.url, &[]);
    let (code, why) = cli.fail(&["destinations", "skip", &id]);
    assert!(code == 2 && why.contains("nothing to skip"), "{why}");
    let bad = lead(&serve, 1).await;
    assert_eq!(receiver.next().await.body["data"]["id"], bad);
    let show = ["destinations", "show", &id];
    wait_until(|| cli.json(&show)["stuck_at"] == bad);
    let next = lead(&serve, 2).await;
    receiver.answer(200);
    let skipped = said(&cli, &["destinations", "skip", &id]);
    assert!(skipped.contains(&format!("the lead {bad} is set aside")), "{skipped}");
    // At once, although the destination was waiting.
    assert_eq!(receiver.next().await.body["data"]["id"], next);
    wait_until(|| cli.json(&show)["waiting"] == 0);
    let event = &cli.json(&["destinations", "set-aside", &id])[0];
    assert_eq!([&event["lead"], &event["status"]], [&json!(bad), &json!(500)]);
    assert_eq!(cli.json(&show)["stuck_at"], Value::Null);
    serve.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_lead_is_set_aside_and_its_erasure_is_posted() {
    let cli = Cli::local();
    let serve = cli.serve();
    let mut receiver = Receiver::start().await;
    receiver.answer(422);
    let (id, secret) = add(&cli, &receiver.url, &[]);
    let refused = lead(&serve, 1).await;
    assert_eq!(receiver.next().await.body["data"]["id"], refused);
    let list = ["destinations", "set-aside", &id];
    wait_until(|| cli.count(&list) == 1);
    let event = &cli.json(&list)[0];
    let expected = [("lead", json!(refused)), ("event", json!("created")), ("tries", json!(1))];
    for (column, value) in expected {
        assert_eq!(event[column], value, "{column}: {event}");
    }
    assert_eq!((&event["status"], event["next_attempt_at"].is_string()), (&json!(422), true));
    let shown = cli.json(&["leads", "show", &refused]);
    let at = &shown["destinations"][0];
    assert_eq!((&at["state"], &at["status"]), (&json!("set aside"), &json!(422)));
    assert_eq!(cli.json(&["destinations", "show", &id])["set_aside"], 1);
    receiver.answer(200);
    let retried = said(&cli, &["destinations", "set-aside", &id, "--retry"]);
    assert!(retried.contains("1 event will be posted again"), "{retried}");
    assert_eq!(receiver.next().await.id(), format!("msg_{refused}_{id}"));

    // A destination that never had the lead gets no message.
    let mut later = Receiver::start().await;
    let (later_id, _) = add(&cli, &later.url, &[]);
    let erase = ["leads", "erase", "--email", "ana1@exemplo.com", "--yes"];
    let erased = said(&cli, &erase);
    assert!(erased.contains("1 message about the erasure will be posted"), "{erased}");
    let message = receiver.next().await;
    assert_eq!(message.kind(), "lead.erased");
    let data = json!({ "id": refused, "provider": "integrabot", "account": ACCOUNT });
    assert_eq!(message.body["data"], data);
    assert_eq!(message.id(), format!("msg_{refused}_{id}_erased"));
    assert!(message.is_signed_with(&secret));
    let next = lead(&serve, 2).await;
    assert_eq!(later.next().await.id(), format!("msg_{next}_{later_id}"));
    serve.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_test_message_says_what_is_wrong() {
    let cli = Cli::local();
    let mut receiver = Receiver::start().await;
    let (id, secret) = add(&cli, &receiver.url, &[]);
    let test = ["destinations", "test", &id];
    assert_eq!(cli.json(&test)["status"], 200);
    let message = receiver.next().await;
    assert_eq!(message.kind(), "leadhook.test");
    assert!(message.is_signed_with(&secret));
    let rotated = cli.json(&["destinations", "rotate", &id]);
    cli.run(&test);
    let message = receiver.next().await;
    assert!(message.is_signed_with(&rotated["secret"]) && message.is_signed_with(&secret));
    assert_ne!(rotated["secret"], secret);
    for (status, expected) in [(302, "a redirect is not followed"), (500, "answered 500")] {
        receiver.answer(status);
        let (code, why) = cli.fail(&test);
        assert!(code == 1 && why.contains(expected), "{why}");
        receiver.next().await;
    }
    // Nothing listens there.
    let (id, _) = add(&cli, "http://127.0.0.1:1/", &[]);
    let (code, why) = cli.fail(&["destinations", "test", &id]);
    assert!(code == 1 && why.contains("no connection"), "{why}");
    // Signed with another secret, if it is set.
    receiver.answer(200);
    let mut other = cli.command(&test);
    other.env("FORWARDING_SIGNING_KEY", "another secret of 32 characters!");
    other.assert().success();
    assert!(!receiver.next().await.is_signed_with(&rotated["secret"]));
    let (code, why) = failure(other.env("FORWARDING_SIGNING_KEY", "short"));
    assert!(code == 2 && why.contains("32 characters"), "{why}");
}

#[tokio::test]
async fn a_bad_destination_is_one_clear_line_and_nothing_is_written() {
    let cli = Cli::local();
    let long = format!("https://example.com/{}", "a".repeat(5_000));
    let url_cases = [
        ("ftp://example.com/", "must begin with https://"),
        ("http://example.com/", "must begin with https://"),
        ("example.com", "not a URL"),
        ("", "not a URL"),
        ("https://user:hunter2@1.1.1.1/", "must not have a user name"),
        (&long, "at most 2000"),
        ("https://no-such-name.invalid/", "does not resolve"),
        ("https://169.254.169.254/latest/meta-data/", "not a public address"),
        ("https://2852039166/", "not a public address"),
        ("https://0xa9fea9fe/", "not a public address"),
        ("https://0251.0376.0251.0376/", "not a public address"),
        ("https://[::ffff:169.254.169.254]/", "not a public address"),
        ("https://[fd00:ec2::254]/", "not a public address"),
        ("https://192.168.0.1/", "not a public address"),
    ];
    let add = ["destinations", "add", "integrabot", "-a", ACCOUNT];
    for (url, expected) in url_cases {
        let (code, why) = cli.fail(&[&add[..], &["--url", url]].concat());
        assert!(code == 2 && why.contains(expected), "{url}: {code}: {why}");
        assert_eq!(why.lines().count(), 1, "{url}: {why}");
        assert!(!why.contains("hunter2"), "{why}");
    }
    let url = "https://1.1.1.1/";
    let endless = "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}";
    cli.write("endless", endless);
    cli.write("unknown", r#"{"email": {{ emial }}}"#);
    cli.write("long", r#"{% for a in range(2000) %}{{ "a" * 1000 }}{% endfor %}"#);
    cli.write("quoted", r#"{"name": "{{ name }}"}"#);
    let unknown = ["destinations", "show", "dst_00000000000000000000"];
    let cases: [(&[&str], i32, &str); 33] = [
        (
            &["destinations", "add", "integrabot", "-a", "nobody", "--url", url],
            3,
            "no such account",
        ),
        (&["destinations", "add", "hubspot", "-a", ACCOUNT, "--url", url], 2, "integrabot"),
        (&[&add[..], &["--url", url, "--from", "soon"]].concat(), 2, "now, all"),
        // A number without a unit is not a time, and never means "from the beginning".
        (&[&add[..], &["--url", url, "--from", "24"]].concat(), 2, "now, all"),
        (&["leads", "list", "--since", "24"], 2, "write a time"),
        (&["leads", "export", "--since", "999"], 2, "write a time"),
        (&["leads", "stats", "--since", "24"], 2, "write a"),
        (&["forward", "--to", url, "--since", "24"], 2, "write a time"),
        (&[&add[..], &["--url", url, "--from", "2092-01-01"]].concat(), 2, "in the future"),
        (&[&add[..], &["--url", url, "--format", "xml"]].concat(), 2, "slack"),
        (&[&add[..], &["--url", url, "--header", "x-a"]].concat(), 2, "NAME: VALUE"),
        (&[&add[..], &["--url", url, "--header", "Host: a"]].concat(), 2, "leadhook sets it"),
        (
            &[&add[..], &["--url", url, "--header", "x-a: b\nc d: e"]].concat(),
            2,
            "name of a header",
        ),
        (&["destinations", "update", "dst_0", "--header", "x-a: b"], 3, "no destination"),
        (&["destinations", "update", "dst_0"], 2, "what to change"),
        (&[&add[..], &["--url", url, "--only", ""]].concat(), 2, "MEMBER=VALUE"),
        (&[&add[..], &["--url", url, "--in-flight", "0"]].concat(), 2, "from 1 to 128"),
        (&[&add[..], &["--url", url, "--in-flight", "129"]].concat(), 2, "from 1 to 128"),
        (&["destinations", "update", "dst_0", "--in-flight", "many"], 2, "from 1 to 128"),
        (&[&add[..], &["--url", url, "--only", "sorce=web"]].concat(), 2, "a member sorce"),
        (&[&add[..], &["--url", url, "--template", "endless"]].concat(), 2, "50000 steps"),
        (&[&add[..], &["--url", url, "--template", "unknown"]].concat(), 2, "a member emial"),
        (&[&add[..], &["--url", url, "--template", "long"]].concat(), 2, "262144 bytes"),
        (&[&add[..], &["--url", url, "--template", "quoted"]].concat(), 2, "not make JSON"),
        (&[&add[..], &["--url", url, "--template", "missing"]].concat(), 2, "missing: "),
        (
            &[&add[..], &["--url", url, "--content-type", "text/plain"]].concat(),
            2,
            "only a template",
        ),
        (&[&add[..], &["--url", "https://{{ name }}.example/"]].concat(), 2, "not a URL"),
        (&[&add[..], &["--url", "https://1.1.1.1/{{ emial }}"]].concat(), 2, "a member emial"),
        (
            &[&add[..], &["--url", url, "--signature-header", "host"]].concat(),
            2,
            "leadhook sets it",
        ),
        (&add, 2, "--url"),
        (&unknown, 3, "leadhook destinations list"),
        (&["destinations", "replay", "dst_", "--from", "soon"], 2, "a lead's id"),
        (&["destinations", "pause", ""], 3, "no destination"),
    ];
    for (arguments, code, expected) in cases {
        let (got, why) = cli.fail(arguments);
        assert!(got == code && why.contains(expected), "{arguments:?}: {got}: {why}");
    }
    assert_eq!(cli.count(&["destinations", "list"]), 0);
    let serve = cli.serve();
    let stored = items(&cli, &serve).await;
    assert!(!stored.iter().any(|item| item.contains("destination")), "nothing is stored");
    serve.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_destination_is_seen_before_it_is_added_and_can_be_changed() {
    let cli = Cli::local();
    let serve = cli.serve();
    let mut receiver = Receiver::start().await;
    cli.write("body", r#"{"who": {{ name }}, "is": {{ email or "nobody" }}}"#);
    let request = ["--template", "body", "--method", "put", "--only", "name", "--in-flight", "4"];
    let url = format!("{}/{{{{ id }}}}", receiver.url);
    let preview = ["destinations", "preview", "integrabot", "-a", ACCOUNT, "--url", &url];
    let preview = [&preview[..], &request].concat();
    let sample = cli.run(&preview);
    assert!(sample.starts_with("PUT http") && sample.contains("Maria Silva"), "{sample}");
    let newest = lead(&serve, 1).await;
    let shown = cli.run(&preview);
    assert!(
        shown.contains(&format!("secret-path/{newest}\n")) && shown.contains("ana1"),
        "{shown}"
    );
    assert_eq!(cli.count(&["destinations", "list"]), 0);
    let (id, _) = add(&cli, &url, &request);
    let lead_id = lead(&serve, 2).await;
    let received = receiver.next().await;
    assert_eq!((&*received.method, &*received.path), ("PUT", &*format!("/secret-path/{lead_id}")));
    assert_eq!(received.body["is"], "ana2@exemplo.com");
    let show = ["destinations", "show", &id];
    let row = cli.json(&show);
    assert_eq!([&row["method"], &row["only"]], ["PUT", "name"], "{row}");
    assert_eq!(row["in_flight"], 4, "{row}");
    // Nobody has such a source: the lead is passed over.
    let update = ["destinations", "update", &id];
    cli.run(&[&update[..], &["--only", "source=nowhere", "--remove-template"]].concat());
    let passed = lead(&serve, 3).await;
    wait_until(|| cli.json(&show)["passed_over"] == 1);
    assert_eq!(state_of(&cli, &passed, &id), "not one that it gets");
    let plain = ["--all-leads", "--method", "post", "--url", &receiver.url];
    cli.run(&[&update[..], &plain].concat());
    lead(&serve, 4).await;
    let received = receiver.next().await;
    assert_eq!((received.kind(), &*received.method), ("lead.created", "POST"));
    serve.stop();
}

/// The page asks in the same way as the command.
#[tokio::test(flavor = "multi_thread")]
async fn the_page_asks_before_it_posts_leads_again() {
    let cli = Cli::local();
    let serve = cli.serve();
    let mut receiver = Receiver::start().await;
    let (id, _) = add(&cli, &receiver.url, &[]);
    let first = lead(&serve, 1).await;
    receiver.next().await;
    let shown = || cli.json(&["leads", "show", &first])["destinations"][0]["state"].clone();
    wait_until(|| shown() == "forwarded");
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let client = client.build().unwrap();
    let opened = client.get(&serve.console).send().await.unwrap();
    let cookie = opened.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap();
    let post = async |path: &str, form: String| {
        let request = client.post(format!("{}{path}", serve.base)).header("cookie", cookie);
        let request = request.header("sec-fetch-site", "same-origin");
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let answer = request.body(form).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let replay = format!("/console/destinations/{id}/replay");
    let ask = "Post 1 lead to ";
    let cases = [
        ("24", 404, "has no lead"),
        ("999", 404, "has no lead"),
        ("soon", 422, "a lead&#39;s id"),
        ("20990101", 422, "nothing to post again"),
        ("all", 200, ask),
        (&*first, 200, ask),
    ];
    let mut page = String::new();
    for (from, status, expected) in cases {
        let (got, text) = post(&replay, format!("from={from}")).await;
        assert!(got == status && text.contains(expected), "{from}: {got}: {text}");
        assert_eq!(shown(), "forwarded", "{from}");
        page = text;
    }
    let action = page.split("action=\"").find(|part| part.starts_with(&replay)).unwrap();
    let (status, _) = post(action.split('"').next().unwrap(), String::new()).await;
    assert_eq!(status, 303);
    assert_eq!(receiver.next().await.id(), format!("msg_{first}_{id}"));
    serve.stop();
}

/// The names of the secrets that were read.
type Reads = Arc<Mutex<Vec<String>>>;

/// An AWS Secrets Manager with this secret under every name; without a secret it denies access.
async fn secrets_manager(secret: Option<&'static str>) -> (String, Reads) {
    let reads = Reads::default();
    let noted = Arc::clone(&reads);
    let answer = move |body: String| async move {
        let asked: Value = serde_json::from_str(&body).unwrap();
        noted.lock().unwrap().push(asked["SecretId"].as_str().unwrap().to_owned());
        match secret {
            Some(secret) => (StatusCode::OK, json!({ "SecretString": secret }).to_string()),
            None => {
                (StatusCode::BAD_REQUEST, json!({ "__type": "AccessDeniedException" }).to_string())
            }
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(answer);
    tokio::spawn(local::listen(listener, router, std::future::pending()));
    (endpoint, reads)
}

#[tokio::test(flavor = "multi_thread")]
async fn for_a_table_in_aws_the_secret_is_in_secrets_manager() {
    let cli = Cli::local();
    let serve = cli.serve();
    let in_aws = |secrets: &str, arguments: &[&str]| {
        let mut command = cli.command_at(&serve.table, &serve.access_key, arguments);
        command.env("AWS_ENDPOINT_URL_SECRETS_MANAGER", secrets);
        command
    };
    let (secrets, reads) = secrets_manager(Some("a secret with at least 32 characters")).await;
    let add = ["destinations", "add", "integrabot", "-a", ACCOUNT, "--url", "https://1.1.1.1/"];
    in_aws(&secrets, &add).assert().success();
    in_aws(&secrets, &[&add[..], &["--signing-secret", "other"]].concat()).assert().success();
    assert_eq!(*reads.lock().unwrap(), ["leadhook/leadhook/forwarding", "other"]);
    let local = ["destinations", "add", "integrabot", "-a", ACCOUNT, "--url", "http://127.0.0.1/"];
    let (code, why) = failure(&mut in_aws(&secrets, &local));
    assert!(code == 2 && why.contains("https://"), "{why}");
    // The name resolves to this machine.
    let add_here = ["destinations", "add", "integrabot", "-a", ACCOUNT, "--url"];
    let here = cli.json(&[&add_here[..], &["https://localhost:9/"]].concat());
    let test = ["destinations", "test", here["id"].as_str().unwrap()];
    let (code, why) = failure(&mut in_aws(&secrets, &test));
    assert!(code == 1 && why.contains("which is not public"), "{why}");
    let (denied, _) = secrets_manager(None).await;
    let (code, why) = failure(&mut in_aws(&denied, &add));
    let says = ["leadhook/leadhook/forwarding", "secretsmanager:GetSecretValue"];
    assert!(code == 4 && says.iter().all(|part| why.contains(part)), "{why}");
    assert_eq!(why.lines().count(), 1, "{why}");
    assert_eq!(cli.count(&["destinations", "list"]), 3);
    serve.stop();
}

/// The command line and other servers store leads in the same table. They read an API key or a held
/// delivery before.
#[tokio::test(flavor = "multi_thread")]
async fn a_lead_that_another_process_stores_late_is_forwarded_in_its_turn() {
    let cli = Cli::local();
    let serve = cli.serve();
    let mut receiver = Receiver::start().await;
    add(&cli, &receiver.url, &["--from", "all"]);
    let (table, system) = (LeadTable::new(serve.client(), "leadhook"), ClockAndRandom::system());
    table.get_api_key(&TokenHash::of("a key")).await.unwrap();
    let first = lead(&serve, 1).await;
    let drawn_at = system.now() - SignedDuration::from_secs(2);
    let id = system.new_lead_id(drawn_at);
    let late = Lead {
        name: Some("Ana".to_owned()),
        ..Lead::new(id, drawn_at, json!({ "custom_fields": "{}" }))
    };
    let account = Account { provider: Provider::Integrabot, id: AccountId::from_static(ACCOUNT) };
    let claims = Claims::new(b"", None, None, drawn_at).unwrap();
    table.create_lead(NewLead { account, claims, lead: late }, &system).await.unwrap();
    for expected in [id.to_string(), first] {
        assert_eq!(receiver.next().await.body["data"]["id"], expected);
    }
    serve.stop();
}
