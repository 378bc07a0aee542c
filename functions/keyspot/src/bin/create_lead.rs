//! The Lambda function behind `POST /v1/leads`.

use leadhook_keyspot::Keyspot;
use shared::{delivery::create_lead, function::run_function, request::rules::prepare_email_rule};
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    prepare_email_rule();
    run_function(Keyspot::from_env, |keyspot, request| {
        Box::pin(create_lead::<Keyspot>(keyspot, request))
    })
    .await
}
