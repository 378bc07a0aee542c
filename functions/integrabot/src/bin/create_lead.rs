//! The Lambda function behind `POST /v1/leads`.

use integrabot::create_lead;
use shared::{Context, run_function};
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    run_function(Context::from_env, |context, request| Box::pin(create_lead(context, request)))
        .await
}
