//! The release artifacts themselves, under AWS's Lambda Runtime Interface Emulator: each
//! takes every sample event of its function and gives exactly the answer beside it.
//!
//! Run by `tests/artifacts/run.sh`, which builds the artifacts and brings the emulator.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where and stop")]

use jiff::Timestamp;
use local::{EmbeddedTable, ServedTable, Storage, seed_demo_accounts};
use serde_json::Value;
use shared::table::LeadTable;
use std::{
    env,
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};
use tests::{Given, SIGNING_KEY, SampleEvent, SecretStore, sample_events};

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

/// An address where nothing listens.
const NOWHERE: &str = "http://127.0.0.1:9";

/// A function in the emulator, over a table of its own.
struct Emulated {
    process: Child,
    url: String,
}

impl Emulated {
    /// Starts a function, with these variables besides those of every function.
    fn start(function: &str, variables: &[(&str, &str)]) -> Self {
        let [port, runtime_port] = free_ports();
        let address = format!("127.0.0.1:{port}");
        let process = Command::new(env::var_os(EMULATOR_VARIABLE).unwrap())
            .args(["--runtime-interface-emulator-address", &address])
            .args(["--runtime-api-address", &format!("127.0.0.1:{runtime_port}")])
            .arg(artifact(function).unwrap())
            .arg("bootstrap")
            .env("AWS_ACCESS_KEY_ID", "local")
            .env("AWS_SECRET_ACCESS_KEY", "local")
            .env("AWS_REGION", "us-east-1")
            .env("TABLE_NAME", TABLE_NAME)
            .env("KEYSPOT_SIGNING_SECRET", SecretStore::NAME)
            .env("FORWARDING_SIGNING_SECRET", SecretStore::NAME)
            .envs(variables.iter().copied())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let url = format!("http://{address}/2015-03-31/functions/function/invocations");
        Self { process, url }
    }

    /// What the function returns for an event, as text.
    async fn invoke(&self, event: &str) -> String {
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
        response.text().await.unwrap()
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

/// What the artifacts reach instead of AWS.
struct Services {
    embedded: EmbeddedTable,
    table: ServedTable,
    secrets: SecretStore,
}

impl Services {
    async fn start() -> Self {
        let mut embedded = EmbeddedTable::open(&Storage::Memory).await.unwrap();
        let leads = LeadTable::new(embedded.client(), TABLE_NAME);
        leads.create().await.unwrap();
        seed_demo_accounts(&leads).await.unwrap();
        let table = embedded.serve(None).await.unwrap();
        Self { embedded, table, secrets: SecretStore::start(SIGNING_KEY, Timestamp::now()).await }
    }

    fn run(&self, function: &str, table_endpoint: &str) -> Emulated {
        let variables = [
            ("AWS_ENDPOINT_URL_DYNAMODB", table_endpoint),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", &self.secrets.endpoint),
            ("AWS_ACCESS_KEY_ID", self.table.access_key.as_str()),
        ];
        Emulated::start(function, &variables)
    }
}

fn sample(function: &str, name: &str) -> SampleEvent {
    let mut samples = sample_events().into_iter();
    samples.find(|sample| sample.function == function && sample.name == name).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_artifact_answers_every_sample_event() {
    if env::var_os(ARTIFACTS_VARIABLE).is_none() {
        eprintln!("skipped: {ARTIFACTS_VARIABLE} names no artifacts");
        return;
    }
    for sample in sample_events() {
        let services = Services::start().await;
        let client = services.embedded.client();
        sample.given().arrange(&LeadTable::new(client.clone(), TABLE_NAME), &client).await;
        let endpoint = match sample.given() {
            Given::TableAway => NOWHERE,
            Given::DemoTable
            | Given::NoTable
            | Given::KeyOfANetwork
            | Given::NoScope
            | Given::NoRequests
            | Given::Leads => &services.table.endpoint,
        };
        let function = services.run(&sample.function, endpoint);
        for before in sample.before() {
            function.invoke(&before.event).await;
        }
        sample.check_returned(&function.invoke(&sample.event).await);
    }
}

#[test]
fn a_function_that_cannot_start_writes_one_log_line() {
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

/// What no URL may hold stands in events all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_in_an_odd_event_is_stored() {
    if env::var_os(ARTIFACTS_VARIABLE).is_none() {
        eprintln!("skipped: {ARTIFACTS_VARIABLE} names no artifacts");
        return;
    }
    for name in ["created", "rest_api", "function_url"] {
        for text in ["a b", "\"", "<", ">", "[::1"] {
            let services = Services::start().await;
            let created = sample("integrabot-create-lead", name);
            let mut event: Value = serde_json::from_str(&created.event).unwrap();
            event["rawQueryString"] = text.into();
            event["queryStringParameters"] = serde_json::json!({ text: text });
            event["rawPath"] = text.into();
            event["headers"]["host"] = text.into();
            event["headers"]["x-forwarded-proto"] = text.into();
            let function = services.run(&created.function, &services.table.endpoint);
            created.check_returned(&function.invoke(&event.to_string()).await);
        }
    }
}

/// As `template.yaml` sets it where another address of DynamoDB is not asked for.
#[tokio::test(flavor = "multi_thread")]
async fn an_empty_endpoint_counts_as_unset() {
    if env::var_os(ARTIFACTS_VARIABLE).is_none() {
        eprintln!("skipped: {ARTIFACTS_VARIABLE} names no artifacts");
        return;
    }
    // A region that does not exist, so that nothing is reached.
    let variables = [("AWS_ENDPOINT_URL_DYNAMODB", ""), ("AWS_REGION", "nowhere-1")];
    let unavailable = sample("integrabot-create-lead", "unavailable");
    let function = Emulated::start(&unavailable.function, &variables);
    unavailable.check_returned(&function.invoke(&unavailable.event).await);
}

/// The line that the alarm for time-outs in `template.yaml` counts.
#[tokio::test(flavor = "multi_thread")]
async fn an_invocation_that_takes_too_long_ends_with_a_log_line() {
    if env::var_os(ARTIFACTS_VARIABLE).is_none() {
        eprintln!("skipped: {ARTIFACTS_VARIABLE} names no artifacts");
        return;
    }
    // It takes connections and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let variables =
        [("AWS_ENDPOINT_URL_DYNAMODB", &*endpoint), ("AWS_LAMBDA_FUNCTION_TIMEOUT", "1")];
    let created = sample("integrabot-create-lead", "created");
    let function = Emulated::start(&created.function, &variables);
    let returned = function.invoke(&created.event).await;
    assert!(returned.contains("Task timed out after 1.00 seconds"), "{returned}");
}
