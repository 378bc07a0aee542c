//! The Lambda function behind `PUT /api/v1/chatbots/{chatbotId}/leads/{leadId}` and
//! `PUT /api/v1/leads/{leadId}`.

use leadhook_pollybot::UpdateLead;
use shared::{account_request::handle, delivery::Context, function::run_function};
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    run_function(Context::from_env, |context, request| {
        Box::pin(handle::<UpdateLead>(context, request))
    })
    .await
}
