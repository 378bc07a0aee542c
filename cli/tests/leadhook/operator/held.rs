//! The commands for deliveries that did not become leads.

use super::{Cli, ana, deliver, proxy::Proxy};
use crate::server::{Serve, TOKEN};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// What Integrabot answers for an e-mail that is not valid.
const WHY: &str = "email must be a valid email address";

/// A running server with a lead and two held deliveries of the account `acme`.
struct Held {
    cli: Cli,
    serve: Serve,
    /// The id of the delivery with the e-mail `nowhere`.
    invalid: String,
    /// The id of the delivery of a person who is already a lead, with other content.
    repeat: String,
}

impl Held {
    async fn start() -> Self {
        let cli = Cli::new().await;
        let token = cli.create_key(&["integrabot", "--account", "acme"])["token"].clone();
        let token = token.as_str().unwrap();
        let serve = cli.serve();
        let invalid = json!({ "name": "Ana", "email": "nowhere", "type": "web" });
        assert_eq!(deliver(&serve, token, invalid).await.0, 422);
        assert_eq!(deliver(&serve, token, ana(1)).await.0, 201);
        let mut again = ana(1);
        again["custom_fields"]["more"] = "words".into();
        assert_eq!(deliver(&serve, token, again).await.0, 200);
        let id = |reason| {
            let held = cli.json(&["held", "list", "--reason", reason]);
            held[0]["id"].as_str().unwrap().to_owned()
        };
        let (invalid, repeat) = (id("invalid"), id("repeat"));
        Self { cli, serve, invalid, repeat }
    }
}

#[tokio::test]
async fn held_deliveries_are_listed_by_reason_provider_and_account() {
    let Held { cli, serve, .. } = Held::start().await;
    assert_eq!(cli.json(&["held", "list", "--reason", "invalid"])[0]["why"], WHY);
    for options in [["--provider", "integrabot"], ["--account", "acme"]] {
        cli.run(&[&["held"], &options[..], &["list"]].concat());
        assert_eq!(cli.count(&[&["held", "list"], &options[..]].concat()), 2);
    }
    serve.stop();
}

#[tokio::test]
async fn held_deliveries_are_listed_newest_first_and_a_repeat_with_its_lead() {
    let cli = Cli::new().await;
    let token = cli.create_key(&["integrabot", "--account", "acme"])["token"].clone();
    let token = token.as_str().unwrap();
    let serve = cli.serve();
    let (_, lead) = deliver(&serve, token, ana(1)).await;
    let mut again = ana(1);
    again["name"] = "Ana Again".into();
    assert_eq!(deliver(&serve, token, again).await.0, 200, "held as a repeat");
    for n in 0..3 {
        assert_eq!(deliver(&serve, token, json!({ "note": n })).await.0, 422, "held as invalid");
    }
    serve.stop();
    let repeats = cli.json(&["held", "list", "--reason", "repeat"]);
    assert_eq!(repeats.as_array().unwrap().len(), 1, "{repeats}");
    let shown = ["provider", "account", "lead"].map(|name| repeats[0][name].clone());
    assert_eq!(json!(shown), json!(["integrabot", "acme", lead["id"].to_string()]), "{repeats}");
    let invalid = cli.json(&["held", "list", "--reason", "invalid"]);
    let rows = invalid.as_array().unwrap();
    let times: Vec<_> = rows.iter().map(|row| row["received_at"].as_str().unwrap()).collect();
    assert!(times.len() == 3 && times.is_sorted_by(|a, b| a >= b), "{invalid}");
    for row in rows {
        assert!(row["id"].as_str().unwrap().starts_with("invalid-"), "{row}");
        assert_eq!(row["lead"], Value::Null, "{row}");
    }
}

#[tokio::test]
async fn an_invalid_delivery_is_shown_with_its_body_and_answer() {
    let Held { cli, serve, invalid, .. } = Held::start().await;
    let shown = cli.run(&["held", "show", &invalid]);
    assert!(shown.contains("nowhere") && shown.contains(WHY) && shown.contains("422"), "{shown}");
    for options in [["--provider", "integrabot"], ["--account", "acme"]] {
        cli.run(&[&["held", "show", &invalid], &options[..]].concat());
    }
    assert_eq!(cli.fail(&["held", "show", &invalid, "--provider", "rdstation"]).0, 3);
    serve.stop();
}

#[tokio::test]
async fn a_repeat_is_shown_beside_its_lead() {
    let Held { cli, serve, repeat, .. } = Held::start().await;
    let shown = cli.run(&["held", "show", &repeat]);
    assert!(shown.contains("the lead") && shown.contains("words"), "{shown}");
    serve.stop();
}

#[tokio::test]
async fn a_redelivery_that_is_still_invalid_stays_held() {
    let Held { cli, serve, invalid, .. } = Held::start().await;
    let (code, said) = cli.fail(&["held", "redeliver", &invalid, "--set", "email=still nowhere"]);
    assert!(code == 1 && said.contains("stays held"), "{said}");
    assert_eq!(cli.count(&["held", "list", "--reason", "invalid"]), 1);
    serve.stop();
}

#[tokio::test]
async fn a_redelivery_that_was_corrected_in_an_editor_becomes_a_lead() {
    let Held { cli, serve, invalid, .. } = Held::start().await;
    let mut editor = cli.command(&["held", "redeliver", &invalid, "--edit"]);
    editor.env_remove("VISUAL").env("EDITOR", "sed -i s/nowhere/ana9@exemplo.com/");
    editor.assert().success();
    assert_eq!(cli.count(&["held", "list", "--reason", "invalid"]), 0);
    assert_eq!(cli.json(&["leads", "list", "-n", "1"])[0]["email"], "ana9@exemplo.com");
    assert_eq!(cli.fail(&["held", "show", &invalid]).0, 3);
    serve.stop();
}

/// Sends a body to Integrabot's address, and returns the id of the held delivery that it becomes.
async fn hold(cli: &Cli, serve: &Serve, body: Vec<u8>) -> String {
    let request = reqwest::Client::new().post(serve.lead_url()).bearer_auth(TOKEN).body(body);
    assert_eq!(request.send().await.unwrap().status(), 422);
    let held = cli.json(&["held", "list", "--reason", "invalid"]);
    held[0]["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_not_utf_8_is_redelivered_only_in_the_encoding_that_the_operator_names() {
    let cli = Cli::local();
    let serve = cli.serve();
    let text = |n| format!(r#"{{"name":"José {n}","type":"web","n":1.10}}"#);
    let utf_16 =
        |text: &str, unit: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(unit).collect();
    let cases: [(&str, &str, Vec<u8>); 3] = [
        ("Latin-1", "windows-1252", text(0).chars().map(|c| u32::from(c) as u8).collect()),
        ("little", "utf-16le", utf_16(&text(1), u16::to_le_bytes)),
        ("big", "utf-16be", utf_16(&format!("\u{feff}{}", text(2)), u16::to_be_bytes)),
    ];
    for (n, (case, encoding, body)) in cases.into_iter().enumerate() {
        let id = hold(&cli, &serve, body).await;
        for options in [&[][..], &["--set", "type=web"]] {
            let (code, said) = cli.fail(&[&["held", "redeliver", &id], options].concat());
            assert_eq!(code, 2, "{case}: {said}");
            assert!(said.contains(&format!("--encoding {encoding}")), "{case}: {said}");
            assert!(said.contains(&format!("José {n}")), "{case}: {said}");
        }
        assert_eq!(cli.count(&["held", "list"]), 1, "{case}: it is still held");
        cli.run(&["held", "redeliver", &id, "--encoding", encoding]);
        assert_eq!(cli.count(&["held", "list"]), 0, "{case}");
        let lead = &cli.json(&["leads", "list", "-n", "1"])[0];
        assert_eq!(lead["name"], format!("José {n}"), "{case}");
        let shown = cli.run(&["leads", "show", lead["id"].as_str().unwrap(), "-o", "json"]);
        assert!(shown.contains(r#"{"n":1.10}"#), "{case}: {shown}");
    }
    let id = hold(&cli, &serve, vec![0x1f, 0x8b, 8, 0, 0xff]).await;
    let (code, said) = cli.fail(&["held", "redeliver", &id]);
    assert!(code == 2 && said.contains("gzip") && !said.contains("--encoding"), "{said}");
    assert_eq!(cli.fail(&["held", "redeliver", &id, "--encoding", "utf-99"]).0, 2);
    serve.stop();
}

#[tokio::test]
async fn a_discarded_delivery_is_no_longer_held() {
    let Held { cli, serve, repeat, .. } = Held::start().await;
    cli.run(&["held", "discard", &repeat]);
    assert_eq!(cli.count(&["held", "list", "--reason", "repeat"]), 0);
    assert_eq!(cli.fail(&["held", "show", &repeat]).0, 3);
    serve.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redelivered_lead_has_the_time_of_its_table() {
    let cli = Cli::local();
    let serve = cli.serve();
    deliver(&serve, TOKEN, json!({ "name": "Ana", "email": "nowhere", "type": "web" })).await;
    let held = cli.json(&["held", "list"]);
    let id = held[0]["id"].as_str().unwrap();
    let proxy = Proxy::start(&serve.table, SignedDuration::from_hours(1)).await;
    let redeliver = ["held", "redeliver", id, "--set", "email=ana@exemplo.com"];
    cli.command_at(&proxy.endpoint, &serve.access_key, &redeliver).assert().success();
    let lead = cli.json(&["leads", "list"]);
    let created_at: Timestamp = lead[0]["created_at"].as_str().unwrap().parse().unwrap();
    let ahead = created_at.duration_since(Timestamp::now());
    assert!(ahead > SignedDuration::from_mins(30), "{ahead}");
    serve.stop();
}

#[tokio::test]
async fn a_repeat_updates_its_lead_if_that_is_asked_for() {
    let Held { cli, serve, invalid, repeat } = Held::start().await;
    let (code, said) = cli.fail(&["held", "redeliver", &invalid, "--update"]);
    assert!(code == 2 && said.contains("only a repeat has a lead to update"), "{said}");
    let update = ["held", "redeliver", &repeat, "--update", "--set", "name=Ana Lima"];
    let said = String::from_utf8(cli.command(&update).output().unwrap().stderr).unwrap();
    assert!(said.contains("is updated, and repeat-"), "{said}");
    assert_eq!(cli.count(&["held", "list", "--reason", "repeat"]), 0);
    let lead = &cli.json(&["leads", "list"])[0];
    assert_eq!(lead["name"], "Ana Lima");
    let shown = cli.run(&["leads", "show", lead["id"].as_str().unwrap()]);
    assert!(shown.contains("operator") && shown.contains("words"), "{shown}");
    serve.stop();
}
