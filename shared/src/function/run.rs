use super::{
    answer_event::AnswerEvent,
    environment::{Environment, StartUpError},
    logs::start_json_logs,
};
use crate::{delivery::Handled, request::Request, table::StoreError};
use lambda_http::{
    LambdaEvent,
    lambda_runtime::{Diagnostic, run, service_fn},
};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, Error},
};
use serde_json::value::RawValue;
use std::{convert::Infallible, fmt, pin::Pin, process::ExitCode};

/// A function's handler: it answers one request with the state that the start-up made.
pub type Handler<S> =
    for<'a> fn(&'a S, &'a Request) -> Pin<Box<dyn Future<Output = Handled> + Send + 'a>>;

/// The handler of a function that answers nobody. If it fails, AWS gives it the event again.
pub type EventHandler<S, E> =
    for<'a> fn(&'a S, &'a E) -> Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send + 'a>>;

/// Runs a Lambda function behind the API until its runtime ends it. If it cannot start, it logs why
/// in one line.
pub async fn run_function<S: Sync>(
    start_up: impl AsyncFnOnce(&Environment) -> Result<S, StartUpError>,
    handler: Handler<S>,
) -> ExitCode {
    run_with(start_up, async |state: &S, request: Request| {
        Ok::<_, Infallible>(AnswerEvent::from(handler(state, &request).await.answer))
    })
    .await
}

/// Runs a Lambda function that events wake until its runtime ends it. If it cannot start, it logs
/// why in one line.
pub async fn run_event_function<S: Sync, E: DeserializeOwned>(
    start_up: impl AsyncFnOnce(&Environment) -> Result<S, StartUpError>,
    handler: EventHandler<S, E>,
) -> ExitCode {
    run_with(start_up, async |state: &S, event: E| {
        handler(state, &event).await.map_err(|error| error.to_string())
    })
    .await
}

async fn run_with<S, E: DeserializeOwned, A: Serialize, F>(
    start_up: impl AsyncFnOnce(&Environment) -> Result<S, StartUpError>,
    handle: impl AsyncFn(&S, E) -> Result<A, F>,
) -> ExitCode
where
    F: Into<Diagnostic> + fmt::Debug,
{
    let environment = Environment::of_process();
    start_json_logs(&environment);
    let state = match start_up(&environment).await {
        Ok(state) => state,
        Err(error) => {
            tracing::error!(%error, "the function cannot start");
            return ExitCode::FAILURE;
        }
    };
    let (state, handle) = (&state, &handle);
    let handle = |event: LambdaEvent<Event<E>>| async move { handle(state, event.payload.0).await };
    match run(service_fn(handle)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error, "the function stopped");
            ExitCode::FAILURE
        }
    }
}

/// An event. It is first taken as raw JSON, because the runtime's deserializer records the path of
/// each member that it reads.
struct Event<E>(E);

impl<'de, E: DeserializeOwned> Deserialize<'de> for Event<E> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = <&RawValue>::deserialize(deserializer)?;
        serde_json::from_str(json.get()).map(Self).map_err(D::Error::custom)
    }
}
