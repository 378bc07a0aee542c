//! The Lambda function behind `GET /v1/agents/{uuid}`.

use leadhook_integrabot::GetAgent;
use shared::{delivery::Context, function::run_function, reading::read};
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    run_function(Context::from_env, |context, request| Box::pin(read::<GetAgent>(context, request)))
        .await
}
