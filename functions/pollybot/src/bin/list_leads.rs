//! The Lambda function behind `GET /api/v1/chatbots/{chatbotId}/leads` and
//! `GET /api/v1/leads`.

use leadhook_pollybot::ListLeads;
use shared::{account_request::handle, delivery::Context, function::run_function};
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    run_function(Context::from_env, |context, request| {
        Box::pin(handle::<ListLeads>(context, request))
    })
    .await
}
