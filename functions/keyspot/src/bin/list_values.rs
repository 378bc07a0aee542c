//! The Lambda function behind `GET /v1/values/{entity}/{field}`.

use leadhook_keyspot::{Keyspot, ListValues};
use shared::{function::run_function, reading::read};
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    run_function(Keyspot::from_env, |keyspot, request| {
        Box::pin(read::<ListValues>(keyspot, request))
    })
    .await
}
