//! `leadhook serve`: its output, its settings, its folder, and how it ends.

use crate::server::{Serve, TOKEN, leadhook};
use aws_sdk_dynamodb::types::AttributeValue;
use providers::about;
use serde_json::{Value, json};
use shared::model::Provider;
use std::{
    collections::{HashMap, HashSet},
    env,
    process::{Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};
use tests::{SENDERS, Sender};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

#[tokio::test]
async fn the_printed_curl_lines_work() {
    let serve = Serve::start(&mut Serve::command(&["--memory"]));
    if Command::new("curl").arg("--version").output().is_err() {
        eprintln!("skipped: there is no curl on this machine");
        return;
    }
    let status_of = |line: &&String| {
        let is_of = |sender: &&Sender| line.contains(&*format!("/{}/", sender.account.0.as_str()));
        let sender = SENDERS.iter().find(is_of).unwrap();
        let token = about(sender.account.0).token.as_ref();
        if token.is_some_and(|token| line.contains("curl -i -X POST") && line.contains(token.path))
        {
            200
        } else {
            sender.created
        }
    };
    let tokens = Provider::ALL.iter().filter(|provider| about(**provider).token.is_some());
    assert_eq!(serve.curl_lines.len(), SENDERS.len() + tokens.count());
    for line in &serve.curl_lines {
        let output = Command::new("sh").args(["-c", line]).output().unwrap();
        let answer = String::from_utf8(output.stdout).unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {}", status_of(&line))), "{line}\n{answer}");
    }
    serve.stop();
}

#[tokio::test]
async fn the_server_runs_with_its_output_closed() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut command = leadhook();
    command.args(["--memory", "--port", &free.port().to_string()]);
    let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(process.stdout.take());
    while reqwest::get(format!("http://{free}/")).await.is_err() {
        assert!(process.try_wait().unwrap().is_none(), "the server died by itself");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let id = process.id().to_string();
    assert!(Command::new("kill").args(["-s", "INT", &id]).status().unwrap().success());
    assert!(process.wait().unwrap().success());
}

/// A server that uses the table of `other`.
fn over_the_table_of(other: &Serve, table_name: &str) -> Command {
    let mut command = Serve::command(&[]);
    command.env("AWS_ENDPOINT_URL_DYNAMODB", &other.table).env("TABLE_NAME", table_name);
    command.env("AWS_ACCESS_KEY_ID", &other.access_key).env("AWS_SECRET_ACCESS_KEY", "local");
    command.env_remove("AWS_REGION").env_remove("AWS_DEFAULT_REGION");
    command
}

#[tokio::test]
async fn the_sdks_endpoint_variable_selects_another_table() {
    let other = Serve::start(&mut Serve::command(&["--memory"]));
    let folder = tempfile::tempdir().unwrap();
    let mut command = over_the_table_of(&other, "leadhook");
    let serve = Serve::start(command.current_dir(folder.path()));
    let body = json!({ "name": "Ana", "type": "web", "phone_number": "5511" });
    let (status, lead) = serve.create(&body).await;
    assert_eq!(status, 201);
    assert_eq!(other.create(&body).await, (200, lead));
    assert!(serve.curl_lines.is_empty(), "no demo accounts in another table");
    assert!(!folder.path().join(".leadhook").exists(), "no table of its own");
    serve.stop();
    other.stop();
}

#[tokio::test]
async fn a_missing_table_is_an_error_that_says_what_to_do() {
    let other = Serve::start(&mut Serve::command(&["--memory"]));
    let output = over_the_table_of(&other, "nowhere").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.starts_with("error: there is no table nowhere at http://127.0.0.1:"), "{said}");
    assert!(said.contains("aws dynamodb create-table"), "{said}");
    other.stop();
}

#[tokio::test]
async fn an_invalid_setting_is_one_line_of_error() {
    for (name, value) in [("REPLAY_WINDOW_SECONDS", "soon"), ("KEYSPOT_SIGNING_KEY", "short")] {
        let output = Serve::command(&["--memory"]).env(name, value).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{name}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(name) && said.lines().count() == 1, "{said}");
        assert!(output.stdout.is_empty(), "{name}");
    }
}

#[tokio::test]
async fn leads_are_still_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let body = json!({ "name": "Ana", "type": "web", "phone_number": "5511" });
    let serve = Serve::in_folder(folder.path());
    let (status, first) = serve.create(&body).await;
    assert_eq!(status, 201);
    serve.stop();
    let serve = Serve::in_folder(folder.path());
    assert_eq!(serve.create(&body).await, (200, first));
    serve.stop();
}

#[tokio::test]
async fn an_unknown_address_is_logged_without_what_may_be_personal() {
    let serve = Serve::start(&mut Serve::command(&["--memory"]));
    let url = format!("{}/integrabot/v2/leads/maria@exemplo.com", serve.base);
    assert_eq!(reqwest::get(url).await.unwrap().status(), 404);
    let log = serve.stop();
    assert!(log.contains("unknown address") && log.contains("/integrabot/*/leads/*"), "{log}");
    assert!(!log.contains("maria"), "{log}");
}

#[tokio::test]
async fn a_second_server_on_the_same_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let serve = Serve::in_folder(folder.path());
    let second = Serve::command(&["--data-dir", folder.path().to_str().unwrap()]).output().unwrap();
    assert_eq!(second.status.code(), Some(1));
    let said = String::from_utf8(second.stderr).unwrap();
    assert!(said.contains("is in use by another leadhook"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    let body = json!({ "name": "Ana", "type": "web" });
    assert_eq!(serve.create(&body).await.0, 201, "the first server still works");
    serve.stop();
}

#[tokio::test]
async fn a_port_in_use_is_one_line_of_error() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = leadhook().args(["--memory", "--port", &port]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains(&port) && said.contains("--port"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[tokio::test]
async fn after_ctrl_c_an_accepted_delivery_is_finished() {
    let serve = Serve::start(&mut Serve::command(&["--memory"]));
    let body = r#"{"name":"Ana","type":"web"}"#;
    let (first, rest) = body.split_at(9);
    let address = serve.base.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST /integrabot/v1/leads HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {TOKEN}\r\n\
         Content-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    // The server asks for the body, so it has accepted the request.
    let mut continued = [0; 25];
    stream.read_exact(&mut continued).await.unwrap();
    assert_eq!(&continued, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(first.as_bytes()).await.unwrap();
    serve.signal("INT");
    while TcpStream::connect(address).await.is_ok() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    stream.write_all(rest.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 201 Created"), "{answer}");
    serve.wait();
}

#[tokio::test]
async fn no_log_line_at_any_level_has_a_token_or_a_person() {
    let serve = Serve::start(Serve::command(&["--memory"]).env("RUST_LOG", "trace"));
    let secrets =
        ["sk_demo_integrabot", "sk_wrong", "Zuleica", "zuleica@exemplo.com", "5599887766"];
    let body = json!({
        "name": "Zuleica", "type": "web", "phone_number": "5599887766",
        "email": "zuleica@exemplo.com",
    });
    assert_eq!(serve.create(&body).await.0, 201);
    assert_eq!(serve.create(&body).await.0, 200);
    let invalid = json!({ "name": "Zuleica", "phone_number": "+5599887766" });
    assert_eq!(serve.create(&invalid).await.0, 422);
    let wrong = reqwest::Client::new().post(serve.lead_url()).bearer_auth("sk_wrong").json(&body);
    assert_eq!(wrong.send().await.unwrap().status(), 401);
    let log = serve.stop();
    assert_eq!(log.lines().filter(|line| line.contains("delivery")).count(), 4, "{log}");
    for secret in secrets {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}

/// The variable that sets how often the server is killed under load.
const KILLS_VARIABLE: &str = "KILLS";
/// How often it is killed with one folder. The test reads the whole folder each time.
const KILLS_A_FOLDER: usize = 20;

/// Each lead that was answered 201 must be there after the restart, with its claims.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_killed_under_load_loses_no_lead_that_was_answered_201() {
    let kills = env::var(KILLS_VARIABLE).map_or(KILLS_A_FOLDER, |kills| kills.parse().unwrap());
    for _ in 0..kills.div_ceil(KILLS_A_FOLDER) {
        kill_again_and_again().await;
    }
}

async fn kill_again_and_again() {
    const SENDERS: usize = 8;
    let folder = tempfile::tempdir().unwrap();
    let created: Arc<Mutex<HashSet<u64>>> = Arc::default();
    for round in 0..KILLS_A_FOLDER {
        let mut serve = Serve::in_folder(folder.path());
        assert_whole(&serve.items().await, &created.lock().unwrap());
        let answered = Arc::new(AtomicUsize::new(0));
        let senders: Vec<_> = (0..SENDERS)
            .map(|sender| {
                let (url, created) = (serve.lead_url(), Arc::clone(&created));
                let answered = Arc::clone(&answered);
                let prefix = format!("55{round:03}{sender:02}");
                tokio::spawn(send_until_cut(url, prefix, created, answered))
            })
            .collect();
        // The server is killed at another moment in each round, after a number of answers.
        while answered.load(SeqCst) < 20 + 7 * round {
            assert!(serve.process.try_wait().unwrap().is_none(), "the server died by itself");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        serve.process.kill().unwrap();
        serve.process.wait().unwrap();
        for sender in senders {
            sender.await.unwrap();
        }
    }
    let serve = Serve::in_folder(folder.path());
    assert_whole(&serve.items().await, &created.lock().unwrap());
    serve.stop();
}

async fn send_until_cut(
    url: String,
    prefix: String,
    created: Arc<Mutex<HashSet<u64>>>,
    answered: Arc<AtomicUsize>,
) {
    let client = reqwest::Client::new();
    for n in 0.. {
        let phone = format!("{prefix}{n:05}");
        let email = format!("{phone}@exemplo.com");
        let body = json!({ "name": "Ana", "type": "web", "phone_number": phone, "email": email });
        let sent = client.post(&url).bearer_auth(TOKEN).json(&body).send().await;
        let Ok(answer) = sent else { return };
        let status = answer.status();
        let Ok(lead) = answer.json::<Value>().await else { return };
        assert_eq!(status, 201);
        assert!(created.lock().unwrap().insert(lead["id"].as_u64().unwrap()));
        answered.fetch_add(1, SeqCst);
    }
}

/// Checks that each answered lead is there with its two claims, and that no claim is without its
/// lead.
fn assert_whole(items: &[HashMap<String, AttributeValue>], created: &HashSet<u64>) {
    let of_kind = |prefix: &'static str, id: &'static str| {
        let items = items.iter().filter(move |item| item["pk"].as_s().unwrap().starts_with(prefix));
        items.map(move |item| item[id].as_n().unwrap().parse::<u64>().unwrap())
    };
    let leads: HashSet<u64> = of_kind("lead#", "id").collect();
    assert!(created.is_subset(&leads), "a lead that was answered 201 is gone");
    let mut claims = HashMap::<u64, usize>::new();
    for lead_id in of_kind("claim#", "lead_id") {
        *claims.entry(lead_id).or_default() += 1;
    }
    assert_eq!(claims.keys().copied().collect::<HashSet<_>>(), leads, "claims and leads differ");
    assert!(claims.values().all(|count| *count == 2), "a lead without one of its claims");
}

/// It needs root, to mount a small file system.
#[tokio::test]
async fn a_full_disk_is_503_with_a_log_line_and_no_stored_lead_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let mount = Command::new("mount").args(["-t", "tmpfs", "-o", "size=2m", "none", path]).output();
    if !mount.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: this user cannot mount a file system");
        return;
    }
    let serve = Serve::in_folder(&folder.path().join(".leadhook"));
    let mut created = 0;
    let (status, answer) = loop {
        let note = "x".repeat(100_000);
        let body = json!({ "name": "Ana", "type": "web", "custom_fields": { "note": note } });
        match serve.create(&body).await {
            (201, _) => created += 1,
            other => break other,
        }
    };
    assert_eq!((status, &answer["error"]), (503, &json!("Service Unavailable")));
    let leads = serve.items().await.into_iter();
    let leads = leads.filter(|item| item["pk"].as_s().unwrap().starts_with("lead#"));
    assert_eq!(leads.count(), created);
    let log = serve.kill();
    assert!(log.contains("no space is left"), "{log}");
    assert!(Command::new("umount").arg("-l").arg(path).status().unwrap().success());
}
