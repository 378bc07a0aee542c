//! The commands for leads.

use super::{Cli, ana, deliver, failure, items};
use crate::server::TOKEN;
use jiff::{SignedDuration, Timestamp};
use local::{EmbeddedTable, Storage};
use serde_json::{Value, json};
use shared::{
    model::{
        Account, AccountId, Claims, ClockAndRandom, HeldDelivery, HeldReason, Lead, NewLead,
        Provider,
    },
    table::LeadTable,
};
use std::collections::BTreeMap;

/// A folder with five leads of Integrabot's account `acme`, and their ids, the newest first.
async fn cli_with_five_leads() -> (Cli, Vec<String>) {
    let cli = Cli::new().await;
    let token = cli.create_key(&["integrabot", "--account", "acme"])["token"].clone();
    let serve = cli.serve();
    let mut ids = Vec::new();
    for n in 0..5 {
        let (_, lead) = deliver(&serve, token.as_str().unwrap(), ana(n)).await;
        ids.insert(0, lead["id"].to_string());
    }
    serve.stop();
    (cli, ids)
}

/// The ids that `leads list` prints with these options.
fn listed(cli: &Cli, options: &[&str]) -> Vec<String> {
    let list = ["leads", "list", "--provider", "integrabot", "--account", "acme"];
    let leads = cli.json(&[&list, options].concat());
    leads.as_array().unwrap().iter().map(|lead| lead["id"].as_str().unwrap().into()).collect()
}

#[tokio::test]
async fn leads_are_listed_newest_first_in_pages() {
    let (cli, ids) = cli_with_five_leads().await;
    assert_eq!(listed(&cli, &[]), ids);
    assert_eq!(listed(&cli, &["--limit", "2"]), ids[..2]);
    assert_eq!(listed(&cli, &["--limit", "2", "--before", &ids[1]]), ids[2..4]);
}

#[tokio::test]
async fn leads_are_listed_by_day() {
    let (cli, ids) = cli_with_five_leads().await;
    let newest = cli.json(&["leads", "show", &ids[0]]);
    let day = &newest["created_at"].as_str().unwrap()[..10];
    // If midnight passed meanwhile, the older leads are of the day before.
    let of_day = listed(&cli, &["--day", day]);
    assert!(!of_day.is_empty() && ids.starts_with(&of_day), "{of_day:?}");
    assert!(listed(&cli, &["--day", "2025-01-01"]).is_empty());
    assert!(listed(&cli, &["--until", "2025-01-01"]).is_empty());
}

#[tokio::test]
async fn a_lead_is_shown_with_its_details() {
    let (cli, ids) = cli_with_five_leads().await;
    let shown = cli.json(&["leads", "show", &ids[0]]);
    assert_eq!(shown["email"], "ana4@exemplo.com");
    assert_eq!(shown["details"]["custom_fields"], json!({ "n": "4" }));
}

#[tokio::test]
async fn stats_count_the_leads_of_each_source() {
    let (cli, _) = cli_with_five_leads().await;
    let stats = cli.json(&["leads", "stats", "--account", "acme"]);
    let counted = stats.as_array().unwrap().iter().map(|row| row["leads"].as_u64().unwrap());
    assert_eq!(counted.sum::<u64>(), 5, "{stats}");
    assert!(stats.as_array().unwrap().iter().all(|row| row["source"] == "web"), "{stats}");
    assert!(cli.run(&["leads", "stats", "--account", "acme"]).contains("web: 5"));
}

#[tokio::test]
async fn a_lead_is_shown_by_the_id_in_its_providers_form() {
    let cli = Cli::new().await;
    let serve = cli.serve();
    let polly = cli.create_key(&["pollybot", "--account", "ws"])["token"].clone();
    let sent = ["send", "pollybot", "--to", &serve.base, "--key", polly.as_str().unwrap()];
    let body = r#"{"name": "Eva", "email": "eva@exemplo.com", "metadata": {"b": 1.50, "a": []}}"#;
    cli.run(&["directory", "put", "chatbot", "cb_1", "-p", "pollybot", "-a", "ws"]);
    let said = cli.run(&[&sent[..], &["--chatbot", "cb_1", "--data", body]].concat());
    assert!(said.contains("201 Created") && !said.contains(polly.as_str().unwrap()), "{said}");
    let id = said.split("\"id\":\"").nth(1).unwrap().split('"').next().unwrap();
    assert!(cli.run(&["leads", "show", id]).contains(r#""metadata":{"b": 1.50, "a": []}"#));
    serve.stop();
}

#[tokio::test]
async fn an_export_has_every_lead_in_every_format() {
    let cli = Cli::new().await;
    let token = cli.create_key(&["integrabot", "--account", "acme"])["token"].clone();
    let serve = cli.serve();
    for n in 0..3 {
        deliver(&serve, token.as_str().unwrap(), ana(n)).await;
    }
    serve.stop();
    let of_acme = ["leads", "export", "--account", "acme"];
    let csv = cli.run(&of_acme);
    let mut rows = csv::Reader::from_reader(csv.as_bytes());
    let emails: Vec<_> = rows.records().map(|row| row.unwrap()[6].to_owned()).collect();
    assert_eq!(emails, ["ana0@exemplo.com", "ana1@exemplo.com", "ana2@exemplo.com"]);
    let lines = cli.run(&[&of_acme[..], &["--format", "jsonl"]].concat());
    let leads: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(leads.len(), 3);
    assert_eq!(leads[2]["details"]["custom_fields"], json!({ "n": "2" }));
    let (code, said) = cli.fail(&[&of_acme[..], &["--file", "no/such/folder.csv"]].concat());
    assert!(code == 2 && said.contains("cannot be written"), "{said}");
}

/// A file of this process may not grow, as on a full disk.
#[tokio::test]
async fn an_export_fails_with_1_if_the_disk_is_full_and_with_2_if_no_file_can_be_made() {
    let cli = Cli::local();
    let serve = cli.serve();
    deliver(&serve, "sk_demo_integrabot", ana(1)).await;
    std::fs::create_dir(cli.folder.path().join("folder")).unwrap();
    for format in ["csv", "jsonl"] {
        let export = |limit: &str, file: &str| {
            let script = format!("trap '' XFSZ; {limit} exec \"$0\" leads export \"$@\"");
            let mut command = std::process::Command::new("sh");
            command.args(["-c", &script, env!("CARGO_BIN_EXE_leadhook")]);
            command.args(["--format", format, "--file", file]).current_dir(cli.folder.path());
            command.env_remove("AWS_ENDPOINT_URL_DYNAMODB").env_remove("TABLE_NAME");
            let output = command.output().unwrap();
            (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
        };
        let cases = [
            ("a full disk", "ulimit -f 0;", "full.out", 1),
            ("no folder", "", "no/such/folder.out", 2),
            ("a folder in its place", "", "folder", 2),
        ];
        for (case, limit, file, expected) in cases {
            let (code, said) = export(limit, file);
            assert_eq!(code, expected, "{case}: {format}: {said}");
            let why = format!("error: {file} cannot be written: ");
            assert!(said.contains(&why), "{case}: {format}: {said}");
        }
        assert_eq!(export("", "good.out").0, 0, "{format}");
    }
    let files = std::fs::read_dir(cli.folder.path()).unwrap();
    let mut names: Vec<_> = files.map(|file| file.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, [".leadhook", "folder", "good.out"], "nothing is left of a failed export");
    serve.stop();
}

#[cfg(not(feature = "parquet"))]
#[tokio::test]
async fn without_parquet_an_export_says_how_to_install_it() {
    let cli = Cli::empty();
    let (code, said) = cli.fail(&["leads", "export", "--format", "parquet", "--file", "x"]);
    assert!(code == 2 && said.contains("--features parquet"), "{said}");
}

#[cfg(feature = "parquet")]
#[tokio::test]
async fn a_parquet_file_has_the_same_leads_as_json_lines() {
    use parquet::{
        file::reader::{FileReader, SerializedFileReader},
        record::{Field, Row},
    };
    let cli = Cli::new().await;
    let token = cli.create_key(&["integrabot", "--account", "acme"])["token"].clone();
    let serve = cli.serve();
    for n in 0..3 {
        deliver(&serve, token.as_str().unwrap(), ana(n)).await;
    }
    serve.stop();
    let of_acme = ["leads", "export", "--account", "acme"];
    let lines = cli.run(&[&of_acme[..], &["--format", "jsonl"]].concat());
    let leads: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    cli.run(&[&of_acme[..], &["--format", "parquet", "--file", "leads.parquet"]].concat());
    let file = std::fs::File::open(cli.folder.path().join("leads.parquet")).unwrap();
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
}

/// What a command prints on a terminal of 80 columns.
fn on_a_terminal(cli: &Cli, arguments: &str) -> String {
    let leadhook = env!("CARGO_BIN_EXE_leadhook");
    let mut script = std::process::Command::new("script");
    script.args([
        "-q",
        "-e",
        "-c",
        &format!("stty rows 24 cols 80; {leadhook} {arguments}"),
        "/dev/null",
    ]);
    script.current_dir(cli.folder.path()).env_remove("TABLE_NAME").env_remove("COLUMNS");
    script.env_remove("AWS_ENDPOINT_URL_DYNAMODB");
    let output = script.stdin(std::process::Stdio::null()).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// Characters that control a terminal, hide text or change the order in which it is read.
const CONTROL: &str = "\u{1b}[2J\u{1b}]0;x\u{7}\u{7f}\u{9b}31m\u{202e}\u{2066}\u{2028}\u{200b}";

#[tokio::test]
async fn control_characters_are_escaped_on_a_terminal_and_unchanged_in_a_pipe() {
    let cli = Cli::local();
    let serve = cli.serve();
    let name = format!("Ana{CONTROL}Silva");
    let lead = json!({ "name": name, "type": "web", "custom_fields": { "note": CONTROL } });
    let (status, lead) = deliver(&serve, "sk_demo_integrabot", lead).await;
    assert_eq!(status, 201);
    let (status, _) = deliver(&serve, "sk_demo_integrabot", json!({ "name": name })).await;
    assert_eq!(status, 422, "held");
    deliver(&serve, "sk_demo_integrabot", json!({ "name": "Eva", "type": "web" })).await;
    serve.stop();
    let id = &lead["id"].to_string();
    let held = cli.json(&["held", "list"])[0]["id"].as_str().unwrap().to_owned();
    let exports = ["leads export", "leads export --format jsonl"].map(str::to_owned);
    let lists = ["table", "json", "csv"].map(|format| format!("leads list -o {format}"));
    let shows = ["table", "json", "csv"].map(|format| format!("leads show {id} -o {format}"));
    let others = ["leads stats".to_owned(), format!("held show {held}")];
    for command in [&exports[..], &lists, &shows, &others].concat() {
        let shown = on_a_terminal(&cli, &format!("{command} 2>/dev/null"));
        // leadhook itself prints bold letters, and `script` ends lines with `\r\n`.
        let shown = shown.replace("\u{1b}[1m", "").replace("\u{1b}[0m", "").replace('\r', "");
        for c in CONTROL.chars().filter(|c| !c.is_ascii_graphic()) {
            assert!(!shown.contains(c), "{command}: {c:?} in {shown:?}");
        }
        assert!(shown.contains("Eva") || !command.contains("list"), "{command}: {shown}");
    }
    let csv = cli.run(&["leads", "list", "-o", "csv"]);
    let rows: Vec<_> = csv::Reader::from_reader(csv.as_bytes()).into_records().collect();
    assert_eq!(rows.len(), 2, "no lead vanishes behind an escape sequence");
    assert!(csv.contains(&name));
    for command in [&["leads", "export"][..], &["leads", "show", id, "-o", "csv"]] {
        assert!(cli.run(command).contains(&name), "{command:?}");
    }
    assert_eq!(cli.json(&["leads", "show", id])["name"], name);
}

#[tokio::test]
async fn lists_fit_eighty_columns_without_wrapped_rows() {
    let cli = Cli::local();
    let serve = cli.serve();
    for n in 0..3 {
        deliver(&serve, "sk_demo_integrabot", ana(n)).await;
    }
    serve.stop();
    for command in ["leads list", "keys list", "held list", "doctor", "leads list --help"] {
        let shown = on_a_terminal(&cli, command);
        for line in shown.lines() {
            let line = line.replace("\u{1b}[1m", "").replace("\u{1b}[0m", "");
            assert!(line.trim_end().chars().count() <= 80, "{command}: {line}");
        }
    }
    let list = on_a_terminal(&cli, "leads list");
    assert!(list.contains("ana2@exemplo.com"), "{list}");
    assert!(list.contains("too narrow for"), "{list}");
}

#[tokio::test]
async fn a_spreadsheet_safe_export_has_no_formulas() {
    let cli = Cli::local();
    let serve = cli.serve();
    for name in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "Ana"] {
        deliver(&serve, "sk_demo_integrabot", json!({ "name": name, "type": "web" })).await;
    }
    serve.stop();
    let names = |arguments: &[&str]| -> Vec<String> {
        let csv = cli.run(arguments);
        let rows = csv::Reader::from_reader(csv.as_bytes()).into_records();
        rows.map(|row| row.unwrap()[5].to_owned()).collect()
    };
    let safe = names(&["leads", "export", "--spreadsheet-safe"]);
    assert_eq!(safe, ["'=1+1", "'+1", "'-1", "'@SUM(A1)", "'\t=1", "' =1", "Ana"]);
    let plain = names(&["leads", "export"]);
    assert_eq!(plain, ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "Ana"]);
}

#[tokio::test]
async fn an_erasure_removes_the_person_from_every_item_and_nobody_else() {
    let cli = Cli::new().await;
    let token = cli.create_key(&["integrabot", "--account", "acme"])["token"].clone();
    let other = cli.create_key(&["rdstation", "--account", "other"])["token"].clone();
    let serve = cli.serve();
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
    cli.run(&[&to_other[..], &["--data", body]].concat());
    let before = cli.run(&["leads", "export"]);
    let erase = ["leads", "erase", "--email", "ana2@exemplo.com", "--phone", "+55 11 98888-7702"];
    let (code, said) = cli.fail(&erase);
    assert!(code == 2 && said.contains("Ana Other") && said.contains("--yes"), "{said}");
    assert_eq!(cli.run(&["leads", "export"]), before, "nothing is deleted without --yes");
    let receipt = cli.json(&[&erase[..], &["--yes"]].concat());
    let counts = |index: usize| {
        ["leads", "claims", "held"].map(|name| receipt[index][name].as_u64().unwrap())
    };
    assert_eq!((counts(0), counts(1)), ([1, 2, 2], [1, 1, 0]), "{receipt}");
    for personal in ["ana", "exemplo", "9888"] {
        assert!(!receipt.to_string().to_lowercase().contains(personal), "{receipt}");
    }
    for item in items(&cli, &serve).await {
        for personal in ["ana2@", "5511988887702", "ana 2", "ana again", "ana other"] {
            assert!(!item.contains(personal), "{item}");
        }
    }
    let after = cli.run(&["leads", "export"]);
    let others = before.lines().filter(|line| !line.to_lowercase().contains("ana2@"));
    assert_eq!(after.lines().collect::<Vec<_>>(), others.collect::<Vec<_>>());
    assert_eq!(cli.fail(&[&erase[..], &["--yes"]].concat()).0, 3, "it is gone");
    assert_eq!(deliver(&serve, token, ana(2)).await.0, 201, "not blocked: a new lead");
    serve.stop();
}

/// Bodies for RD Station, where every field is free text, and the place where each names Maria.
/// The bodies without a place name only other people.
const DELIVERED: [(&str, &str); 14] = [
    (r#"{"name": "one", "email": "\"Maria\" <m@x.com>"}"#, "email"),
    (r#"{"name": "two", "email": "eva@y.org; M@X.com"}"#, "email"),
    (r#"{"name": "three m@x.com"}"#, "name"),
    (r#"{"name": "four", "custom": {"friends": [{"mail": "m\u0040x.com"}]}}"#, "friends.mail"),
    (r#"{"name": "five", "site": "https://y.org/?mail=m%40x.com"}"#, "details.site"),
    (r#"{"name": "six", "phone": "5511777776666 / +55 (11) 99999-8888"}"#, "phone"),
    (r#"{"name": "seven", "phone": "55 11 99999‑8888 ramal 12"}"#, "phone"),
    (r#"{"name": "eight", "utm": {"term": 5511999998888}}"#, "details.utm.term"),
    (r#"{"email": "m@x.com", "email": 5}"#, "email"),
    (r#"{"email": 5, "note": "m\u0040x.com", "cut": "of"#, "note"),
    (r#"{"name": "stranger", "email": "am@x.com", "phone": "15511999998888"}"#, ""),
    (r#"{"name": "stranger", "email": "m@x.com.br", "phone": "99999-8888"}"#, ""),
    (r#"{"name": "stranger", "email": "a+m@x.com", "phone": "+1 55 11 99999-8888"}"#, ""),
    (r#"{"email": 5, "note": "m@x.com.br 55119999988880"}"#, ""),
];

#[tokio::test]
async fn an_erasure_finds_a_person_in_every_field_and_names_the_field() {
    let cli = Cli::new().await;
    let token = cli.create_key(&["rdstation", "--account", "rd"])["token"].clone();
    let serve = cli.serve();
    let send = async |body: Vec<u8>| {
        let url = format!("{}/rdstation/rest/leads", serve.base);
        let request = reqwest::Client::new().post(url).bearer_auth(token.as_str().unwrap());
        request.body(body).send().await.unwrap().status().as_u16()
    };
    for (body, _) in DELIVERED {
        let expected = if body.contains("\"name\"") { 200 } else { 400 };
        assert_eq!(send(body.into()).await, expected, "{body}");
    }
    let utf16 = "{\"email\": \"m@x.com\"}".encode_utf16().flat_map(u16::to_le_bytes);
    assert_eq!(send(utf16.collect()).await, 400);
    let erase = ["leads", "erase", "--email", "M@x.com", "--phone", "5511999998888"];
    let (code, said) = failure(cli.command(&erase).env("COLUMNS", "200"));
    assert_eq!(code, 2, "{said}");
    for (body, place) in DELIVERED.iter().filter(|(_, place)| !place.is_empty()) {
        let name = body.split('"').nth(3).unwrap();
        let is_held = |line: &str| line.starts_with("held");
        let is_row = |line: &str| line.contains(place) && (line.contains(name) || is_held(line));
        assert!(said.lines().any(is_row), "{body}: {said}");
    }
    assert!(!said.contains("stranger"), "{said}");
    let receipt = cli.json(&[&erase[..], &["--yes"]].concat());
    assert_eq!((&receipt[0]["leads"], &receipt[0]["held"]), (&json!(8), &json!(3)), "{receipt}");
    let items = items(&cli, &serve).await;
    let left = ["lead#", "held#", "claim#"].map(|kind| {
        let key = format!("\"pk\": s(\"{kind}");
        items.iter().filter(|item| item.contains(&key)).count()
    });
    assert_eq!(left, [3, 1, 3]);
    let other = ["leads", "erase", "--phone", "99999-8888", "--phone", "1 5511999998888", "--yes"];
    assert_eq!(cli.json(&other)[0]["leads"], 3, "an erasure may name several numbers");
    serve.stop();
}

/// DynamoDB may take two days to delete what has expired.
#[tokio::test]
async fn an_erasure_deletes_expired_held_deliveries_too() {
    let cli = Cli::local();
    cli.create_key(&["integrabot", "--account", "acme"]);
    let account = Account { provider: Provider::Integrabot, id: AccountId::from_static("acme") };
    let (reason, received_at) = (HeldReason::Invalid, Timestamp::UNIX_EPOCH);
    let held = HeldDelivery::new(&account, reason, None, b"m@x.com".into(), received_at);
    // A running server would delete it at once.
    let storage = Storage::Folder(cli.folder.path().join(".leadhook"));
    let embedded = EmbeddedTable::open(&storage).await.unwrap();
    let table = LeadTable::new(embedded.client(), "leadhook");
    table.put_held(&account, &held).await.unwrap();
    drop(table);
    embedded.close().await;
    assert_eq!(cli.count(&["held", "list"]), 0);
    let erase = ["leads", "erase", "--email", "m@x.com", "--yes"];
    let receipt = cli.json(&erase);
    assert_eq!(receipt[0]["held"], 1, "{receipt}");
    assert_eq!(cli.fail(&erase).0, 3, "it is still there");
}

#[tokio::test]
async fn an_erasure_keeps_the_finds_that_the_operator_names() {
    let cli = Cli::new().await;
    let token = cli.create_key(&["integrabot", "--account", "acme"])["token"].clone();
    let token = token.as_str().unwrap();
    let serve = cli.serve();
    let mut friend = ana(1);
    friend["custom_fields"] = json!({ "sent by": "ana2@exemplo.com" });
    let (_, lead) = deliver(&serve, token, friend.clone()).await;
    friend["name"] = "Ana Again".into();
    deliver(&serve, token, friend).await;
    deliver(&serve, token, ana(2)).await;
    let erase = ["leads", "erase", "--email", "ana2@exemplo.com"];
    let (_, said) = failure(cli.command(&erase).env("COLUMNS", "200"));
    let repeat = said.split_whitespace().find(|word| word.starts_with("repeat-")).unwrap();
    assert!(said.contains("details.custom_fields.sent by"), "{said}");
    let id = lead["id"].to_string();
    assert!(said.contains(&format!("repeat of {id}")), "{said}");
    let (code, said) = cli.fail(&[&erase[..], &["--yes", "--keep", "1"]].concat());
    assert!(code == 2 && said.contains("found as 1"), "{said}");
    let receipt = cli.json(&[&erase[..], &["--yes", "--keep", &id, "--keep", repeat]].concat());
    assert_eq!((&receipt[0]["leads"], &receipt[0]["held"]), (&json!(1), &json!(0)), "{receipt}");
    assert_eq!(cli.count(&["leads", "list"]), 1);
    assert_eq!(cli.count(&["held", "list"]), 1);
    serve.stop();
}

#[tokio::test]
async fn a_blocked_person_is_refused_until_unblocked() {
    let cli = Cli::new().await;
    let token = cli.create_key(&["integrabot", "--account", "acme"])["token"].clone();
    let token = token.as_str().unwrap();
    let of_ana = ["--email", "ana1@exemplo.com", "--account", "acme"];
    let block = [&["leads", "erase"], &of_ana[..], &["--block", "--yes"]].concat();
    let said = cli.command(&block).assert().success().get_output().stderr.clone();
    let said = String::from_utf8(said).unwrap();
    assert!(said.contains("blocked in 1 account;") && said.contains("within a minute"), "{said}");
    let serve = cli.serve();
    assert_eq!(deliver(&serve, token, ana(1)).await.0, 422);
    let mut invalid = ana(1);
    invalid["type"] = "none".into();
    assert_eq!(deliver(&serve, token, invalid).await.0, 422);
    assert_eq!(cli.count(&["held", "list"]), 0, "nothing of this person is held");
    assert_eq!(deliver(&serve, token, ana(2)).await.0, 201);
    let unblock = [&["leads", "unblock"], &of_ana[..]].concat();
    cli.run(&unblock);
    let (code, said) = cli.fail(&unblock);
    assert!(code == 3 && said.contains("was not blocked"), "{said}");
    assert_eq!(deliver(&serve, token, ana(1)).await.0, 201);
    serve.stop();
}

#[tokio::test]
async fn an_account_whose_leads_stopped_is_silent() {
    let cli = Cli::local();
    let serve = cli.serve();
    let (table, system) = (LeadTable::new(serve.client(), "leadhook"), ClockAndRandom::system());
    let account = Account { provider: Provider::RdStation, id: AccountId::from_static("wpc_demo") };
    for n in 0..10 {
        let at = system.now() - SignedDuration::from_hours(33 - n);
        let lead = Lead::new(system.new_lead_id(at), at, BTreeMap::<String, String>::new());
        let claims = Claims::new(b"", None, None, at).unwrap();
        table
            .create_lead(NewLead { account: account.clone(), claims, lead }, &system)
            .await
            .unwrap();
        assert_eq!(deliver(&serve, TOKEN, ana(n as usize)).await.0, 201);
    }
    let mut command = cli.command(&["leads", "watch", "-o", "json"]);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("1 account is silent"), "{said}");
    let rows: Value = serde_json::from_slice(&output.stdout).unwrap();
    let state = |provider: &str| {
        let mut rows = rows.as_array().unwrap().iter();
        rows.find(|row| row["provider"] == provider).unwrap()["state"].clone()
    };
    let states = ["rdstation", "integrabot", "keyspot"].map(state);
    assert_eq!(states, ["SILENT", "good", "too few leads"]);
    assert_eq!(cli.json(&["leads", "watch", "-p", "integrabot"])[0]["state"], "good");
    serve.stop();
}
