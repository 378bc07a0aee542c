//! The Lambda function behind `POST /rest/leads`.

use leadhook_rdstation::RdStation;
use shared::{
    delivery::{Context, create_lead},
    function::run_function,
};
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    run_function(Context::from_env, |context, request| {
        Box::pin(create_lead::<RdStation>(context, request))
    })
    .await
}
