//! A running `leadhook serve`.

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::Value;
use shared::dynamodb::{Patience, connect_local};
use std::{
    collections::HashMap,
    ffi::OsStr,
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Child, Command, Stdio},
    thread::{self, JoinHandle},
};

pub(crate) const TOKEN: &str = "sk_demo_integrabot";
/// How many commands it prints to try: one for each function.
const EXAMPLES: usize = 6;

/// A running `leadhook serve` and what it said at its start.
pub(crate) struct Serve {
    pub(crate) process: Child,
    /// Its log, read as it comes: a full pipe would stop the server.
    log: JoinHandle<String>,
    pub(crate) base: String,
    pub(crate) table: String,
    pub(crate) curl_lines: Vec<String>,
}

impl Serve {
    pub(crate) fn command(arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_leadhook"));
        command.args(["serve", "--port", "0"]).args(arguments);
        command.env_remove("AWS_ENDPOINT_URL_DYNAMODB").env_remove("RUST_LOG");
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn start(command: &mut Command) -> Self {
        let mut process = command.spawn().unwrap();
        let mut stderr = process.stderr.take().unwrap();
        let log = thread::spawn(move || {
            let mut log = String::new();
            stderr.read_to_string(&mut log).unwrap();
            log
        });
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut lines = lines.map(Result::unwrap);
        let last_word = |line: String| line.split(' ').next_back().unwrap().to_owned();
        let base = last_word(lines.next().unwrap());
        let table = last_word(lines.next().unwrap());
        // Over another table it prints no examples, and nothing more until it stops.
        let is_own = |(name, _): (&OsStr, _)| name != "TABLE_NAME";
        let examples = if command.get_envs().all(is_own) { EXAMPLES } else { 0 };
        let is_curl_line = |line: &String| line.starts_with("  curl");
        let curl_lines = lines.filter(is_curl_line).take(examples).collect();
        Self { process, log, base, table, curl_lines }
    }

    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self::start(&mut Self::command(&["--data-dir", folder.to_str().unwrap()]))
    }

    pub(crate) fn signal(&self, name: &str) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    /// Stops it as Ctrl-C does, and gives its log.
    pub(crate) fn stop(self) -> String {
        self.signal("INT");
        self.wait()
    }

    /// Waits for its good end, and gives its log.
    pub(crate) fn wait(mut self) -> String {
        assert!(self.process.wait().unwrap().success());
        self.log.join().unwrap()
    }

    pub(crate) fn lead_url(&self) -> String {
        format!("{}/integrabot/v1/leads", self.base)
    }

    pub(crate) async fn create(&self, body: &Value) -> (u16, Value) {
        let request = reqwest::Client::new().post(self.lead_url()).bearer_auth(TOKEN).json(body);
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    pub(crate) async fn items(&self) -> Vec<HashMap<String, AttributeValue>> {
        let client = connect_local(&self.table, Patience::LOCAL);
        let items = client.scan().table_name("leadhook").into_paginator().items().send();
        items.collect::<Result<_, _>>().await.unwrap()
    }
}
