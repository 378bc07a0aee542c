//! Lambda's Runtime API for a function on this machine:
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>.

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use std::{net::Ipv4Addr, time::Instant};
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot},
};

/// The time at which an invocation ends, in Unix milliseconds: the functions here have no deadline.
const NEVER: &str = "4102444800000";

/// A call of the function.
pub(crate) enum Call {
    /// It asks for the next event.
    Next(Instant, oneshot::Sender<String>),
    /// It answers an event.
    Answer(Instant, String),
    /// It reports a fault.
    Fault(String),
}

/// The Runtime API. Functions run one after the other.
pub(crate) struct RuntimeApi {
    /// The address that functions get.
    pub(crate) address: String,
    calls: mpsc::UnboundedReceiver<Call>,
}

impl RuntimeApi {
    /// Listens on a free port of this machine.
    pub(crate) async fn start() -> Self {
        let (sender, calls) = mpsc::unbounded_channel();
        let invocation = "/2018-06-01/runtime/invocation";
        let router = Router::new()
            .route(&format!("{invocation}/next"), get(next))
            .route(&format!("{invocation}/{{id}}/response"), post(answer))
            .route(&format!("{invocation}/{{id}}/error"), post(fault))
            .route("/2018-06-01/runtime/init/error", post(fault))
            .with_state(sender);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(local::listen(listener, router, std::future::pending()));
        Self { address, calls }
    }

    /// The next call of the function that runs.
    pub(crate) async fn next_call(&mut self) -> Call {
        self.calls.recv().await.unwrap()
    }

    /// Forgets the calls of a function that was stopped.
    pub(crate) fn forget(&mut self) {
        while self.calls.try_recv().is_ok() {}
    }
}

type Calls = State<mpsc::UnboundedSender<Call>>;

async fn next(State(calls): Calls) -> Response {
    let (give, event) = oneshot::channel();
    calls.send(Call::Next(Instant::now(), give)).unwrap();
    // The bench stops the function while it waits for an event.
    let Ok(event) = event.await else { return StatusCode::GONE.into_response() };
    let headers = [
        ("content-type", "application/json"),
        ("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd"),
        ("lambda-runtime-deadline-ms", NEVER),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:0:function:bench"),
        ("lambda-runtime-trace-id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700"),
    ];
    (headers, event).into_response()
}

async fn answer(State(calls): Calls, body: String) -> StatusCode {
    calls.send(Call::Answer(Instant::now(), body)).unwrap();
    StatusCode::ACCEPTED
}

async fn fault(State(calls): Calls, body: String) -> StatusCode {
    calls.send(Call::Fault(body)).unwrap();
    StatusCode::ACCEPTED
}
