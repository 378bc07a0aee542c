//! The Lambda function behind `GET /rest/leads`.

use leadhook_rdstation::ListLeads;
use shared::{delivery::Context, function::run_function, reading::read};
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    run_function(Context::from_env, |context, request| {
        Box::pin(read::<ListLeads>(context, request))
    })
    .await
}
