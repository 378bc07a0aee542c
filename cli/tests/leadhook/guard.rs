//! Only the owner can use the local table and its files. Web pages and other users cannot.

use crate::server::{Serve, leadhook};
use serde_json::json;
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};
use tokio::sync::mpsc;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn files(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[tokio::test]
async fn only_the_owner_can_read_the_folder_and_its_files() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join(".leadhook");
    let body = json!({ "name": "Ana", "type": "web" });
    for round in ["new", "older"] {
        let serve = Serve::in_folder(&folder);
        assert_eq!(serve.create(&body).await.0, 201);
        assert_eq!(mode(&folder), 0o700, "{round}");
        for file in files(&folder) {
            assert_eq!(mode(&file), 0o600, "{round}: {}", file.display());
        }
        serve.stop();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
        for file in files(&folder) {
            fs::set_permissions(file, fs::Permissions::from_mode(0o644)).unwrap();
        }
    }
}

#[tokio::test]
async fn the_table_accepts_only_the_access_key_of_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let serve = Serve::in_folder(folder.path());
    let scan = |key: &str| {
        let client = local::connect_to(&serve.table, key, shared::table::Timeouts::LOCAL);
        async move { client.scan().table_name("leadhook").send().await }
    };
    assert!(scan(&serve.access_key).await.is_ok());
    for key in ["local", "AKIAIOSFODNN7EXAMPLE", &serve.access_key.to_lowercase()] {
        let refused = scan(key).await.unwrap_err().into_service_error();
        let code = aws_sdk_dynamodb::error::ProvideErrorMetadata::code(&refused);
        assert_eq!(code, Some("UnrecognizedClientException"), "{key}");
    }
    let other = Serve::in_folder(tempfile::tempdir().unwrap().path());
    assert_ne!(other.access_key, serve.access_key);
    let (first, endpoint) = (serve.access_key.clone(), serve.table.clone());
    serve.stop();
    let again = Serve::in_folder(folder.path());
    assert_eq!(again.access_key, first, "a folder keeps its key");
    assert_ne!(again.table, endpoint);
}

/// The status of a signed request to the table with these headers.
async fn post_to_table(serve: &Serve, headers: &[(&str, &str)]) -> u16 {
    let signed = format!("AWS4-HMAC-SHA256 Credential={}/x", serve.access_key);
    let mut post = reqwest::Client::new().post(&serve.table).body("{}");
    post = post.header("authorization", signed);
    post = post.header("x-amz-target", "DynamoDB_20120810.ListTables");
    for (name, value) in headers {
        post = post.header(*name, *value);
    }
    post.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn no_web_page_reaches_the_table() {
    let serve = Serve::start(&mut Serve::command(&["--memory"]));
    assert_eq!(post_to_table(&serve, &[]).await, 200);
    for header in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("origin", &serve.base),
        ("host", "rebound.example"),
        ("host", "localhost"),
    ] {
        assert_eq!(post_to_table(&serve, &[header]).await, 403, "{header:?}");
    }
    let client = reqwest::Client::new();
    for method in [reqwest::Method::GET, reqwest::Method::OPTIONS, reqwest::Method::PUT] {
        let request = client.request(method.clone(), &serve.table);
        let answer = request.header("origin", "https://evil.example").send().await.unwrap();
        assert!(!answer.status().is_success(), "{method}");
        assert_eq!(answer.headers().get("access-control-allow-origin"), None, "{method}");
        assert!(!answer.text().await.unwrap().contains("dynamodb"), "{method}: it names itself");
    }
}

#[tokio::test]
async fn a_table_address_for_containers_has_the_same_guard() {
    let free = std::net::TcpListener::bind("127.0.0.2:0").unwrap().local_addr().unwrap();
    let address = free.to_string();
    let serve = Serve::start(&mut Serve::command(&["--memory", "--table-address", &address]));
    assert_eq!(serve.table, format!("http://{address}"));
    assert_eq!(post_to_table(&serve, &[]).await, 200);
    assert_eq!(post_to_table(&serve, &[("host", "rebound.example")]).await, 403);
    assert_eq!(post_to_table(&serve, &[("origin", "null")]).await, 403);
    for wrong in ["0.0.0.0:8000", "somewhere:8000", "127.0.0.1", ""] {
        let output = leadhook().args(["serve", "--table-address", wrong]).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{wrong}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("--table-address"), "{said}");
    }
}

/// It needs root, to run commands as another user.
#[tokio::test]
async fn another_user_of_the_machine_reads_nothing() {
    let as_nobody = |arguments: &[&str]| {
        let mut command = Command::new("setpriv");
        command.args(["--reuid", "nobody", "--regid", "nogroup", "--clear-groups"]);
        command.args(arguments).output()
    };
    if !as_nobody(&["true"]).is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: this user cannot become another one");
        return;
    }
    let parent = tempfile::Builder::new().permissions(fs::Permissions::from_mode(0o755)).tempdir();
    let parent = parent.unwrap();
    let folder = parent.path().join(".leadhook");
    let serve = Serve::in_folder(&folder);
    assert_eq!(serve.create(&json!({ "name": "Ana", "type": "web" })).await.0, 201);
    assert!(as_nobody(&["ls", parent.path().to_str().unwrap()]).unwrap().status.success());
    for file in files(&folder) {
        let read = as_nobody(&["cat", file.to_str().unwrap()]).unwrap();
        assert!(!read.status.success() && read.stdout.is_empty(), "{}", file.display());
    }
    let listed = as_nobody(&["ls", folder.to_str().unwrap()]).unwrap();
    assert!(!listed.status.success() && listed.stdout.is_empty());
    let signed = "authorization: AWS4-HMAC-SHA256 Credential=local/x";
    let target = "x-amz-target: DynamoDB_20120810.Scan";
    let scan = ["curl", "-s", "-H", signed, "-H", target, "-d", r#"{"TableName":"leadhook"}"#];
    let answer = as_nobody(&[&scan[..], &[&serve.table]].concat()).unwrap();
    let answer = String::from_utf8(answer.stdout).unwrap();
    assert!(answer.contains("UnrecognizedClientException"), "{answer}");
}

/// A browser for which every name under `example` is this machine.
fn browser(profile: &Path) -> Command {
    let mut browser = Command::new("chromium");
    // A library that changes the clock of a test makes a browser slow.
    browser.env_remove("LD_PRELOAD");
    browser.args([
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
    ]);
    browser.args(["--disable-component-update", "--disable-sync", "--no-first-run"]);
    browser.arg("--host-resolver-rules=MAP *.example 127.0.0.1");
    browser.arg(format!("--user-data-dir={}", profile.display()));
    browser.stdout(Stdio::piped()).stderr(Stdio::null());
    browser
}

/// The content of a page after it is loaded.
fn page_at(url: &str) -> String {
    let profile = tempfile::tempdir().unwrap();
    let output = browser(profile.path()).args(["--dump-dom", url]).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// A page of another site that tries all kinds of requests.
const INTRUDING_PAGE: &str = r#"<!doctype html><title>intruder</title><pre id=said></pre><script>
const said = document.getElementById('said');
const say = (what, how) => said.append(what + ': ' + how + '\n');
const attempt = async (what, url, options) => {
  try {
    const answer = await fetch(url, options);
    say(what, answer.type === 'opaque' ? 'sent blindly' : 'READ ' + await answer.text());
  } catch { say(what, 'refused'); }
};
(async () => {
  const lead = JSON.stringify({ name: 'Intruder', type: 'web' });
  const bearer = { authorization: 'Bearer sk_demo_integrabot' };
  const signed = { authorization: 'AWS4-HMAC-SHA256 Credential=local/x',
    'x-amz-target': 'DynamoDB_20120810.Scan' };
  await attempt('api', API + '/integrabot/v1/leads', { method: 'POST', headers: bearer, body: lead });
  await attempt('api blindly', API + '/integrabot/v1/leads', { method: 'POST', mode: 'no-cors', body: lead });
  await attempt('api page', API + '/');
  await attempt('table', TABLE, { method: 'POST', headers: signed, body: '{"TableName":"leadhook"}' });
  await attempt('table blindly', TABLE, { method: 'POST', mode: 'no-cors', body: '{}' });
  await attempt('table page', TABLE);
  await fetch('/said', { method: 'POST', body: said.textContent });
})();
</script>"#;

/// A site that serves the intruding page, and the results that the page reports.
async fn intruding_site(serve: &Serve) -> (String, mpsc::Receiver<String>) {
    let page = INTRUDING_PAGE.replace("API +", &format!("'{}' +", serve.base));
    let page = page.replace("TABLE", &format!("'{}'", serve.table));
    let (say, said) = mpsc::channel(1);
    let html = move || async move { ([("content-type", "text/html")], page.clone()) };
    let report = move |text: String| async move { say.send(text).await.unwrap() };
    let router = axum::Router::new().route("/said", axum::routing::post(report)).fallback(html);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let site = format!("http://evil.example:{}", listener.local_addr().unwrap().port());
    tokio::spawn(local::listen(listener, router, std::future::pending()));
    (site, said)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_on_another_site_reads_and_writes_nothing() {
    let serve = Serve::start(&mut Serve::command(&["--memory"]));
    let (site, mut said) = intruding_site(&serve).await;
    let profile = tempfile::tempdir().unwrap();
    let Ok(mut running) =
        browser(profile.path()).args(["--remote-debugging-port=0", &site]).spawn()
    else {
        eprintln!("skipped: there is no chromium on this machine");
        return;
    };
    let said = said.recv().await.unwrap();
    running.kill().unwrap();
    running.wait().unwrap();
    for attempt in ["api: refused", "api page: refused", "table: refused", "table page: refused"] {
        assert!(said.contains(attempt), "{attempt}: {said}");
    }
    assert!(!said.contains("READ"), "{said}");
    // If a name points to this machine, the browser sees the same origin.
    for address in [&serve.base, &serve.table] {
        let port = address.rsplit(':').next().unwrap();
        let page = page_at(&format!("http://rebound.example:{port}/"));
        assert!(!page.contains("/integrabot/") && !page.contains("leadhook env"), "{page}");
    }
    let leads = serve.items().await.into_iter();
    let leads = leads.filter(|item| item["pk"].as_s().unwrap().starts_with("lead#"));
    assert_eq!(leads.count(), 0);
}

/// Every file of the folder, as it is on the disk.
fn bytes(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let read = |path: PathBuf| (path.display().to_string(), fs::read(&path).unwrap());
    files(folder).into_iter().map(read).collect()
}

#[tokio::test]
async fn after_an_erasure_no_file_of_the_folder_has_the_person() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join(".leadhook");
    let person = [&b"zuleica"[..], b"5599887766"];
    let holds = |bytes: &[u8]| {
        let lower = bytes.to_ascii_lowercase();
        person.iter().any(|text| lower.windows(text.len()).any(|window| window == *text))
    };
    for served in [true, false] {
        let serve = Serve::in_folder(&folder);
        for n in 0..50 {
            let other = json!({ "name": "Ana", "type": "web", "phone_number": format!("55{n}") });
            serve.create(&other).await;
        }
        let long = "Zuleica ".repeat(2_000);
        let lead = json!({
            "name": "Zuleica", "type": "web", "phone_number": "5599887766",
            "email": "zuleica@exemplo.com", "custom_fields": { "note": long },
        });
        assert_eq!(serve.create(&lead).await.0, 201);
        let refused = json!({ "email": "zuleica@exemplo.com", "note": long });
        assert_eq!(serve.create(&refused).await.0, 422, "held");
        assert!(bytes(&folder).iter().any(|(_, bytes)| holds(bytes)));
        let running =
            if served { Some(serve) } else { serve.stop().is_empty().then_some(()).and(None) };
        let mut erase = leadhook();
        erase.args(["leads", "erase", "--email", "zuleica@exemplo.com", "--yes"]);
        erase.env_remove("AWS_ENDPOINT_URL_DYNAMODB").env_remove("TABLE_NAME");
        let erased = erase.current_dir(parent.path()).output().unwrap();
        assert!(erased.status.success(), "{}", String::from_utf8_lossy(&erased.stderr));
        for (file, bytes) in bytes(&folder) {
            assert!(!holds(&bytes), "served: {served}: {file}");
        }
        drop(running);
    }
}
