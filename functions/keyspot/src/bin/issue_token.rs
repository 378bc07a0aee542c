//! The Lambda function behind `POST /v1/auth/token`.

use leadhook_keyspot::{Keyspot, issue_token};
use shared::function::run_function;
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    run_function(Keyspot::from_env, |keyspot, request| Box::pin(issue_token(keyspot, request)))
        .await
}
