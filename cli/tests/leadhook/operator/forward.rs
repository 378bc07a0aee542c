//! Leads posted to a developer's own address.

use super::{Cli, ana, deliver, receiver::Receiver};
use crate::server::{TOKEN, leadhook};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

/// A secret of Standard Webhooks: 24 bytes.
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

#[tokio::test(flavor = "multi_thread")]
async fn leads_are_posted_in_their_order_signed_and_without_personal_data_on_the_terminal() {
    let cli = Cli::local();
    let serve = cli.serve();
    let mut receiver = Receiver::start().await;
    let mut ids = Vec::new();
    ids.push(deliver(&serve, TOKEN, ana(1)).await.1["id"].to_string());
    cli.run(&["send", "rdstation", "--to", &serve.base]);
    let rdstation = cli.json(&["leads", "list", "--provider", "rdstation"]);
    ids.push(rdstation[0]["id"].as_str().unwrap().to_owned());
    ids.push(deliver(&serve, TOKEN, ana(2)).await.1["id"].to_string());
    let url = receiver.url.clone();
    let forward = ["forward", "--to", &url];

    let printed = cli.run(&forward);
    let lines: Vec<_> = printed.lines().collect();
    let secret = json!(lines[0].split_whitespace().nth(1).unwrap());
    assert_eq!(lines.len(), 4, "{printed}");
    for (id, line) in ids.iter().zip(&lines[1..]) {
        let received = receiver.next().await;
        assert_eq!((received.kind(), &received.body["data"]["id"]), ("lead.created", &json!(id)));
        assert!(received.is_signed_with(&secret));
        assert!(line.starts_with("200 ") && line.contains(id) && line.ends_with(" ms"), "{line}");
    }
    assert!(!printed.contains("Ana") && !printed.contains('@'), "{printed}");

    receiver.answer(500);
    let only = ["--provider", "rdstation", "--since", "today", "--secret", SECRET];
    let output = cli.command(&[&forward[..], &only].concat()).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(printed.starts_with("500 ") && printed.lines().count() == 1, "{printed}");
    assert!(receiver.next().await.is_signed_with(&json!(SECRET)));
    serve.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn it_says_what_was_taken_and_fails_if_something_was_not() {
    let cli = Cli::local();
    let serve = cli.serve();
    let mut receiver = Receiver::start().await;
    let secret = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(secret.path(), SECRET).unwrap();
    let said = |url: &str| {
        let file = format!("@{}", secret.path().display());
        let output = cli.command(&["forward", "--to", url, "--secret", &file]).output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let url = receiver.url.clone();
    assert_eq!(said(&url), (0, "0 leads taken\n".to_owned()));
    for n in 0..3 {
        deliver(&serve, TOKEN, ana(n)).await;
    }
    let nobody = "http://127.0.0.1:1/";
    let cases = [
        (&*url, 200, 0, "3 leads taken\n"),
        (&*url, 500, 1, "error: 3 of 3 leads not taken: 500 (3)\n"),
        (&*url, 302, 1, "error: 3 of 3 leads not taken: 302 (3)\n"),
        (nobody, 200, 1, "error: 3 of 3 leads not taken: no connection (3)\n"),
    ];
    for (url, status, code, expected) in cases {
        receiver.answer(status);
        assert_eq!(said(url), (code, expected.to_owned()), "{url} {status}");
    }
    receiver.answer(200);
    receiver.answer_once(503);
    let expected = "error: 1 of 3 leads not taken: 503 (1)\n".to_owned();
    assert_eq!(said(&url), (1, expected));
    assert!(receiver.next().await.is_signed_with(&json!(SECRET)));
    serve.stop();
}

/// A receiver that is silent for longer than an answer usually takes.
#[tokio::test(flavor = "multi_thread")]
async fn a_wait_for_an_answer_is_said() {
    let cli = Cli::local();
    let serve = cli.serve();
    let id = deliver(&serve, TOKEN, ana(1)).await.1["id"].to_string();
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", silent.local_addr().unwrap());
    let mut command = leadhook();
    command.args(["forward", "--to", &url]).current_dir(cli.folder.path());
    let mut forward = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(forward.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert_eq!(lines.next().unwrap(), format!("waiting for the answer to {id}"));
    drop(silent);
    assert_eq!(forward.wait().unwrap().code(), Some(1));
    serve.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn new_leads_are_posted_until_ctrl_c() {
    let cli = Cli::local();
    let (code, said) = cli.fail(&["forward", "--to", "http://127.0.0.1:1/", "--follow"]);
    assert!(code == 4 && said.contains("leadhook serve"), "{said}");
    let serve = cli.serve();
    let mut receiver = Receiver::start().await;
    let mut command = leadhook();
    command.args(["forward", "--to", &receiver.url, "--follow"]).current_dir(cli.folder.path());
    let mut follow = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(follow.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(said.next().unwrap().starts_with("ready: "));
    let mut lines = BufReader::new(follow.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.next().unwrap().starts_with("secret  whsec_"));
    for n in 0..2 {
        let id: Value = deliver(&serve, TOKEN, ana(n)).await.1["id"].to_string().into();
        assert_eq!(receiver.next().await.body["data"]["id"], id);
        // The line says that the answer has arrived.
        assert!(lines.next().unwrap().starts_with("200 "));
    }
    let id = follow.id().to_string();
    assert!(Command::new("kill").args(["-s", "INT", &id]).status().unwrap().success());
    assert!(follow.wait().unwrap().success());
    assert_eq!(said.next().unwrap(), "2 leads taken");
    serve.stop();
}

#[tokio::test]
async fn a_bad_address_or_secret_is_said() {
    let cli = Cli::local();
    let cases = [
        ("localhost", SECRET, "not a URL"),
        ("https://user@example.com/", SECRET, "user name"),
        ("http://localhost:8080/", "whsec_short", "24 to 64 bytes"),
    ];
    for (url, secret, expected) in cases {
        let (code, said) = cli.fail(&["forward", "--to", url, "--secret", secret]);
        assert!(code == 2 && said.contains(expected), "{url}: {said}");
    }
    let nobody = ["forward", "--to", "http://localhost:8080/", "--account", "nobody"];
    assert_eq!(cli.fail(&nobody).0, 3);
}
