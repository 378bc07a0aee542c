//! The Lambda function behind `GET /v1/values/{entity}/{field}`.

use leadhook_keyspot::{Keyspot, ListValues};
use shared::{account_request::handle, function::run_function};
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    run_function(Keyspot::from_env, |keyspot, request| {
        Box::pin(handle::<ListValues>(keyspot, request))
    })
    .await
}
