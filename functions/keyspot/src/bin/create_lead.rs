//! The Lambda function behind `POST /v1/leads`.

use keyspot::{Keyspot, create_lead};
use shared::run_function;
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    run_function(Keyspot::from_env, |keyspot, request| Box::pin(create_lead(keyspot, request)))
        .await
}
