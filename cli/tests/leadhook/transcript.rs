//! Runs command lines as people type them, beside a running server.

use crate::server::Serve;
use regex::Regex;
use snapbox::Redactions;
use std::{env, path::Path, process::Command};
use tempfile::TempDir;

/// A folder, and a server that stores its table there. Command lines run in this folder.
pub(crate) struct Shell {
    pub(crate) folder: TempDir,
    pub(crate) serve: Serve,
}

/// The server's address in documents and help texts.
const SHOWN_BASE: &str = "http://127.0.0.1:3000";

impl Shell {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Serve::command(&[]);
        let serve = Serve::start(command.current_dir(folder.path()));
        Self { folder, serve }
    }

    /// Runs a command line; its exit code, and its output with its errors.
    pub(crate) fn run(&self, line: &str) -> (Option<i32>, String) {
        let line = line.replace(SHOWN_BASE, &self.serve.base);
        let binaries = Path::new(env!("CARGO_BIN_EXE_leadhook")).parent().unwrap();
        let path = format!("{}:{}", binaries.display(), env::var("PATH").unwrap());
        let mut shell = Command::new("bash");
        shell.args(["-c", &format!("{{ {line}\n}} 2>&1")]).current_dir(self.folder.path());
        shell.env("PATH", path).env("LEADHOOK_URL", &self.serve.base).env("COLUMNS", "80");
        shell
            .env("HOME", self.folder.path())
            .env("EDITOR", "sed -i s/maria/eva@exemplo.com/")
            .env_remove("VISUAL");
        for variable in ["AWS_ENDPOINT_URL_DYNAMODB", "TABLE_NAME", "AWS_PROFILE", "AWS_REGION"] {
            shell.env_remove(variable);
        }
        let output = shell.output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    }
}

/// Replaces what differs from one run to the next.
pub(crate) fn redactions() -> Redactions {
    let patterns = [
        ("[TIME]", r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{3})?Z"),
        ("[HTTPDATE]", r"\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT"),
        ("[DAY]", r"\b\d{4}-\d{2}-\d{2}\b"),
        ("[ADDRESS]", r"127\.0\.0\.1:\d+"),
        ("[LENGTH]", r"content-length: (?<redacted>\d+)"),
        ("[TOKEN]", r"sk_[0-9A-Za-z]{48}"),
        ("[LEADID]", r"\b\d{15,16}\b"),
        ("[KEYID]", r"\b[0-9a-f]{12}\b"),
        ("[DURATION]", r"\b\d+ ms\b"),
        ("[UNITS]", r"\b\d+ read units\b"),
        ("[LIVE]", r"\b\d+ live, for (?:[a-z]+,\s+)*[a-z]+"),
        ("[GAP]", r"  +"),
    ];
    let mut redactions = Redactions::new();
    for (placeholder, pattern) in patterns {
        redactions.insert(placeholder, Regex::new(pattern).unwrap()).unwrap();
    }
    redactions
}
