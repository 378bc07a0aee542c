//! The IAM actions that each command needs, as `docs/operations.md` lists them.

use super::{Desk, ana, deliver};
use crate::server::{Serve, TOKEN};
use jiff::SignedDuration;
use serde_json::{Value, json};
use shared::{
    model::{
        Account, AccountId, Destination, DestinationId, LeadId, Provider, SetAside, SetAsideEvent,
        Sources, Stuck,
    },
    table::LeadTable,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};
use tests::Wire;

/// Every command may read the shape of the table.
const FOR_ALL: &str = "DescribeTable";

/// A table, and the requests that commands send to it.
struct Recorded {
    desk: Desk,
    serve: Serve,
    wire: Wire,
}

impl Recorded {
    async fn start() -> Self {
        let desk = Desk::local();
        let serve = desk.serve();
        let wire = Wire::to(&serve.table).await;
        Self { desk, serve, wire }
    }

    /// Runs a command as it runs on a table in AWS, and returns what it printed. It may fail if it
    /// posts: it may not reach an address of this machine, or nobody listens there.
    fn run(&self, arguments: &[&str]) -> String {
        let access_key = &self.serve.access_key;
        let mut command = self.desk.command_at(&self.wire.endpoint, access_key, arguments);
        command.env("FORWARDING_SIGNING_KEY", "a secret with at least 32 characters");
        let output = command.output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        let reasons = ["which is not public", "not taken: no connection"];
        let is_as_expected =
            output.status.success() || reasons.iter().any(|reason| said.contains(reason));
        assert!(is_as_expected, "{arguments:?}: {said}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.run(&[arguments, &["--output", "json"]].concat())).unwrap()
    }

    /// The actions that commands need.
    fn actions_of(&self, commands: &[&[&str]]) -> BTreeSet<String> {
        self.wire.take_actions();
        for arguments in commands {
            self.run(arguments);
        }
        let mut actions = self.wire.take_actions();
        actions.remove(FOR_ALL);
        actions
    }
}

/// The DynamoDB actions of each row of the table in the documents, by the row's first command.
fn documented() -> BTreeMap<String, BTreeSet<String>> {
    let document = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/operations.md");
    let document = fs::read_to_string(document).unwrap();
    let rows = document.lines().skip_while(|line| *line != "| command | actions |").skip(2);
    let rows =
        rows.map_while(|line| line.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | "));
    let words = |text: &str| {
        let quoted = text.split('`').skip(1).step_by(2);
        quoted.map(str::to_owned).collect::<Vec<_>>()
    };
    let rows = rows.filter(|(commands, _)| *commands != "all").map(|(commands, actions)| {
        let actions = words(actions.split(';').next().unwrap());
        (words(commands).remove(0), actions.into_iter().collect())
    });
    rows.collect()
}

/// The text of a member of an object.
fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_else(|| panic!("no {member}: {value}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn each_command_needs_the_actions_that_the_documents_list() {
    let table = Recorded::start().await;
    let mut held = Vec::new();
    for n in 1..=3 {
        assert_eq!(deliver(&table.serve, TOKEN, ana(n)).await.0, 201);
        let invalid = json!({ "name": "Ana", "type": "web", "email": format!("{n}") });
        assert_eq!(deliver(&table.serve, TOKEN, invalid).await.0, 422);
    }
    for row in table.json(&["held", "list"]).as_array().unwrap() {
        held.push(text(row, "id").to_owned());
    }
    let leads = table.json(&["leads", "list"]);
    let lead = text(&leads[0], "id");
    let key = table.json(&["keys", "create", "integrabot", "-a", "demo"]);
    let key = text(&key, "id");
    // A pass has its lease and may have posted any lead, so an erasure has to tell it. Its name
    // resolves to this machine, so nothing is posted there.
    let (stored, sources) = (LeadTable::new(table.serve.client(), "leadhook"), Sources::system());
    let account = Account { provider: Provider::Integrabot, id: AccountId::from_static("demo") };
    let (id, url) = (DestinationId::draw(&sources), "https://localhost:9/".to_owned());
    let now = sources.now();
    let new = Destination::new(&account, id, url, LeadId::FIRST, now);
    let lease_until = Some(now + SignedDuration::from_hours(1));
    let stuck = Stuck { lead: lead.parse().unwrap(), failures: 3, probed: None };
    let (lease, stuck) = (Some("pass".to_owned()), Some(stuck));
    let leased = Destination { lease, lease_until, stuck, ..new };
    stored.add_destination(&leased).await.unwrap();
    let destination = leased.id.as_str();
    let event = SetAsideEvent::Created;
    let refused = SetAside::due(lead.parse().unwrap(), leased.id.clone(), event, now);
    stored.set_aside(&leased.account(), &refused).await.unwrap();
    let add = ["destinations", "add", "integrabot", "-a", "demo", "--url", "https://1.1.1.1/"];
    table.desk.write("chatbots.csv", "kind,id\nchatbot,cb_1\n");

    let url = "http://127.0.0.1:9/";
    let cases: [(&str, &[&[&str]]); 15] = [
        (
            "keys list",
            &[
                &["keys", "list"],
                &["leads", "list"],
                &["leads", "show", lead],
                &["leads", "export"],
                &["leads", "stats"],
                &["held", "list"],
                &["held", "show", &held[0]],
                &["destinations", "list"],
                &["destinations", "show", destination],
                &["destinations", "set-aside", destination],
            ],
        ),
        ("forward", &[&["forward", "--to", url, "--since", "1s"]]),
        (
            "keys create",
            &[
                &["keys", "create", "rdstation", "-a", "new"],
                &["keys", "rotate", key],
                &["keys", "revoke", key],
            ],
        ),
        ("destinations test", &[&["destinations", "test", destination]]),
        ("destinations rotate", &[&["destinations", "rotate", destination]]),
        (
            "destinations pause",
            &[&["destinations", "pause", destination], &["destinations", "resume", destination]],
        ),
        ("destinations skip", &[&["destinations", "skip", destination]]),
        (
            "destinations set-aside --retry",
            &[&["destinations", "set-aside", destination, "--retry"]],
        ),
        ("leads erase", &[&["leads", "erase", "--email", "ana1@exemplo.com", "--block", "--yes"]]),
        ("leads unblock", &[&["leads", "unblock", "--email", "ana1@exemplo.com"]]),
        (
            "held redeliver",
            &[
                &["held", "redeliver", &held[0], "--set", "email=bia@exemplo.com"],
                &["held", "discard", &held[1]],
            ],
        ),
        ("destinations add", &[&add]),
        ("destinations remove", &[&["destinations", "remove", destination, "--yes"]]),
        (
            "directory",
            &[
                &["directory", "import", "chatbots.csv", "--provider", "pollybot", "-a", "demo"],
                &["directory", "list", "-p", "pollybot", "-a", "demo"],
                &["directory", "remove", "-p", "pollybot", "-a", "demo", "chatbot", "cb_1"],
            ],
        ),
        ("doctor", &[&["doctor"]]),
    ];
    let documented = documented();
    let tried: BTreeSet<_> = cases.iter().map(|(row, _)| *row).collect();
    assert_eq!(documented.keys().map(String::as_str).collect::<BTreeSet<_>>(), tried);
    for (row, commands) in cases {
        assert_eq!(table.actions_of(commands), documented[row], "{row}");
    }
    table.serve.stop();
}
