//! The IAM actions that each command needs, as `docs/operations.md` lists them.

use super::{Cli, ana, deliver};
use crate::server::{Serve, TOKEN};
use jiff::SignedDuration;
use serde_json::{Value, json};
use shared::{
    model::{
        Account, AccountId, ClockAndRandom, Destination, DestinationId, LeadId, Provider, SetAside,
        SetAsideEvent, Stuck,
    },
    table::LeadTable,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};
use tests::FaultyConnection;

/// Every command may read the shape of the table.
const FOR_ALL: &str = "DescribeTable";

/// A table, and the requests that commands send to it.
struct Recorded {
    cli: Cli,
    serve: Serve,
    connection: FaultyConnection,
}

impl Recorded {
    async fn start() -> Self {
        let cli = Cli::local();
        let serve = cli.serve();
        let connection = FaultyConnection::to(&serve.table).await;
        Self { cli, serve, connection }
    }

    /// Runs a command as it runs on a table in AWS, and returns what it printed. It may fail if it
    /// posts: it may not reach an address of this machine, or nobody listens there.
    fn run(&self, arguments: &[&str]) -> String {
        let access_key = &self.serve.access_key;
        let mut command = self.cli.command_at(&self.connection.endpoint, access_key, arguments);
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

    /// The actions that commands need. A semicolon is between two commands.
    fn actions_of(&self, commands: &str) -> BTreeSet<String> {
        self.connection.take_actions();
        for command in commands.split("; ") {
            self.run(&command.split(' ').collect::<Vec<_>>());
        }
        let mut actions = self.connection.take_actions();
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

/// What the commands name.
struct Stored {
    held: [String; 2],
    repeat: String,
    lead: String,
    key: String,
    destination: String,
}

impl Stored {
    async fn new(table: &Recorded) -> Self {
        for n in 1..=3 {
            assert_eq!(deliver(&table.serve, TOKEN, ana(n)).await.0, 201);
            let invalid = json!({ "name": "Ana", "type": "web", "email": format!("{n}") });
            assert_eq!(deliver(&table.serve, TOKEN, invalid).await.0, 422);
        }
        let mut again = ana(3);
        again["name"] = "Bia".into();
        assert_eq!(deliver(&table.serve, TOKEN, again).await.0, 200);
        table.cli.write("chatbots.csv", "kind,id\nchatbot,cb_1\n");
        let listed = table.json(&["held", "list"]);
        let ids: Vec<_> = listed.as_array().unwrap().iter().map(|one| text(one, "id")).collect();
        let [invalid, repeats] = ["invalid-", "repeat-"].map(|reason| {
            let of_reason = ids.iter().filter(move |id| id.starts_with(reason));
            of_reason.map(ToString::to_string).collect::<Vec<_>>()
        });
        let (held, repeat) = ([0, 1].map(|n| invalid[n].clone()), repeats[0].clone());
        let lead = text(&table.json(&["leads", "list"])[0], "id").to_owned();
        let key = table.json(&["keys", "create", "integrabot", "-a", "demo"]);
        let destination = add_destination(&table.serve, lead.parse().unwrap()).await;
        // Nothing was posted to this one.
        table.run(&[
            "destinations",
            "add",
            "integrabot",
            "-a",
            "demo",
            "--url",
            "https://1.1.1.1/",
        ]);
        Self { held, repeat, lead, key: text(&key, "id").to_owned(), destination }
    }
}

/// Adds a destination with a lead that is set aside, and at which it fails. A pass has its lease
/// and may have posted any lead, so an erasure sends a message. Its name resolves to this machine,
/// so nothing is posted there.
async fn add_destination(serve: &Serve, lead: LeadId) -> String {
    let (table, system) = (LeadTable::new(serve.client(), "leadhook"), ClockAndRandom::system());
    let account = Account { provider: Provider::Integrabot, id: AccountId::from_static("demo") };
    let (id, url) = (DestinationId::random(&system), "https://localhost:9/".to_owned());
    let now = system.now();
    let new = Destination::new(&account, id, url, LeadId::FIRST, now);
    let lease_until = Some(now + SignedDuration::from_hours(1));
    let stuck = Some(Stuck { lead, failures: 3, probed: None });
    let leased = Destination { lease: Some("pass".to_owned()), lease_until, stuck, ..new };
    table.add_destination(&leased).await.unwrap();
    let refused = SetAside::due(lead, leased.id.clone(), SetAsideEvent::Created, now);
    table.set_aside(&account, &refused).await.unwrap();
    leased.id.to_string()
}

/// The rows of the table in the documents, by their first commands, and the commands to try for
/// each.
fn rows(stored: &Stored, base: &str) -> [(&'static str, String); 16] {
    let Stored { held: [held, other], repeat, lead, key, destination } = stored;
    [
        (
            "keys list",
            format!(
                "keys list; leads list; leads show {lead}; leads export; leads stats; \
                 leads watch; held list; \
                 held show {held}; destinations list; destinations show {destination}; \
                 destinations set-aside {destination}; \
                 destinations preview integrabot -a demo --url https://1.1.1.1/"
            ),
        ),
        ("forward", "forward --to http://127.0.0.1:9/ --since 1s".to_owned()),
        (
            "keys create",
            format!(
                "keys create rdstation -a new; keys update {key} --lenient; keys rotate {key}; \
                 keys revoke {key}"
            ),
        ),
        ("destinations test", format!("destinations test {destination}")),
        ("destinations rotate", format!(
                "destinations rotate {destination}; destinations update {destination} --header x-a:b"
            )),
        (
            "destinations pause",
            format!("destinations pause {destination}; destinations resume {destination}"),
        ),
        ("destinations skip", format!("destinations skip {destination}")),
        (
            "destinations set-aside --retry",
            format!("destinations set-aside {destination} --retry"),
        ),
        ("leads erase", "leads erase --email ana1@exemplo.com --block --yes".to_owned()),
        ("leads unblock", "leads unblock --email ana1@exemplo.com".to_owned()),
        (
            "held redeliver",
            format!(
                "held redeliver {held} --set email=bia@exemplo.com; \
                 held redeliver {repeat} --update; held discard {other}"
            ),
        ),
        (
            "destinations add",
            "destinations add integrabot -a demo --url https://1.1.1.1/".to_owned(),
        ),
        ("destinations remove", format!("destinations remove {destination} --yes")),
        (
            "directory",
            "directory import chatbots.csv -p pollybot -a demo; directory list -p pollybot -a demo; \
             directory remove -p pollybot -a demo chatbot cb_1"
                .to_owned(),
        ),
        ("doctor", "doctor".to_owned()),
        ("doctor --api", format!("doctor --api {base}")),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn each_command_needs_the_actions_that_the_documents_list() {
    let table = Recorded::start().await;
    let rows = rows(&Stored::new(&table).await, &table.serve.base);
    let documented = documented();
    let tried: BTreeSet<_> = rows.iter().map(|(row, _)| *row).collect();
    assert_eq!(documented.keys().map(String::as_str).collect::<BTreeSet<_>>(), tried);
    for (row, commands) in rows {
        assert_eq!(table.actions_of(&commands), documented[row], "{row}");
    }
    table.serve.stop();
}
