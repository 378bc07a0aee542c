//! The Lambda function behind `POST /api/v1/chatbots/{chatbotId}/leads` and `POST /api/v1/leads`.

use leadhook_pollybot::PollyBot;
use shared::{
    delivery::{Context, create_lead},
    function::run_function,
    request::rules::prepare_email_rule,
};
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    prepare_email_rule();
    run_function(Context::from_env, |context, request| {
        Box::pin(create_lead::<PollyBot>(context, request))
    })
    .await
}
