use crate::{
    dynamodb::{actions, consumed_units, edited},
    fault::Fault,
    http::{HttpAnswer, serve},
};
use axum::http::{
    Request, Response,
    header::{CONTENT_LENGTH, DATE, HOST},
    request::Parts,
};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use jiff::fmt::rfc2822::DateTimePrinter;
use shared::model::ClockAndRandom;
use std::{
    collections::{BTreeSet, VecDeque},
    io, mem,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
};

/// The operations whose capacity is measured.
const MEASURED_OPERATIONS: [&str; 7] = [
    "BatchGetItem",
    "DeleteItem",
    "GetItem",
    "PutItem",
    "Query",
    "TransactWriteItems",
    "UpdateItem",
];

/// A proxy in front of a table. It counts the requests and can fail.
pub struct FaultyConnection {
    /// The address it listens on.
    pub endpoint: String,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    upstream: String,
    client: reqwest::Client,
    /// The clock that the table seems to have; none: the system's.
    system: Option<ClockAndRandom>,
    passed: Mutex<Vec<String>>,
    actions: Mutex<BTreeSet<String>>,
    consumed: Mutex<f64>,
    faults: Mutex<VecDeque<(&'static str, Fault)>>,
    away: AtomicBool,
    silent: AtomicBool,
}

impl FaultyConnection {
    /// A connection to the table at `upstream`.
    pub async fn to(upstream: &str) -> Self {
        Self::to_state(State { upstream: upstream.to_owned(), ..State::default() }).await
    }

    /// A connection to the table at `upstream`, whose clock seems to be that of `system`.
    pub async fn with_clock(upstream: &str, system: ClockAndRandom) -> Self {
        let (upstream, system) = (upstream.to_owned(), Some(system));
        Self::to_state(State { upstream, system, ..State::default() }).await
    }

    async fn to_state(state: State) -> Self {
        let state = Arc::new(state);
        let endpoint = serve(Arc::clone(&state), pass).await;
        Self { endpoint, state }
    }

    /// The next request of this DynamoDB operation gets this fault.
    pub fn fail_next(&self, operation: &'static str, fault: Fault) {
        self.state.faults.lock().unwrap().push_back((operation, fault));
    }

    /// Whether all requests are lost.
    pub fn set_away(&self, away: bool) {
        self.state.away.store(away, SeqCst);
    }

    /// Whether requests arrive but get no answer.
    pub fn set_silent(&self, silent: bool) {
        self.state.silent.store(silent, SeqCst);
    }

    /// The capacity units since the last call, as the table counts them: for reads and for
    /// successful writes, not for refused writes.
    pub fn take_consumed_units(&self) -> f64 {
        mem::take(&mut *self.state.consumed.lock().unwrap())
    }

    /// The IAM actions that the requests since the last call need.
    pub fn take_actions(&self) -> BTreeSet<String> {
        mem::take(&mut *self.state.actions.lock().unwrap())
    }

    /// The DynamoDB operations of the requests since the last call.
    pub fn take_operations(&self) -> Vec<String> {
        mem::take(&mut *self.state.passed.lock().unwrap())
    }
}

/// A request runs to its end even if its sender is gone.
async fn pass(state: Arc<State>, request: Request<Incoming>) -> HttpAnswer {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let carried = tokio::spawn(async move { carry(&state, head, body).await });
    carried.await.map_err(io::Error::other)?
}

async fn carry(state: &State, mut head: Parts, mut body: Bytes) -> HttpAnswer {
    let target = head.headers["x-amz-target"].to_str().unwrap();
    let operation = target.rsplit('.').next().unwrap().to_owned();
    let fault = next_fault(state, &operation);
    if MEASURED_OPERATIONS.contains(&operation.as_str()) {
        body = edited(&body, "ReturnConsumedCapacity", "TOTAL");
        head.headers.remove(CONTENT_LENGTH);
    }
    state.actions.lock().unwrap().extend(actions(&operation, &body));
    state.passed.lock().unwrap().push(operation.clone());
    if fault == Some(Fault::RequestLost) || state.away.load(SeqCst) {
        return Err(io::Error::other("request lost"));
    }
    if state.silent.load(SeqCst) {
        return std::future::pending().await;
    }
    if let Some((status, error)) = fault.and_then(|fault| fault.refusal(&operation)) {
        return Ok(Response::builder().status(status).body(error.to_string().into()).unwrap());
    }
    let mut answer = ask_table(state, head, body).await?;
    match fault {
        Some(Fault::AnswerLost | Fault::AnswerAndTokenLost) => {
            return Err(io::Error::other("answer lost"));
        }
        Some(Fault::Delayed(by)) => tokio::time::sleep(by).await,
        Some(Fault::RequestLost | Fault::Conflict | Fault::Throttled | Fault::Failed) | None => {}
    }
    if let Some(system) = &state.system {
        let date = DateTimePrinter::new().timestamp_to_rfc9110_string(&system.now()).unwrap();
        answer.headers_mut().insert(DATE, date.parse().unwrap());
    }
    Ok(answer)
}

/// The answer of the table.
async fn ask_table(state: &State, mut head: Parts, body: Bytes) -> HttpAnswer {
    // The `Host` must be the table's own address.
    head.headers.remove(HOST);
    let answer = state.client.post(&state.upstream).headers(head.headers).body(body).send().await;
    let answer = answer.map_err(io::Error::other)?;
    let status = answer.status();
    let bytes = answer.bytes().await.map_err(io::Error::other)?;
    *state.consumed.lock().unwrap() += consumed_units(&bytes);
    let mut response = Response::new(Full::new(bytes));
    *response.status_mut() = status;
    Ok(response)
}

fn next_fault(state: &State, operation: &str) -> Option<Fault> {
    let mut faults = state.faults.lock().unwrap();
    let position = faults.iter().position(|(wanted, _)| *wanted == operation)?;
    faults.remove(position).map(|(_, fault)| fault)
}
