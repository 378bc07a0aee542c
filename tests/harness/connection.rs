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
use serde_json::Value;
use shared::model::ClockAndRandom;
use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    io, mem,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

/// The requests of a create.
const CREATE_OPERATIONS: [&str; 5] =
    ["BatchGetItem", "GetItem", "PutItem", "TransactWriteItems", "UpdateItem"];

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
    script: Mutex<VecDeque<Option<Fault>>>,
    away: AtomicBool,
    silent: AtomicBool,
    /// Client request tokens that the table has forgotten, and their replacements.
    forgotten: Mutex<HashMap<String, String>>,
    /// The writes of each client request token.
    tokens: Mutex<HashMap<String, Value>>,
    misused_tokens: AtomicUsize,
    under_way: AtomicUsize,
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

    /// The next requests of any operation get these faults, in the order in which they arrive.
    pub fn set_script(&self, faults: impl IntoIterator<Item = Option<Fault>>) {
        *self.state.script.lock().unwrap() = faults.into_iter().collect();
    }

    /// Waits until no request is running, not even one whose sender gave up.
    pub async fn settle(&self) {
        while self.state.under_way.load(SeqCst) > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Forgets all requests.
    pub fn forget(&self) {
        self.take_operations();
        self.state.tokens.lock().unwrap().clear();
        self.state.forgotten.lock().unwrap().clear();
        self.state.misused_tokens.store(0, SeqCst);
    }

    /// How many transactions had no client request token, or the token of another write.
    pub fn misused_tokens(&self) -> usize {
        self.state.misused_tokens.load(SeqCst)
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
    state.under_way.fetch_add(1, SeqCst);
    let carried = tokio::spawn(async move {
        let answer = carry(&state, head, body).await;
        state.under_way.fetch_sub(1, SeqCst);
        answer
    });
    carried.await.map_err(io::Error::other)?
}

async fn carry(state: &State, mut head: Parts, mut body: Bytes) -> HttpAnswer {
    let target = head.headers["x-amz-target"].to_str().unwrap();
    let operation = target.rsplit('.').next().unwrap().to_owned();
    let fault = next_fault(state, &operation);
    if operation == "TransactWriteItems" {
        check_token(state, &body);
    }
    if CREATE_OPERATIONS.contains(&operation.as_str()) {
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
    body = with_forgotten_token(state, body, fault);
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

/// Every transaction has a token. The same token means the same write.
fn check_token(state: &State, body: &[u8]) {
    let request: Value = serde_json::from_slice(body).unwrap();
    let Some(token) = request["ClientRequestToken"].as_str() else {
        state.misused_tokens.fetch_add(1, SeqCst);
        return;
    };
    let mut tokens = state.tokens.lock().unwrap();
    let write = &request["TransactItems"];
    if tokens.insert(token.to_owned(), write.clone()).is_some_and(|before| before != *write) {
        state.misused_tokens.fetch_add(1, SeqCst);
    }
}

fn with_forgotten_token(state: &State, body: Bytes, fault: Option<Fault>) -> Bytes {
    let request: Value = serde_json::from_slice(&body).unwrap();
    let Some(token) = request["ClientRequestToken"].as_str() else { return body };
    let mut forgotten = state.forgotten.lock().unwrap();
    let another = forgotten.get(token).cloned();
    if fault == Some(Fault::AnswerAndTokenLost) {
        forgotten.insert(token.to_owned(), format!("{:032x}", rand::random::<u128>()));
    }
    another.map_or(body.clone(), |another| edited(&body, "ClientRequestToken", &another))
}

fn next_fault(state: &State, operation: &str) -> Option<Fault> {
    if let Some(fault) = state.script.lock().unwrap().pop_front() {
        return fault;
    }
    let mut faults = state.faults.lock().unwrap();
    let position = faults.iter().position(|(wanted, _)| *wanted == operation)?;
    faults.remove(position).map(|(_, fault)| fault)
}
