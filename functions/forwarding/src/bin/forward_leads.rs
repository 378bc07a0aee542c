//! The Lambda function that forwards leads. The table's stream and a schedule wake it.

use forwarding::{Forwarder, forward_leads, write_log};
use shared::function::run_event_function;
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    run_event_function(Forwarder::from_env, |forwarder, event| {
        Box::pin(async move {
            let report = forward_leads(&forwarder.disconnected(), event).await?;
            report.iter().for_each(write_log);
            Ok(())
        })
    })
    .await
}
