//! The Lambda function behind `POST /api/v1/leads`.

use flextell::create_lead;
use shared::{Context, run_function};
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    run_function(Context::from_env, |context, request| Box::pin(create_lead(context, request)))
        .await
}
