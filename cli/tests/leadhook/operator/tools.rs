//! `doctor`, `send`, `env`, and how commands reach the local table.

use super::{Cli, ana, deliver};
use crate::server::Serve;
use serde_json::json;
use shared::model::Provider;
use std::io::Read;
use std::process::Stdio;

#[tokio::test]
async fn commands_reach_the_local_table_with_and_without_a_server() {
    let cli = Cli::local();
    let made = cli.create_key(&["integrabot", "--account", "acme"]);
    let serve = cli.serve();
    let (status, lead) = deliver(&serve, made["token"].as_str().unwrap(), ana(1)).await;
    assert_eq!(status, 201);
    let id = lead["id"].to_string();
    assert_eq!(cli.json(&["leads", "show", &id])["name"], "Ana 1", "while it is served");
    serve.stop();
    assert_eq!(cli.json(&["leads", "show", &id])["name"], "Ana 1", "after the server has stopped");
}

#[tokio::test]
async fn the_doctor_finds_no_fault_in_a_good_table() {
    let cli = Cli::new().await;
    let (code, _) = match cli.elsewhere {
        Some(_) => cli.fail(&["doctor"]),
        None => (4, String::new()),
    };
    assert_eq!(code, 4, "a table without keys refuses every delivery");
    cli.create_key(&["integrabot", "--account", "acme"]);
    let findings = cli.json(&["doctor"]);
    for finding in findings.as_array().unwrap() {
        assert_eq!(finding["state"], "good", "{finding}");
    }
    assert_eq!(findings.as_array().unwrap().len(), 7);
}

#[tokio::test]
async fn the_doctor_sends_a_lead_through_each_address_of_an_api() {
    let (cli, other) = (Cli::local(), Cli::local());
    let (serve, foreign) = (cli.serve(), other.serve());
    let of_providers = |to: &str, code| {
        let mut command = cli.command(&["doctor", "--api", to, "-o", "json"]);
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{to}");
        let findings: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let is_of_provider = |finding: &&serde_json::Value| {
            Provider::ALL.iter().any(|one| finding["check"] == one.as_str())
        };
        let findings = findings.as_array().unwrap().iter().filter(is_of_provider);
        findings.map(|one| (one["state"].clone(), one["finding"].to_string())).collect::<Vec<_>>()
    };
    let good = of_providers(&serve.base, 0);
    assert_eq!(good.len(), Provider::ALL.len());
    for (state, finding) in good {
        assert_eq!(state, "good", "{finding}");
        assert!(finding.contains("erased"), "{finding}");
    }
    assert_eq!(cli.count(&["leads", "list"]), 0, "the leads are erased");
    let keys = cli.json(&["keys", "list"]);
    let made = keys.as_array().unwrap().iter().filter(|key| key["label"] == "leadhook doctor");
    assert!(made.clone().all(|key| key["state"] == "revoked"), "{keys}");
    assert_eq!(made.count(), Provider::ALL.len());
    let cases = [(&*foreign.base, "401"), ("http://127.0.0.1:9", "cannot be reached")];
    for (to, expected) in cases {
        for (state, finding) in of_providers(to, 4) {
            assert_eq!(state, "BAD", "{finding}");
            assert!(finding.contains(expected), "{finding}");
        }
    }
    serve.stop();
    foreign.stop();
}

/// With functions for another processor, all of a stack would fail at once.
#[test]
fn the_doctor_compares_the_processor_of_the_functions() {
    let elf = |machine: u16| {
        let mut head = vec![0x7f, b'E', b'L', b'F'];
        head.resize(18, 0);
        head.extend(machine.to_le_bytes());
        head.extend([0; 44]);
        head
    };
    let (arm, x86) = (elf(0xb7), elf(0x3e));
    let script = b"#!/bin/sh".to_vec();
    let cases = [
        (vec![&arm, &arm], "arm64", true),
        (vec![&x86, &x86], "x86_64", true),
        (vec![&x86], "arm64", false),
        (vec![&arm, &x86], "arm64", false),
        (vec![&arm, &x86], "x86_64", false),
        (vec![&script], "arm64", false),
        (Vec::new(), "arm64", false),
    ];
    for (built, architecture, is_good) in cases {
        let cli = Cli::local();
        for (n, bootstrap) in built.iter().enumerate() {
            let folder = cli.folder.path().join(format!("lambda/function-{n}"));
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("bootstrap"), bootstrap).unwrap();
        }
        let of = ["--artifacts", "lambda", "--architecture", architecture, "-o", "json"];
        let mut command = cli.command(&[&["doctor"][..], &of].concat());
        let output = command.output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.success(), is_good, "{} {architecture}: {said}", built.len());
        assert_eq!(said.contains("cargo lambda build"), !is_good, "{said}");
    }
}

#[tokio::test]
async fn send_works_for_each_provider_on_a_local_server() {
    let cli = Cli::local();
    let serve = cli.serve();
    for provider in Provider::ALL.map(Provider::as_str) {
        let with_prefix = format!("{}/{provider}/", serve.base);
        for to in [&serve.base, &with_prefix] {
            let mut command = cli.command(&["send", provider, "--to", to]);
            let output = command.output().unwrap();
            let said = String::from_utf8(output.stdout).unwrap();
            let known = provider == "pollybot" && *to == with_prefix;
            assert_eq!(output.status.success(), !known, "{provider}: {said}");
            assert!(!said.contains("demo-secret") && !said.contains("eyJ"), "{said}");
        }
    }
    serve.stop();
}

#[tokio::test]
async fn a_secret_comes_from_a_file_input_or_variable_and_on_the_command_line_with_a_warning() {
    let cli = Cli::local();
    let serve = cli.serve();
    cli.write("key", "demo-key\n");
    cli.write("secret", "demo-secret\n");
    cli.write("empty", "\n");
    cli.write("forward", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n");
    let slack = format!("{}/hook", serve.base);
    cli.write("url", &slack);
    let keyspot = ["send", "keyspot", "--to", &serve.base];
    let forward = ["forward", "--to", &serve.base, "-p", "rdstation"];
    let add = ["destinations", "add", "keyspot", "-a", "demo", "--format", "slack", "--url"];
    let lead = json!({ "name": "Ana", "email": "a@x.com", "phone": "1", "message": "Oi" });
    let input = format!("demo-key\ndemo-secret\n{lead}");
    // The command, its options, what it reads, its exit code, whether it warns.
    let cases = [
        (&keyspot[..], &["--key", "@key", "--secret", "@secret"][..], "", 0, false),
        (&keyspot, &["--key", "-", "--secret", "-", "-d", "-"], &*input, 0, false),
        (&keyspot, &["--key", "demo-key", "--secret", "@secret"], "", 0, true),
        (&keyspot, &["--key", "@key", "--secret", "demo-secret"], "", 0, true),
        (&keyspot, &["--key", "@nothing", "--secret", "@secret"], "", 2, false),
        (&keyspot, &["--key", "@empty", "--secret", "@secret"], "", 2, false),
        (&keyspot, &["--secret", "@secret"], "", 2, false),
        (&forward, &["--secret", "@forward"], "", 0, false),
        (&forward, &["--secret", "-"], "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n", 0, false),
        (&add, &["@url"], "", 0, false),
        (&add, &[&slack], "", 0, true),
    ];
    for (command, options, input, code, warns) in cases {
        let mut command = cli.command(&[command, options].concat());
        let output = command.write_stdin(input).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        let warned = said.contains("other users of this machine");
        let case = format!("{options:?}: {said}");
        assert_eq!((output.status.code(), warned), (Some(code), warns), "{case}");
        assert!(!said.contains("demo-secret") && !said.contains("whsec_"), "{case}");
    }
    let mut by_variable = cli.command(&keyspot);
    by_variable.env("LEADHOOK_KEY", "demo-key").env("LEADHOOK_SECRET", "demo-secret");
    let said = by_variable.assert().success().get_output().stderr.clone();
    assert!(said.is_empty(), "{}", String::from_utf8(said).unwrap());
    serve.stop();
}

#[test]
fn a_closed_pipe_is_not_an_error() {
    let cli = Cli::local();
    for arguments in [&["completions", "bash"][..], &["keys", "list"], &["leads", "export"]] {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_leadhook"));
        command.args(arguments).current_dir(cli.folder.path()).env_remove("TABLE_NAME");
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().unwrap();
        drop(process.stdout.take());
        let mut said = String::new();
        process.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert!(process.wait().unwrap().success(), "{arguments:?}: {said}");
        assert!(!said.contains("error") && !said.contains("panicked"), "{arguments:?}: {said}");
    }
}

#[tokio::test]
async fn commands_that_run_at_once_on_one_local_table_all_succeed() {
    let cli = Cli::local();
    let processes: Vec<_> = (0..40)
        .map(|n| {
            let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_leadhook"));
            let account = format!("a{n}");
            command.args(["keys", "create", "rdstation", "--account", &account, "-o", "json"]);
            command.current_dir(cli.folder.path()).env_remove("TABLE_NAME");
            command.env_remove("AWS_ENDPOINT_URL_DYNAMODB");
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for process in processes {
        let output = process.wait_with_output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{said}");
    }
    assert_eq!(cli.count(&["keys", "list", "--provider", "rdstation"]), 41);
}

#[tokio::test]
async fn without_a_local_table_a_command_fails_and_creates_none() {
    let cli = Cli::empty();
    let commands: [&[&str]; 8] = [
        &["keys", "list"],
        &["keys", "create", "rdstation", "--account", "a"],
        &["leads", "list"],
        &["leads", "erase", "--email", "a@b.c", "--yes"],
        &["held", "list"],
        &["directory", "list", "-p", "flextell", "-a", "1"],
        &["env"],
        &["doctor"],
    ];
    for arguments in commands {
        let output = cli.command(arguments).output().unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert_eq!(output.status.code(), Some(4), "{arguments:?}: {said}");
        let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains("leadhook serve"), "{arguments:?}: {said}");
        assert!(!cli.folder.path().join(".leadhook").exists(), "{arguments:?}");
    }
}

/// With a profile or a region but without `--table`, a command uses the local table.
#[tokio::test]
async fn commands_name_the_local_table_if_an_aws_variable_is_set() {
    let cli = Cli::local();
    for variable in ["AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION"] {
        let create = ["keys", "create", "rdstation", "--account", "a"];
        let output = cli.command(&create).env(variable, "prod").output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        let expected = format!("table leadhook in the folder .leadhook ({variable} is set and not");
        assert!(output.status.success() && said.starts_with(&expected), "{said}");
        let erase = ["leads", "erase", "--email", "nobody@exemplo.com", "--yes"];
        let said = cli.command(&erase).env(variable, "prod").output().unwrap().stderr;
        let said = String::from_utf8(said).unwrap();
        assert!(said.starts_with(&expected), "{said}");
        let list = cli.command(&["leads", "list"]).env(variable, "prod").output().unwrap().stderr;
        assert!(String::from_utf8(list).unwrap().starts_with(&expected), "it reads another table");
    }
    let plain = cli.command(&["leads", "list"]).output().unwrap().stderr;
    assert!(plain.is_empty(), "{}", String::from_utf8_lossy(&plain));
}

#[tokio::test]
async fn the_variables_that_env_prints_name_the_running_servers_table() {
    let cli = Cli::local();
    let serve = cli.serve();
    let binaries = std::path::Path::new(env!("CARGO_BIN_EXE_leadhook")).parent().unwrap();
    let path = format!("{}:{}", binaries.display(), std::env::var("PATH").unwrap());
    let script = r#"eval "$(leadhook env)" && leadhook keys list -o json && env"#;
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", script]).current_dir(cli.folder.path()).env("PATH", path);
    shell.env("AWS_PROFILE", "prod").env("AWS_SESSION_TOKEN", "of another key");
    let output = shell.output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("wpc_demo"), "{said}");
    for variable in
        ["AWS_SECRET_ACCESS_KEY=", "AWS_REGION=", "AWS_DEFAULT_REGION=", "TABLE_NAME=leadhook"]
    {
        assert!(said.contains(variable), "{variable}: {said}");
    }
    assert!(said.contains(&format!("AWS_ENDPOINT_URL_DYNAMODB={}", serve.table)), "{said}");
    assert!(!said.contains("AWS_PROFILE") && !said.contains("AWS_SESSION_TOKEN"), "{said}");
    serve.stop();
    assert_eq!(cli.fail(&["env"]).0, 4, "no server is running");
}

/// A shell runs what `env` prints, and a downloaded folder may have any files.
#[tokio::test]
async fn env_prints_nothing_from_files_that_no_server_wrote() {
    let cli = Cli::empty();
    // Something accepts connections at the address.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::fs::create_dir(cli.folder.path().join(".leadhook")).unwrap();
    let here = format!("http://127.0.0.1:{port}");
    let cases = [
        ("a good key at an address", here.clone(), "0Az9", true),
        ("a name for an address", format!("http://localhost:{port}"), "0Az9", false),
        ("no address", "http://$(touch ran)".to_owned(), "0Az9", false),
        ("a command after the address", format!("{here}; touch ran"), "0Az9", false),
        ("a command after the key", here.clone(), "x; touch ran", false),
        ("a line after the key", here, "x\ntouch ran", false),
    ];
    for (case, address, key, is_good) in cases {
        cli.write(".leadhook/address", &address);
        cli.write(".leadhook/access-key", key);
        let output = cli.command(&["env"]).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        let code = if is_good { 0 } else { 4 };
        assert_eq!(output.status.code(), Some(code), "{case}: {said}");
        assert_eq!(!output.stdout.is_empty(), is_good, "{case}");
        assert!(is_good || said.contains("leadhook serve"), "{case}: {said}");
    }
    let (code, said) = cli.fail(&["serve", "--port", "0"]);
    assert!(code == 1 && said.contains("access-key"), "{said}");
}

#[tokio::test]
async fn env_names_a_table_that_is_served_for_containers() {
    let cli = Cli::empty();
    let address = std::net::TcpListener::bind("127.0.0.2:0").unwrap().local_addr().unwrap();
    let mut command = Serve::command(&["--table-address", &address.to_string()]);
    let serve = Serve::start(command.current_dir(cli.folder.path()));
    let printed = cli.run(&["env"]);
    let expected = format!("export AWS_ENDPOINT_URL_DYNAMODB=http://{address}\n");
    assert!(printed.contains(&expected), "{printed}");
    serve.stop();
}
