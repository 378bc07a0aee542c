use super::{
    answer_event::AnswerEvent,
    environment::{Environment, StartUpError},
    logs::start_json_logs,
};
use crate::{delivery::Answer, request::Request};
use lambda_http::{
    LambdaEvent,
    lambda_runtime::{run, service_fn},
};
use std::{convert::Infallible, pin::Pin, process::ExitCode};

/// A function's handler: it answers one request with the state that the start-up made.
pub type Handler<S> =
    for<'a> fn(&'a S, &'a Request) -> Pin<Box<dyn Future<Output = Answer> + Send + 'a>>;

/// Runs a Lambda function until its runtime ends it. If it cannot start, it logs why in one line.
pub async fn run_function<S: Sync>(
    start_up: impl AsyncFnOnce(&Environment) -> Result<S, StartUpError>,
    handler: Handler<S>,
) -> ExitCode {
    start_json_logs();
    let state = match start_up(&Environment::of_process()).await {
        Ok(state) => state,
        Err(error) => {
            tracing::error!(%error, "the function cannot start");
            return ExitCode::FAILURE;
        }
    };
    let state = &state;
    let handle = |event: LambdaEvent<Request>| async move {
        let answer = handler(state, &event.payload).await;
        Ok::<_, Infallible>(AnswerEvent::from(answer))
    };
    match run(service_fn(handle)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error, "the function stopped");
            ExitCode::FAILURE
        }
    }
}
