//! A running `leadhook serve`.

use aws_sdk_dynamodb::{Client, types::AttributeValue};
use local::connect_to;
use providers::examples;
use serde_json::Value;
use shared::table::Timeouts;
use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Child, Command, Stdio},
    thread::{self, JoinHandle},
};

pub(crate) const TOKEN: &str = "sk_demo_integrabot";

/// A running `leadhook serve` and what it printed at its start. It ends with its test.
pub(crate) struct Serve {
    pub(crate) process: Child,
    /// Its log. A thread reads it all the time, because a full pipe would stop the server.
    log: Option<JoinHandle<String>>,
    pub(crate) base: String,
    /// The DynamoDB address of its table.
    pub(crate) table: String,
    /// The access key of its table. A table that is not its own accepts any.
    pub(crate) access_key: String,
    pub(crate) curl_lines: Vec<String>,
    /// The one-time address of its console.
    pub(crate) console: String,
}

/// A command of `leadhook` that is killed when the thread of its test ends.
pub(crate) fn leadhook() -> Command {
    let leadhook = env!("CARGO_BIN_EXE_leadhook");
    let knows = Command::new("setpriv").args(["--pdeathsig", "KILL", "true"]).output();
    if knows.is_ok_and(|output| output.status.success()) {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", leadhook]);
        return command;
    }
    Command::new(leadhook)
}

impl Serve {
    pub(crate) fn command(arguments: &[&str]) -> Command {
        let mut command = leadhook();
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
        let last_word = |line: &str| line.split(' ').next_back().unwrap().to_owned();
        let base = last_word(&lines.next().unwrap());
        let kept = lines.next().unwrap();
        let mut serve = Self {
            process,
            log: Some(log),
            base,
            table: last_word(&kept),
            access_key: "local".to_owned(),
            curl_lines: Vec::new(),
            console: String::new(),
        };
        // With another table it prints no key and no examples.
        if kept.contains(", in the table") {
            let key = lines.find_map(|line| {
                let assignment = line.split_whitespace().next()?;
                Some(assignment.strip_prefix("AWS_ACCESS_KEY_ID=")?.to_owned())
            });
            serve.access_key = key.unwrap();
            let is_curl_line = |line: &String| line.starts_with("  curl");
            serve.curl_lines =
                lines.by_ref().filter(is_curl_line).take(examples("").len()).collect();
        }
        let link = lines.find(|line| line.contains("/console/start?token="));
        link.unwrap().trim().clone_into(&mut serve.console);
        serve
    }

    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self::start(&mut Self::command(&["--data-dir", folder.to_str().unwrap()]))
    }

    pub(crate) fn signal(&self, name: &str) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    /// Stops it as Ctrl-C does, and returns its log.
    pub(crate) fn stop(self) -> String {
        self.signal("INT");
        self.wait()
    }

    /// Waits until it ends without an error, and returns its log.
    pub(crate) fn wait(mut self) -> String {
        assert!(self.process.wait().unwrap().success());
        self.log.take().unwrap().join().unwrap()
    }

    /// Kills it, and returns its log.
    pub(crate) fn kill(mut self) -> String {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        self.log.take().unwrap().join().unwrap()
    }

    pub(crate) fn lead_url(&self) -> String {
        format!("{}/integrabot/v1/leads", self.base)
    }

    pub(crate) async fn create(&self, body: &Value) -> (u16, Value) {
        let request = reqwest::Client::new().post(self.lead_url()).bearer_auth(TOKEN).json(body);
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// A client of its table.
    pub(crate) fn client(&self) -> Client {
        connect_to(&self.table, &self.access_key, Timeouts::LOCAL)
    }

    pub(crate) async fn items(&self) -> Vec<HashMap<String, AttributeValue>> {
        let items = self.client().scan().table_name("leadhook").into_paginator().items().send();
        items.collect::<Result<_, _>>().await.unwrap()
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
