//! The operator's commands, on the local table; where `TEST_DYNAMODB_ENDPOINT` names a
//! DynamoDB, on that one.

use crate::server::Serve;
use assert_cmd::Command;
use parquet::{
    file::reader::{FileReader, SerializedFileReader},
    record::{Field, Row},
};
use serde_json::{Value, json};
use shared::{
    LeadTable,
    dynamodb::{Patience, connect_local},
};
use std::{env, fs, io::Read, process::Stdio};
use tempfile::TempDir;

const VARIABLES: [&str; 7] = [
    "AWS_ENDPOINT_URL_DYNAMODB",
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "TABLE_NAME",
    "LEADHOOK_URL",
    "RUST_LOG",
];

/// Where an operator sits: a folder, and a table.
struct Desk {
    folder: TempDir,
    /// A table elsewhere: its address and name.
    elsewhere: Option<(String, String)>,
}

impl Desk {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let Ok(endpoint) = env::var("TEST_DYNAMODB_ENDPOINT") else {
            return Self { folder, elsewhere: None };
        };
        let name = format!("desk-{:032x}", rand::random::<u128>());
        LeadTable::new(connect_local(&endpoint, Patience::LOCAL), &name).create().await.unwrap();
        Self { folder, elsewhere: Some((endpoint, name)) }
    }

    /// Only where the table is a local one.
    fn local() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), elsewhere: None }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_leadhook"));
        for variable in VARIABLES {
            command.env_remove(variable);
        }
        // No machine's own profile is asked.
        command.env("AWS_CONFIG_FILE", "none").env("AWS_SHARED_CREDENTIALS_FILE", "none");
        if let Some((endpoint, name)) = &self.elsewhere {
            command.env("AWS_ENDPOINT_URL_DYNAMODB", endpoint).env("TABLE_NAME", name);
            command.env("AWS_ACCESS_KEY_ID", "local").env("AWS_SECRET_ACCESS_KEY", "local");
        }
        command.current_dir(self.folder.path()).args(arguments);
        command
    }

    /// Does what works, and gives what it printed.
    fn run(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).assert().success().get_output().stdout.clone();
        String::from_utf8(output).unwrap()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let arguments = [arguments, &["--output", "json"]].concat();
        serde_json::from_str(&self.run(&arguments)).unwrap()
    }

    /// Does what fails, and gives the exit code and the line that says why.
    fn fail(&self, arguments: &[&str]) -> (i32, String) {
        failure(&mut self.command(arguments))
    }

    fn serve(&self) -> Serve {
        let mut command = Serve::command(&[]);
        command.current_dir(self.folder.path());
        if let Some((endpoint, name)) = &self.elsewhere {
            command.env("AWS_ENDPOINT_URL_DYNAMODB", endpoint).env("TABLE_NAME", name);
            command.env("AWS_ACCESS_KEY_ID", "local").env("AWS_SECRET_ACCESS_KEY", "local");
        }
        Serve::start(&mut command)
    }

    fn create_key(&self, arguments: &[&str]) -> Value {
        self.json(&[&["keys", "create"], arguments].concat())
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join(name), text).unwrap();
    }

    fn count(&self, arguments: &[&str]) -> usize {
        self.json(arguments).as_array().unwrap().len()
    }
}

fn failure(command: &mut Command) -> (i32, String) {
    let output = command.assert().failure().get_output().clone();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!said.contains("panicked"), "{said}");
    (output.status.code().unwrap(), said)
}

/// A lead of Integrabot's.
async fn deliver(serve: &Serve, token: &str, body: Value) -> (u16, Value) {
    let request = reqwest::Client::new().post(serve.lead_url()).bearer_auth(token).json(&body);
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

fn ana(n: usize) -> Value {
    json!({
        "name": format!("Ana {n}"), "type": "web", "phone_number": format!("55119888877{n:02}"),
        "email": format!("ana{n}@exemplo.com"), "custom_fields": { "n": n.to_string() },
    })
}

#[tokio::test]
async fn a_key_is_made_used_listed_rotated_and_revoked() {
    let desk = Desk::new().await;
    let made = desk.create_key(&["integrabot", "--account", "acme", "--label", "form"]);
    let token = made["token"].as_str().unwrap();
    assert!(token.starts_with("sk_") && token.len() == 51, "{token}");
    let serve = desk.serve();
    assert_eq!(deliver(&serve, token, ana(1)).await.0, 201);
    let listed = &desk.json(&["keys", "list", "--account", "acme"])[0];
    assert_eq!((&listed["label"], &listed["state"]), (&json!("form"), &json!("live")));
    let today = jiff::Timestamp::now().to_string()[..10].to_owned();
    assert_eq!(listed["last_used"], today.as_str());
    assert!(!listed.to_string().contains(token), "a token is shown once");
    let id = listed["id"].as_str().unwrap();
    let rotated = desk.json(&["keys", "rotate", id, "--keep", "2h"]);
    let new_token = rotated["token"].as_str().unwrap();
    assert_eq!(deliver(&serve, token, ana(2)).await.0, 201, "the old one, for a while");
    assert_eq!(deliver(&serve, new_token, ana(3)).await.0, 201);
    desk.run(&["keys", "revoke", rotated["id"].as_str().unwrap()]);
    let states = desk.json(&["keys", "list", "--account", "acme"]);
    let states: Vec<_> = states.as_array().unwrap().iter().map(|key| &key["state"]).collect();
    assert!(states.contains(&&json!("live")) && states.contains(&&json!("revoked")), "{states:?}");
    let (code, said) = desk.fail(&["keys", "rotate", rotated["id"].as_str().unwrap()]);
    assert!(code == 2 && said.contains("dead already"), "{said}");
    serve.stop();
}

#[tokio::test]
async fn tokens_have_their_providers_form_and_only_their_hashes_are_stored() {
    let desk = Desk::new().await;
    let cases: [(&[&str], &str, usize); 5] = [
        (&["integrabot", "--account", "a"], "sk_", 51),
        (&["rdstation", "--account", "a"], "", 48),
        (&["pollybot", "--account", "a"], "sk-workspace_", 64),
        (&["keyspot", "--account", "a", "--network", "203.0.113.0/24"], "", 48),
        (&["flextell", "--tenant", "1", "--tenant", "2"], "", 48),
    ];
    let serve = desk.serve();
    for (arguments, prefix, length) in cases {
        let made = desk.create_key(arguments);
        let token = made["token"].as_str().unwrap();
        assert!(token.starts_with(prefix) && token.len() == length, "{token}");
        assert_eq!(made["secret"].is_string(), arguments[0] == "keyspot", "{made}");
        for item in items(&desk, &serve).await {
            assert!(!item.contains(token), "{item}");
        }
    }
    assert_eq!(desk.json(&["keys", "list", "--account", "2"])[0]["tenants"], "1,2");
    serve.stop();
}

/// Every item of the table, as text.
async fn items(desk: &Desk, serve: &Serve) -> Vec<String> {
    let (endpoint, name) = match &desk.elsewhere {
        Some((endpoint, name)) => (endpoint.as_str(), name.as_str()),
        None => (serve.table.as_str(), "leadhook"),
    };
    let client = connect_local(endpoint, Patience::LOCAL);
    let items = client.scan().table_name(name).into_paginator().items().send();
    let items = items.collect::<Result<Vec<_>, _>>().await.unwrap();
    items.iter().map(|item| format!("{item:?}").to_lowercase()).collect()
}

#[tokio::test]
async fn leads_are_listed_newest_first_page_by_page_and_shown_by_any_form_of_their_id() {
    let desk = Desk::new().await;
    let token = desk.create_key(&["integrabot", "--account", "acme"])["token"].clone();
    let serve = desk.serve();
    let mut ids = Vec::new();
    for n in 0..5 {
        let (_, lead) = deliver(&serve, token.as_str().unwrap(), ana(n)).await;
        ids.insert(0, lead["id"].to_string());
    }
    let of_acme = ["--provider", "integrabot", "--account", "acme"];
    let list = |more: &[&str]| -> Vec<String> {
        let leads = desk.json(&[&["leads", "list"], &of_acme[..], more].concat());
        leads.as_array().unwrap().iter().map(|lead| lead["id"].as_str().unwrap().into()).collect()
    };
    assert_eq!(list(&[]), ids);
    assert_eq!(list(&["--limit", "2"]), ids[..2]);
    assert_eq!(list(&["--limit", "2", "--before", &ids[1]]), ids[2..4]);
    let today = jiff::Timestamp::now().to_string()[..10].to_owned();
    assert_eq!(list(&["--day", &today]), ids);
    assert!(list(&["--day", "2025-01-01"]).is_empty());
    assert!(list(&["--until", "2025-01-01"]).is_empty());
    let shown = desk.json(&["leads", "show", &ids[0]]);
    assert_eq!(shown["email"], "ana4@exemplo.com");
    assert_eq!(shown["details"]["custom_fields"], json!({ "n": "4" }));
    let stats = desk.json(&["leads", "stats", "--account", "acme"]);
    assert_eq!(stats, json!([{ "day": today, "source": "web", "leads": 5 }]));
    assert!(desk.run(&["leads", "stats", "--account", "acme"]).contains("web: 5"));
    let polly = desk.create_key(&["pollybot", "--account", "ws"])["token"].clone();
    let sent = ["send", "pollybot", "--to", &serve.base, "--key", polly.as_str().unwrap()];
    let body = r#"{"name": "Eva", "email": "eva@exemplo.com", "metadata": {"b": 1.50, "a": []}}"#;
    desk.run(&["directory", "put", "chatbot", "cb_1", "-p", "pollybot", "-a", "ws"]);
    let said = desk.run(&[&sent[..], &["--chatbot", "cb_1", "--data", body]].concat());
    assert!(said.contains("201 Created") && !said.contains(polly.as_str().unwrap()), "{said}");
    let id = said.split("\"id\":\"").nth(1).unwrap().split('"').next().unwrap();
    assert!(desk.run(&["leads", "show", id]).contains(r#""metadata":{"b": 1.50, "a": []}"#));
    serve.stop();
}

#[tokio::test]
async fn an_export_holds_every_lead_in_all_three_formats() {
    let desk = Desk::new().await;
    let token = desk.create_key(&["integrabot", "--account", "acme"])["token"].clone();
    let serve = desk.serve();
    for n in 0..3 {
        deliver(&serve, token.as_str().unwrap(), ana(n)).await;
    }
    serve.stop();
    let of_acme = ["leads", "export", "--account", "acme"];
    let csv = desk.run(&of_acme);
    let mut rows = csv::Reader::from_reader(csv.as_bytes());
    let emails: Vec<_> = rows.records().map(|row| row.unwrap()[5].to_owned()).collect();
    assert_eq!(emails, ["ana0@exemplo.com", "ana1@exemplo.com", "ana2@exemplo.com"]);
    let lines = desk.run(&[&of_acme[..], &["--format", "jsonl"]].concat());
    let leads: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(leads.len(), 3);
    assert_eq!(leads[2]["details"]["custom_fields"], json!({ "n": "2" }));
    desk.run(&[&of_acme[..], &["--format", "parquet", "--file", "leads.parquet"]].concat());
    let file = fs::File::open(desk.folder.path().join("leads.parquet")).unwrap();
    let file = SerializedFileReader::new(file).unwrap();
    let rows: Vec<_> = file.get_row_iter(None).unwrap().map(|row| row.unwrap()).collect();
    let text = |field: &Field| match field {
        Field::Str(text) => json!(text),
        _ => Value::Null,
    };
    let named = |row: &Row| {
        let columns = row.get_column_iter().map(|(name, field)| (name.clone(), text(field)));
        columns.collect::<serde_json::Map<_, _>>()
    };
    let rows: Vec<_> = rows.iter().map(named).collect();
    assert_eq!(rows.len(), 3);
    for (row, lead) in rows.iter().zip(&leads) {
        for name in ["id", "provider", "account", "created_at", "name", "email", "phone"] {
            assert_eq!(row[name], lead[name], "{name}");
        }
    }
    let (code, said) = desk.fail(&[&of_acme[..], &["--file", "no/such/folder.csv"]].concat());
    assert!(code == 2 && said.contains("cannot be written"), "{said}");
}

#[tokio::test]
async fn an_erased_person_is_in_no_item_any_more_and_everybody_else_is_untouched() {
    let desk = Desk::new().await;
    let token = desk.create_key(&["integrabot", "--account", "acme"])["token"].clone();
    let other = desk.create_key(&["rdstation", "--account", "other"])["token"].clone();
    let serve = desk.serve();
    let token = token.as_str().unwrap();
    for n in 0..4 {
        deliver(&serve, token, ana(n)).await;
    }
    let mut again = ana(2);
    again["name"] = "Ana Again".into();
    assert_eq!(deliver(&serve, token, again).await.0, 200, "held as a repeat");
    let invalid = json!({ "note": "call me: ANA2@exemplo.com" });
    assert_eq!(deliver(&serve, token, invalid).await.0, 422, "held as invalid");
    let body = r#"{"email": "Ana2@Exemplo.com", "name": "Ana Other"}"#;
    let to_other = ["send", "rdstation", "--to", &serve.base, "--key", other.as_str().unwrap()];
    desk.run(&[&to_other[..], &["--data", body]].concat());
    let before = desk.run(&["leads", "export"]);
    let erase = ["leads", "erase", "--email", "ana2@exemplo.com", "--phone", "+55 11 98888-7702"];
    let (code, said) = desk.fail(&erase);
    assert!(code == 2 && said.contains("Ana Other") && said.contains("--yes"), "{said}");
    assert_eq!(desk.run(&["leads", "export"]), before, "nothing is deleted unasked");
    let receipt = desk.json(&[&erase[..], &["--yes"]].concat());
    let counts = |index: usize| {
        ["leads", "claims", "held"].map(|name| receipt[index][name].as_u64().unwrap())
    };
    assert_eq!((counts(0), counts(1)), ([1, 2, 2], [1, 1, 0]), "{receipt}");
    for personal in ["ana", "exemplo", "9888"] {
        assert!(!receipt.to_string().to_lowercase().contains(personal), "{receipt}");
    }
    for item in items(&desk, &serve).await {
        for personal in ["ana2@", "5511988887702", "ana 2", "ana again", "ana other"] {
            assert!(!item.contains(personal), "{item}");
        }
    }
    let after = desk.run(&["leads", "export"]);
    let others = before.lines().filter(|line| !line.to_lowercase().contains("ana2@"));
    assert_eq!(after.lines().collect::<Vec<_>>(), others.collect::<Vec<_>>());
    assert_eq!(desk.fail(&[&erase[..], &["--yes"]].concat()).0, 3, "it is gone");
    assert_eq!(deliver(&serve, token, ana(2)).await.0, 201, "not blocked: a new lead");
    serve.stop();
}

#[tokio::test]
async fn a_blocked_person_is_not_taken_again_until_unblocked() {
    let desk = Desk::new().await;
    let token = desk.create_key(&["integrabot", "--account", "acme"])["token"].clone();
    let token = token.as_str().unwrap();
    let block = ["leads", "erase", "--email", "ana1@exemplo.com", "--account", "acme"];
    desk.run(&[&block[..], &["--block", "--yes"]].concat());
    let serve = desk.serve();
    assert_eq!(deliver(&serve, token, ana(1)).await.0, 422);
    assert_eq!(deliver(&serve, token, ana(2)).await.0, 201);
    desk.run(&["leads", "unblock", "--email", "ana1@exemplo.com", "--account", "acme"]);
    assert_eq!(deliver(&serve, token, ana(1)).await.0, 201);
    serve.stop();
}

#[tokio::test]
async fn a_held_delivery_is_listed_shown_mended_replayed_and_discarded() {
    let desk = Desk::new().await;
    let token = desk.create_key(&["integrabot", "--account", "acme"])["token"].clone();
    let token = token.as_str().unwrap();
    let serve = desk.serve();
    let invalid = json!({ "name": "Ana", "email": "nowhere", "type": "web" });
    assert_eq!(deliver(&serve, token, invalid).await.0, 422);
    deliver(&serve, token, ana(1)).await;
    let mut again = ana(1);
    again["custom_fields"]["more"] = "words".into();
    deliver(&serve, token, again).await;
    let held = desk.json(&["held", "list", "--reason", "invalid"]);
    let id = held[0]["id"].as_str().unwrap();
    assert!(desk.run(&["held", "show", id]).contains("nowhere"));
    assert_eq!(desk.count(&["leads", "list", "--outcome", "invalid"]), 1);
    let repeat = desk.json(&["held", "list", "--reason", "repeat"]);
    let shown = desk.run(&["held", "show", repeat[0]["id"].as_str().unwrap()]);
    assert!(shown.contains("the lead") && shown.contains("words"), "{shown}");
    let (code, said) = desk.fail(&["held", "replay", id, "--set", "email=still nowhere"]);
    assert!(code == 1 && said.contains("held on"), "{said}");
    assert_eq!(desk.fail(&["held", "replay", id, "--set", "email"]).0, 2);
    let mut editor = desk.command(&["held", "replay", id, "--edit"]);
    editor.env_remove("VISUAL").env("EDITOR", "sed -i s/nowhere/ana9@exemplo.com/");
    editor.assert().success();
    assert_eq!(desk.count(&["held", "list", "--reason", "invalid"]), 0);
    assert_eq!(desk.json(&["leads", "list", "-n", "1"])[0]["email"], "ana9@exemplo.com");
    desk.run(&["held", "discard", repeat[0]["id"].as_str().unwrap()]);
    assert_eq!(desk.count(&["held", "list"]), 0);
    assert_eq!(desk.fail(&["held", "show", id]).0, 3);
    serve.stop();
}

#[tokio::test]
async fn a_directory_is_imported_whole_or_not_at_all_and_again_without_harm() {
    let desk = Desk::new().await;
    let of = ["--provider", "flextell", "--account", "1"];
    let import = |name| [&["directory", "import", name], &of[..]].concat();
    desk.create_key(&["flextell", "--tenant", "1"]);
    let cases = [
        (
            "a.csv",
            "kind,id,name\nuser,1,Ana\nuser,x,Eva\n",
            "a.csv, line 3: a user's id is a number",
        ),
        ("b.csv", "kind,id,name\nuser,1\n", "b.csv, line 2: it has 2 cells"),
        ("c.csv", "kind,id,name\nrobot,1,R\n", "c.csv, line 2: flextell has no `robot`"),
        ("d.csv", "kind,id,name,colour\nuser,1,A,red\n", "d.csv, line 2: a user has no `colour`"),
        (
            "e.csv",
            "kind,id,name\nuser,1,A\nuser,1,B\n",
            "e.csv, line 3: the user 1 stands in line 2",
        ),
        (
            "f.jsonl",
            "{\"kind\":\"user\",\"id\":1,\"name\":\"A\"}\n[]\n",
            "f.jsonl, line 2: it is no JSON",
        ),
        ("g.jsonl", "{\"kind\":\"user\",\"id\":1}\n", "g.jsonl, line 1: `name` is missing"),
        ("h.txt", "", ".csv or .jsonl"),
        ("i.csv", "kind,id,name\n", "has no entries"),
        ("missing.csv", "", "missing.csv cannot be read"),
    ];
    for (name, text, expected) in cases {
        if name != "missing.csv" {
            desk.write(name, text);
        }
        let (code, said) = desk.fail(&import(name));
        assert!(
            code == 2 && said.contains(expected) && said.lines().count() == 1,
            "{name}: {said}"
        );
    }
    assert_eq!(count_entries(&desk, &of), if desk.elsewhere.is_some() { 0 } else { 5 });
    let many: String = (10..90).map(|n| format!("user,{n},User {n},,,\n")).collect();
    let text = format!("kind,id,name,slug,color,default\nstatus,7,New,new,#fff,true\n{many}");
    desk.write("good.csv", &text);
    desk.run(&[&import("good.csv")[..], &["--check"]].concat());
    assert!(count_entries(&desk, &of) < 10, "--check writes nothing");
    desk.run(&import("good.csv"));
    let once = desk.json(&[&["directory", "list"], &of[..]].concat());
    desk.run(&import("good.csv"));
    assert_eq!(desk.json(&[&["directory", "list"], &of[..]].concat()), once);
    let status = desk.json(&[&["directory", "list", "status"], &of[..]].concat());
    let default = status.as_array().unwrap().iter().find(|entry| entry["id"] == "default").unwrap();
    assert_eq!(default["entry"]["id"], 7);
    desk.run(&[&["directory", "remove", "user", "10"], &of[..]].concat());
    assert_eq!(desk.fail(&[&["directory", "remove", "user", "10"], &of[..]].concat()).0, 3);
}

fn count_entries(desk: &Desk, of: &[&str]) -> usize {
    desk.count(&[&["directory", "list"], of].concat())
}

#[tokio::test]
async fn wrong_input_is_one_clear_line_and_a_code_that_tells_its_kind() {
    let desk = Desk::local();
    let cases: [(&[&str], i32, &str); 16] = [
        (&["keys", "create", "hubspot", "--account", "a"], 2, "one of integrabot, rdstation"),
        (&["keys", "create", "integrabot"], 2, "--account"),
        (&["keys", "create", "integrabot", "--account", "a#b"], 2, "no #"),
        (&["keys", "create", "integrabot", "--account", "a", "--tenant", "1"], 2, "only keys of"),
        (&["keys", "create", "integrabot", "--account", "a", "--expires", "soon"], 2, "90d"),
        (
            &["keys", "create", "integrabot", "--account", "a", "--expires", "2020-01-01"],
            2,
            "future",
        ),
        (&["keys", "create", "keyspot", "--account", "a", "--network", "here"], 2, "--network"),
        (&["keys", "create", "flextell", "--account", "a"], 2, "--tenant"),
        (&["keys", "revoke", "ffffffffffff"], 3, "leadhook keys list"),
        (&["leads", "list", "--account", "nobody"], 3, "leadhook keys create"),
        (&["leads", "list", "--day", "someday"], 2, "--day"),
        (&["leads", "show", "lead_xyz"], 2, "no lead's id"),
        (&["leads", "show", "1"], 3, "no lead 1"),
        (&["leads", "erase", "--email", "nobody"], 2, "has an @"),
        (&["send", "integrabot", "--to", "http://127.0.0.1:1"], 1, "leadhook serve"),
        (&["held", "show", "invalid-0"], 3, "leadhook held list"),
    ];
    for (arguments, code, expected) in cases {
        let (got, said) = desk.fail(arguments);
        assert!(got == code && said.contains(expected), "{arguments:?}: {got}: {said}");
        assert!(said.starts_with("error: "), "{arguments:?}: {said}");
    }
    assert_eq!(desk.count(&["keys", "list"]), 5, "the demo keys and no other");
}

#[tokio::test]
async fn a_table_that_cannot_be_used_is_said_with_what_to_do() {
    let desk = Desk::local();
    let other = Serve::start(&mut Serve::command(&["--memory"]));
    let client = connect_local(&other.table, Patience::LOCAL);
    let foreign = {
        use aws_sdk_dynamodb::types::{
            AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
        };
        let id = AttributeDefinition::builder().attribute_name("id");
        let key = KeySchemaElement::builder().attribute_name("id").key_type(KeyType::Hash);
        client
            .create_table()
            .table_name("foreign")
            .billing_mode(BillingMode::PayPerRequest)
            .attribute_definitions(id.attribute_type(ScalarAttributeType::S).build().unwrap())
            .key_schema(key.build().unwrap())
    };
    foreign.send().await.unwrap();
    let at = |endpoint: &str, arguments: &[&str]| {
        let mut command = desk.command(arguments);
        command.env("AWS_ENDPOINT_URL_DYNAMODB", endpoint);
        command.env("AWS_ACCESS_KEY_ID", "local").env("AWS_SECRET_ACCESS_KEY", "local");
        failure(&mut command)
    };
    for command in [&["leads", "list"][..], &["keys", "create", "rdstation", "-a", "a"]] {
        let cases = [
            (
                "no table",
                at(&other.table, &[command, &["--table", "nowhere"]].concat()),
                "no table nowhere",
            ),
            (
                "another shape",
                at(&other.table, &[command, &["--table", "foreign"]].concat()),
                "its keys are id",
            ),
            ("no DynamoDB", at("http://127.0.0.1:1", command), "no connection"),
        ];
        for (case, (code, said), expected) in cases {
            assert!(code == 4 && said.contains(expected), "{case}: {code}: {said}");
            assert_eq!(said.lines().count(), 1, "{case}: {said}");
        }
        let mut anonymous = desk.command(command);
        anonymous.args(["--region", "eu-west-1"]).env_remove("AWS_ACCESS_KEY_ID");
        anonymous.env_remove("AWS_SECRET_ACCESS_KEY").env("AWS_EC2_METADATA_DISABLED", "true");
        let (code, said) = failure(&mut anonymous);
        assert!(code == 4 && said.contains("aws configure"), "no credentials: {code}: {said}");
        let (code, said) = desk.fail(&[command, &["--table", "leadhook"]].concat());
        assert!(code == 4 && said.contains("--region"), "no region: {code}: {said}");
    }
    let (code, said) = at(&other.table, &["doctor", "--table", "foreign"]);
    assert!(code == 4 && said.contains("1 check failed"), "{said}");
    assert!(!desk.folder.path().join(".leadhook").exists(), "no table was made instead");
    other.stop();
}

/// A DynamoDB that allows nothing. Gives its address.
async fn forbidding_dynamodb() -> String {
    let denied = r#"{"__type":"com.amazon.coral.service#AccessDeniedException"}"#;
    let answer = move || async move {
        let headers = [("content-type", "application/x-amz-json-1.0")];
        (axum::http::StatusCode::BAD_REQUEST, headers, denied)
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let router = axum::Router::new().fallback(answer);
    tokio::spawn(leadhook::listen(listener, router, std::future::pending()));
    endpoint
}

#[tokio::test(flavor = "multi_thread")]
async fn what_credentials_may_not_do_is_said() {
    let (desk, endpoint) = (Desk::local(), forbidding_dynamodb().await);
    desk.write("users.csv", "kind,id,name\nuser,1,Ana\n");
    let commands: [&[&str]; 5] = [
        &["keys", "create", "rdstation", "--account", "a"],
        &["leads", "list"],
        &["leads", "erase", "--phone", "5511", "--yes", "-p", "rdstation", "-a", "a"],
        &["directory", "import", "users.csv", "-p", "flextell", "-a", "1"],
        &["doctor"],
    ];
    for arguments in commands {
        let mut command = desk.command(arguments);
        command.env("AWS_ENDPOINT_URL_DYNAMODB", &endpoint);
        command.env("AWS_ACCESS_KEY_ID", "local").env("AWS_SECRET_ACCESS_KEY", "local");
        let output = command.assert().code(4).get_output().clone();
        let said = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
        assert!(said.concat().contains("credentials may not"), "{arguments:?}: {said:?}");
        assert_eq!(said[1].lines().count(), 1, "{arguments:?}: {said:?}");
    }
}

#[tokio::test]
async fn the_local_table_is_reached_whether_or_not_it_is_served() {
    let desk = Desk::local();
    let made = desk.create_key(&["integrabot", "--account", "acme"]);
    let serve = desk.serve();
    let (status, lead) = deliver(&serve, made["token"].as_str().unwrap(), ana(1)).await;
    assert_eq!(status, 201);
    let id = lead["id"].to_string();
    assert_eq!(desk.json(&["leads", "show", &id])["name"], "Ana 1", "while it is served");
    serve.stop();
    assert_eq!(desk.json(&["leads", "show", &id])["name"], "Ana 1", "and after that");
}

#[tokio::test]
async fn the_doctor_finds_a_sound_table_sound() {
    let desk = Desk::new().await;
    let (code, _) = match desk.elsewhere {
        Some(_) => desk.fail(&["doctor"]),
        None => (4, String::new()),
    };
    assert_eq!(code, 4, "a table without keys refuses every delivery");
    desk.create_key(&["integrabot", "--account", "acme"]);
    let findings = desk.json(&["doctor"]);
    for finding in findings.as_array().unwrap() {
        assert_eq!(finding["state"], "good", "{finding}");
    }
    assert_eq!(findings.as_array().unwrap().len(), 6);
}

#[tokio::test]
async fn a_sample_of_each_provider_is_taken_by_a_local_server() {
    let desk = Desk::local();
    let serve = desk.serve();
    for provider in ["integrabot", "rdstation", "pollybot", "keyspot", "flextell"] {
        let with_prefix = format!("{}/{provider}/", serve.base);
        for to in [&serve.base, &with_prefix] {
            let mut command = desk.command(&["send", provider, "--to", to]);
            let output = command.output().unwrap();
            let said = String::from_utf8(output.stdout).unwrap();
            let known = provider == "pollybot" && *to == with_prefix;
            assert_eq!(output.status.success(), !known, "{provider}: {said}");
            assert!(!said.contains("demo-secret") && !said.contains("eyJ"), "{said}");
        }
    }
    serve.stop();
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let desk = Desk::local();
    for arguments in [&["completions", "bash"][..], &["keys", "list"], &["leads", "export"]] {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_leadhook"));
        command.args(arguments).current_dir(desk.folder.path()).env_remove("TABLE_NAME");
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().unwrap();
        drop(process.stdout.take());
        let mut said = String::new();
        process.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert!(process.wait().unwrap().success(), "{arguments:?}: {said}");
        assert!(!said.contains("error") && !said.contains("panicked"), "{arguments:?}: {said}");
    }
}
