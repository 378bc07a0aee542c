//! The operator's commands. They use the local table, or the DynamoDB at `TEST_DYNAMODB_ENDPOINT`.

mod as_sent;
mod destinations;
mod directory;
mod failures;
mod forward;
mod held;
mod keys;
mod leads;
mod other_shapes;
mod pages;
mod permissions;
mod proxy;
mod ready;
mod receiver;
mod tools;

use crate::server::Serve;
use assert_cmd::Command;
use aws_sdk_dynamodb::Client;
use local::connect_to;
use serde_json::{Value, json};
use shared::table::{LeadTable, Timeouts};
use std::{env, fs};
use tempfile::TempDir;

const VARIABLES: [&str; 8] = [
    "AWS_ENDPOINT_URL_DYNAMODB",
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "TABLE_NAME",
    "LEADHOOK_URL",
    "RUST_LOG",
    "FORWARDING_SIGNING_KEY",
];

/// A folder in which commands run, and the table that they use.
struct Cli {
    folder: TempDir,
    /// The address and name of a table that is not in the folder.
    elsewhere: Option<(String, String)>,
}

impl Cli {
    async fn new() -> Self {
        let Ok(endpoint) = env::var("TEST_DYNAMODB_ENDPOINT") else { return Self::local() };
        let folder = tempfile::tempdir().unwrap();
        let name = format!("cli-{:032x}", rand::random::<u128>());
        let client = connect_to(&endpoint, "local", Timeouts::LOCAL);
        LeadTable::new(client, &name).create().await.unwrap();
        Self { folder, elsewhere: Some((endpoint, name)) }
    }

    /// A folder with a local table.
    fn local() -> Self {
        let cli = Self::empty();
        // Only a server creates a table.
        cli.serve().stop();
        cli
    }

    /// A folder without a table.
    fn empty() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), elsewhere: None }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_leadhook"));
        for variable in VARIABLES {
            command.env_remove(variable);
        }
        // The profiles of this machine must not be used.
        command.env("AWS_CONFIG_FILE", "none").env("AWS_SHARED_CREDENTIALS_FILE", "none");
        if let Some((endpoint, name)) = &self.elsewhere {
            command.env("AWS_ENDPOINT_URL_DYNAMODB", endpoint).env("TABLE_NAME", name);
            command.env("AWS_ACCESS_KEY_ID", "local").env("AWS_SECRET_ACCESS_KEY", "local");
        }
        command.current_dir(self.folder.path()).args(arguments);
        command
    }

    /// A command on the table at this address, as on a table in AWS.
    fn command_at(&self, endpoint: &str, access_key: &str, arguments: &[&str]) -> Command {
        let mut command = self.command(arguments);
        command.env("AWS_ENDPOINT_URL_DYNAMODB", endpoint).env("AWS_REGION", "eu-west-1");
        command.env("AWS_ACCESS_KEY_ID", access_key).env("AWS_SECRET_ACCESS_KEY", "local");
        command
    }

    /// What a command that succeeds prints.
    fn run(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).assert().success().get_output().stdout.clone();
        String::from_utf8(output).unwrap()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let arguments = [arguments, &["--output", "json"]].concat();
        serde_json::from_str(&self.run(&arguments)).unwrap()
    }

    /// The exit code of a command that fails, and its error.
    fn fail(&self, arguments: &[&str]) -> (i32, String) {
        failure(&mut self.command(arguments))
    }

    fn serve(&self) -> Serve {
        let mut command = Serve::command(&[]);
        command.current_dir(self.folder.path());
        if let Some((endpoint, name)) = &self.elsewhere {
            command.env("AWS_ENDPOINT_URL_DYNAMODB", endpoint).env("TABLE_NAME", name);
            command.env("AWS_ACCESS_KEY_ID", "local").env("AWS_SECRET_ACCESS_KEY", "local");
        }
        Serve::start(&mut command)
    }

    fn create_key(&self, arguments: &[&str]) -> Value {
        self.json(&[&["keys", "create"], arguments].concat())
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join(name), text).unwrap();
    }

    fn count(&self, arguments: &[&str]) -> usize {
        self.json(arguments).as_array().unwrap().len()
    }
}

fn failure(command: &mut Command) -> (i32, String) {
    let output = command.assert().failure().get_output().clone();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!said.contains("panicked"), "{said}");
    // A command that writes names its table first.
    let why = match said.split_once('\n') {
        Some((place, why)) if place.starts_with("table ") => why,
        _ => &said,
    };
    (output.status.code().unwrap(), why.to_owned())
}

/// Sends a body to Integrabot's address; the status and body of the answer.
async fn deliver(serve: &Serve, token: &str, body: Value) -> (u16, Value) {
    let request = reqwest::Client::new().post(serve.lead_url()).bearer_auth(token).json(&body);
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

fn ana(n: usize) -> Value {
    json!({
        "name": format!("Ana {n}"), "type": "web", "phone_number": format!("55119888877{n:02}"),
        "email": format!("ana{n}@exemplo.com"), "custom_fields": { "n": n.to_string() },
    })
}

/// A client that reaches the table, and the table's name.
fn client<'a>(cli: &'a Cli, serve: &Serve) -> (Client, &'a str) {
    let name = cli.elsewhere.as_ref().map_or("leadhook", |(_, name)| name);
    (serve.client(), name)
}

/// Every item of the table, as text.
async fn items(cli: &Cli, serve: &Serve) -> Vec<String> {
    let (client, name) = client(cli, serve);
    let items = client.scan().table_name(name).into_paginator().items().send();
    let items = items.collect::<Result<Vec<_>, _>>().await.unwrap();
    items.iter().map(|item| format!("{item:?}").to_lowercase()).collect()
}
