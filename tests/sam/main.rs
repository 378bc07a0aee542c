//! The functions of `template.yaml` under the SAM CLI, as `samconfig.toml` sets it up, over
//! the table of a running `leadhook serve`.
//!
//! Run by `tests/sam/run.sh`, which brings the SAM CLI, a Docker engine and the table.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where and stop")]

mod invoke;
mod start_api;

use serde_json::Value;
use std::{env, io::Write, path::Path, process::Command};
use tempfile::NamedTempFile;

/// The SAM CLI's binary.
const SAM_VARIABLE: &str = "TEST_SAM";
/// Where containers reach the table.
const ENDPOINT_VARIABLE: &str = "TEST_SAM_ENDPOINT";

/// `sam local`, with its functions' variables.
struct SamLocal {
    binary: String,
    environment: NamedTempFile,
}

impl SamLocal {
    /// Over the table of this run; `None` where this run has no SAM CLI to test.
    fn over_the_table() -> Option<Self> {
        Self::over(&env::var(ENDPOINT_VARIABLE).unwrap_or_default())
    }

    /// Over the DynamoDB that containers reach at this address, in place of the one in
    /// `events/environment.json`.
    fn over(endpoint: &str) -> Option<Self> {
        let Ok(binary) = env::var(SAM_VARIABLE) else {
            eprintln!("skipped: {SAM_VARIABLE} names no SAM CLI");
            return None;
        };
        let variables = include_str!("../../events/environment.json");
        let mut variables: Value = serde_json::from_str(variables).unwrap();
        variables["Parameters"]["AWS_ENDPOINT_URL_DYNAMODB"] = endpoint.into();
        let mut environment = NamedTempFile::new().unwrap();
        environment.write_all(variables.to_string().as_bytes()).unwrap();
        Some(Self { binary, environment })
    }

    /// A command for the functions over a table of this name.
    fn command(&self, subcommand: &str, table_name: &str) -> Command {
        let mut command = Command::new(&self.binary);
        command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."));
        command.args(["local", subcommand, "--env-vars"]).arg(self.environment.path());
        command.env("TABLE_NAME", table_name);
        // It asks AWS whose the credentials are, and goes on without an answer.
        command.env("AWS_MAX_ATTEMPTS", "1");
        command
    }
}
