//! Connects the AWS SDK to the engine without a socket.

use crate::engine::{Engine, operation};
use aws_sdk_dynamodb::config::{
    SharedHttpClient,
    http::{HttpRequest, HttpResponse},
};
use aws_smithy_runtime_api::{
    client::{
        http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn},
        result::ConnectorError,
    },
    http::StatusCode,
};
use jiff::{Timestamp, fmt::rfc2822::DateTimePrinter};
use shared::model::ClockAndRandom;
use std::fmt;

struct InProcess {
    engine: Engine,
    system: ClockAndRandom,
}

impl fmt::Debug for InProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InProcess").finish_non_exhaustive()
    }
}

/// An HTTP client for the SDK that sends its requests to the engine in this process. Its answers
/// have the time of `system`.
pub(crate) fn in_process_client(engine: Engine, system: ClockAndRandom) -> SharedHttpClient {
    let engine = engine.without_tokens();
    let connector = SharedHttpConnector::new(InProcess { engine, system });
    http_client_fn(move |_, _| connector.clone())
}

impl HttpConnector for InProcess {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (engine, system) = (self.engine.clone(), self.system.clone());
        HttpConnectorFuture::new(async move {
            let (operation, body) = read(&request)
                .ok_or_else(|| ConnectorError::user("not a DynamoDB request".into()))?;
            let (status, answer) = engine.call(operation, body).await;
            let status =
                StatusCode::try_from(status).map_err(|e| ConnectorError::other(e.into(), None))?;
            let mut response = HttpResponse::new(status, answer.into());
            // A server sets it too. It is the table's clock.
            if let Some(date) = write_date(system.now()) {
                response.headers_mut().insert("date", date);
            }
            Ok(response)
        })
    }
}

/// A time as a `Date` header has it.
pub(crate) fn write_date(time: Timestamp) -> Option<String> {
    DateTimePrinter::new().timestamp_to_rfc9110_string(&time).ok()
}

fn read(request: &HttpRequest) -> Option<(String, String)> {
    let operation = operation(request.headers().get("x-amz-target")?)?;
    let body = std::str::from_utf8(request.body().bytes()?).ok()?;
    Some((operation.to_owned(), body.to_owned()))
}
