//! The Lambda function behind `GET /v1/agents`.

use leadhook_integrabot::ListAgents;
use shared::{delivery::Context, function::run_function, reading::read};
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    run_function(Context::from_env, |context, request| {
        Box::pin(read::<ListAgents>(context, request))
    })
    .await
}
