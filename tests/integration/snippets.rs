//! Runs the sample clients of the providers' own pages. Only the host and the credentials are
//! replaced.

use serde_json::Value;
use std::{
    fs,
    path::Path,
    process::{Command, Output},
};
use tests::{Server, TestApi};

/// Runs a snippet with these replacements; `None` if its program is not installed.
fn run(name: &str, program: &[&str], replacements: &[(&str, &str)]) -> Option<Output> {
    let (program, arguments) = program.split_first().unwrap();
    let probe: &[&str] = match *program {
        "python3" => &["-c", "import requests"],
        _ => &["--version"],
    };
    let present = |program: &str, probe: &[&str]| {
        Command::new(program).args(probe).output().is_ok_and(|output| output.status.success())
    };
    let needed = if *program == "sh" { ("curl", &["--version"][..]) } else { (*program, probe) };
    if !present(needed.0, needed.1) {
        eprintln!("skipped {name}: there is no {} here that could run it", needed.0);
        return None;
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("snippets").join(name);
    let mut snippet = fs::read_to_string(path).unwrap();
    for (from, to) in replacements {
        assert!(snippet.contains(from), "{name} has no {from}");
        snippet = snippet.replace(from, to);
    }
    Some(Command::new(program).args(arguments).arg(snippet).output().unwrap())
}

const SHELL: &[&str] = &["sh", "-c"];
const POLLYBOT: &str = "https://your-domain.com";

fn answer(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn integrabots_curl_creates_a_lead() {
    let api = TestApi::start().await;
    let host = Server::start(&api).await.base + "/integrabot";
    let replacements = [("https://api.integrabot.ai", &*host), ("<token>", "sk_demo_integrabot")];
    let Some(output) = run("integrabot.sh", SHELL, &replacements) else { return };
    assert!(output.status.success(), "{output:?}");
    assert_eq!(answer(&output)["status"], "new");
}

#[tokio::test(flavor = "multi_thread")]
async fn rd_stations_curl_creates_a_lead() {
    let api = TestApi::start().await;
    let host = Server::start(&api).await.base + "/rdstation";
    let replacements = [
        ("https://api.meuassistente.rdstationmentoria.com.br", &*host),
        ("<token>", "demo-rdstation"),
    ];
    let Some(output) = run("rdstation.sh", SHELL, &replacements) else { return };
    assert!(output.status.success(), "{output:?}");
    assert_eq!(answer(&output)["capture"], "completed");
}

#[tokio::test(flavor = "multi_thread")]
async fn pollybots_curl_javascript_and_python_create_a_lead() {
    for (name, program) in [
        ("pollybot.sh", SHELL),
        ("pollybot.mjs", &["node", "--input-type=module", "--eval"]),
        ("pollybot.py", &["python3", "-c"]),
    ] {
        let api = TestApi::start().await;
        let host = Server::start(&api).await.base + "/pollybot";
        let Some(output) = run(name, program, &[(POLLYBOT, &host)]) else { continue };
        assert!(output.status.success(), "{name}: {output:?}");
        assert_eq!(api.items("lead#pollybot#").await.len(), 1, "{name}");
        let again = run(name, program, &[(POLLYBOT, &host)]).unwrap();
        assert!(!again.status.success(), "{name}: a duplicate is an error to it");
        assert_eq!(api.items("lead#pollybot#").await.len(), 1, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keyspots_curl_creates_a_lead_with_an_issued_token() {
    let api = TestApi::start().await;
    let host = Server::start(&api).await.base + "/keyspot";
    let token = api.keyspot_token().await;
    let replacements =
        [("https://sandbox-partner-api.keyspot.com.br", &*host), ("YOUR_API_TOKEN (JWT)", &*token)];
    let Some(output) = run("keyspot.sh", SHELL, &replacements) else { return };
    assert!(output.status.success(), "{output:?}");
    assert_eq!(answer(&output)["data"]["source"], "API");
}

/// The page's body has placeholders: a URL that is not valid, and ids that do not exist. So it is
/// refused. With real values it is accepted.
#[tokio::test(flavor = "multi_thread")]
async fn flextells_curl_creates_a_lead() {
    let api = TestApi::start().await;
    let host = Server::start(&api).await.base + "/flextell";
    let access =
        [("https://dev.flextell.ai", &*host), ("<token>", "demo-flextell"), ("<x-tenant>", "1")];
    let Some(refused) = run("flextell.sh", SHELL, &access) else { return };
    assert_eq!(answer(&refused)["message"], "The 'source_page_url' field must be a valid URL.");
    let values = [
        (r#""source_page_url": "<string>""#, r#""source_page_url": "https://example.com""#),
        (r#""country_id": 123"#, r#""country_id": 76"#),
        ("_id\": 123", "_id\": 1"),
    ];
    let output = run("flextell.sh", SHELL, &[&access[..], &values].concat()).unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(answer(&output)["data"]["country_name"], "Brazil");
}
