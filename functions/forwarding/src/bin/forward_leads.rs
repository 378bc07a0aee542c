//! The Lambda function that forwards leads. The table's stream and a schedule wake it.

use forwarding::{Forwarder, forward_leads};
use shared::function::run_event_function;
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    run_event_function(Forwarder::from_env, |forwarder, event| {
        Box::pin(async move { forward_leads(&forwarder.disconnected(), event).await })
    })
    .await
}
