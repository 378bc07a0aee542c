//! The Lambda function behind `POST /v1/leads`.

use integrabot::create_lead;
use lambda_http::{Error, Request, service_fn};
use shared::{Context, telemetry};
use std::convert::Infallible;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::start_json_logs();
    let context = &Context::from_env().await?;
    let handle =
        |request: Request| async move { Ok::<_, Infallible>(create_lead(context, &request).await) };
    lambda_http::run(service_fn(handle)).await
}
