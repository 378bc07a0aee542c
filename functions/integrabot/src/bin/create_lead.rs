//! The Lambda function behind `POST /v1/leads`.

use leadhook_integrabot::Integrabot;
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
        Box::pin(create_lead::<Integrabot>(context, request))
    })
    .await
}
