//! Trying an installation, and reaching the local table.

use super::{Desk, ana, deliver};
use std::io::Read;
use std::process::Stdio;

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
