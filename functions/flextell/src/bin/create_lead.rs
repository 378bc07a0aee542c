//! The Lambda function behind `POST /api/v1/leads`.

use leadhook_flextell::Flextell;
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
        Box::pin(create_lead::<Flextell>(context, request))
    })
    .await
}
