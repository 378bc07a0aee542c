//! The Lambda function behind `DELETE /api/v1/chatbots/{chatbotId}/leads/{leadId}` and
//! `DELETE /api/v1/leads/{leadId}`.

use leadhook_pollybot::DeleteLead;
use shared::{account_request::handle, delivery::Context, function::run_function};
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    run_function(Context::from_env, |context, request| {
        Box::pin(handle::<DeleteLead>(context, request))
    })
    .await
}
