use crate::{Environment, StartUpError, telemetry};
use lambda_http::{Body, Request, Response, service_fn};
use std::{convert::Infallible, pin::Pin, process::ExitCode};

/// A function's handler: answers one request, given what its start-up made.
pub type Handler<C> =
    for<'a> fn(&'a C, &'a Request) -> Pin<Box<dyn Future<Output = Response<Body>> + Send + 'a>>;

/// Runs a Lambda function until its runtime ends it. What keeps it from starting is one
/// line in its log.
pub async fn run_function<C: Sync>(
    start_up: impl AsyncFnOnce(&Environment) -> Result<C, StartUpError>,
    handler: Handler<C>,
) -> ExitCode {
    telemetry::start_json_logs();
    let context = match start_up(&Environment::of_process()).await {
        Ok(context) => context,
        Err(error) => {
            tracing::error!(%error, "the function cannot start");
            return ExitCode::FAILURE;
        }
    };
    let context = &context;
    let handle =
        |request: Request| async move { Ok::<_, Infallible>(handler(context, &request).await) };
    match lambda_http::run(service_fn(handle)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error, "the function stopped");
            ExitCode::FAILURE
        }
    }
}
