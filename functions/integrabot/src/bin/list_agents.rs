//! The Lambda function behind `GET /v1/agents`.

use leadhook_integrabot::ListAgents;
use shared::{account_request::handle, delivery::Context, function::run_function};
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    run_function(Context::from_env, |context, request| {
        Box::pin(handle::<ListAgents>(context, request))
    })
    .await
}
