//! The Lambda function that forwards leads. The table's stream and a schedule wake it.

use forwarding::{ForwardLeads, forward_leads};
use shared::function::run_event_function;
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    run_event_function(ForwardLeads::from_env, |state, event| Box::pin(forward_leads(state, event)))
        .await
}
