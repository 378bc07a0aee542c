//! The release artifacts themselves, under AWS's Lambda Runtime Interface Emulator: each
//! takes every sample event of its function and gives exactly the answer beside it.
//!
//! Run by `tests/artifacts/run.sh`, which builds the artifacts and brings the emulator.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where and stop")]

use leadhook::{EmbeddedTable, Storage, seed_demo_accounts};
use serde_json::{Map, Value, json};
use shared::LeadTable;
use std::{
    env,
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};
use tests::{Answer, SIGNING_KEY, sample_events};

/// Where the artifacts are: `<folder>/<function>/bootstrap`.
const ARTIFACTS_VARIABLE: &str = "LAMBDA_ARTIFACTS";
/// The emulator's binary.
const EMULATOR_VARIABLE: &str = "LAMBDA_EMULATOR";
const TABLE_NAME: &str = "leads";

/// The artifact of a function; `None` where this run has none to test.
fn artifact(function: &str) -> Option<PathBuf> {
    let folder = env::var_os(ARTIFACTS_VARIABLE)?;
    Some(PathBuf::from(folder).join(function).join("bootstrap"))
}

/// A function in the emulator, over a table of its own.
struct Emulated {
    process: Child,
    url: String,
}

impl Emulated {
    async fn start(function: &str, table_endpoint: &str) -> Self {
        let [port, runtime_port] = free_ports();
        let address = format!("127.0.0.1:{port}");
        let process = Command::new(env::var_os(EMULATOR_VARIABLE).unwrap())
            .args(["--runtime-interface-emulator-address", &address])
            .args(["--runtime-api-address", &format!("127.0.0.1:{runtime_port}")])
            .arg(artifact(function).unwrap())
            .arg("bootstrap")
            .env("AWS_ENDPOINT_URL_DYNAMODB", table_endpoint)
            .env("AWS_ACCESS_KEY_ID", "local")
            .env("AWS_SECRET_ACCESS_KEY", "local")
            .env("AWS_REGION", "us-east-1")
            .env("TABLE_NAME", TABLE_NAME)
            .env("KEYSPOT_SIGNING_KEY", SIGNING_KEY)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let url = format!("http://{address}/2015-03-31/functions/function/invocations");
        Self { process, url }
    }

    async fn invoke(&self, event: &str) -> Answer {
        let client = reqwest::Client::new();
        let response = loop {
            match client.post(&self.url).body(event.to_owned()).send().await {
                Ok(response) => break response,
                Err(error) if error.is_connect() => {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
                Err(error) => panic!("{error}"),
            }
        };
        answer(&response.text().await.unwrap())
    }
}

impl Drop for Emulated {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Ports that were free a moment ago.
fn free_ports() -> [u16; 2] {
    let listeners = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}

/// The answer in what a function returns: to an HTTP API with `headers`, to a REST API with
/// `multiValueHeaders`.
fn answer(returned: &str) -> Answer {
    let returned: Value = serde_json::from_str(returned).unwrap();
    let status = returned["statusCode"].as_u64().unwrap_or_else(|| panic!("{returned}"));
    let text = returned["body"].as_str().unwrap_or_default().to_owned();
    let mut headers: Map<String, Value> = returned["headers"].as_object().unwrap().clone();
    for (name, values) in returned["multiValueHeaders"].as_object().unwrap() {
        headers.insert(name.clone(), values[0].clone());
    }
    let body = serde_json::from_str(&text).unwrap_or_default();
    Answer { status: status.try_into().unwrap(), headers, body, text }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_artifact_answers_every_sample_event() {
    if env::var_os(ARTIFACTS_VARIABLE).is_none() {
        eprintln!("skipped: {ARTIFACTS_VARIABLE} names no artifacts");
        return;
    }
    for sample in sample_events() {
        let case = format!("{}/{}", sample.function, sample.name);
        let embedded = EmbeddedTable::open(&Storage::Memory).await.unwrap();
        let table = LeadTable::new(embedded.client(), TABLE_NAME);
        table.create().await.unwrap();
        seed_demo_accounts(&table).await.unwrap();
        let token = token(embedded.endpoint(), &sample.event).await;
        let function = Emulated::start(&sample.function, embedded.endpoint()).await;
        for event in sample.before() {
            function.invoke(&event.replace("{{token}}", &token)).await;
        }
        let answer = function.invoke(&sample.event.replace("{{token}}", &token)).await;
        assert_eq!(answer.status, sample.answer["status"], "{case}: {}", answer.text);
        let headers = Value::Object(answer.headers);
        assert!(sample.matches(&sample.answer["headers"], &headers), "{case}: {headers}");
        assert!(sample.matches(&sample.answer["body"], &answer.body), "{case}: {}", answer.text);
    }
}

/// A token of Keyspot's, from its own artifact, where an event needs one.
async fn token(table_endpoint: &str, event: &str) -> String {
    if !event.contains("{{token}}") {
        return String::new();
    }
    let request = json!({
        "version": "2.0", "routeKey": "$default", "rawPath": "/", "rawQueryString": "",
        "headers": { "x-api-key": "demo-key", "x-api-secret": "demo-secret" },
        "requestContext": { "http": { "method": "POST", "path": "/" }, "stage": "$default" },
        "isBase64Encoded": false,
    });
    let function = Emulated::start("keyspot-issue-token", table_endpoint).await;
    let answer = function.invoke(&request.to_string()).await;
    answer.body["data"]["token"].as_str().unwrap().to_owned()
}

#[test]
fn what_keeps_a_function_from_starting_is_one_line_in_its_log() {
    let Some(bootstrap) = artifact("keyspot-create-lead") else {
        eprintln!("skipped: {ARTIFACTS_VARIABLE} names no artifacts");
        return;
    };
    for (settings, fault) in [
        (&[][..], "the environment variable KEYSPOT_SIGNING_KEY is not set"),
        (&[("KEYSPOT_SIGNING_KEY", SIGNING_KEY)], "the environment variable TABLE_NAME is not set"),
    ] {
        let output = Command::new(&bootstrap).env_clear().envs(settings.to_vec()).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{fault}");
        let line: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(line["level"], "ERROR", "{fault}");
        assert_eq!(line["error"], fault);
        assert!(output.stderr.is_empty(), "{fault}");
    }
}
