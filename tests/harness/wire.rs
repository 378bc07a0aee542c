use crate::http::{HttpAnswer, serve};
use axum::http::{Request, Response, header::CONTENT_LENGTH};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use serde_json::Value;
use std::{
    collections::{BTreeSet, VecDeque},
    io, mem,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Duration,
};

/// What happens to a request on its way to the table, or to its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The table does what it is asked, but the answer never arrives.
    AnswerLost,
    /// The request never arrives.
    RequestLost,
    /// The answer comes after this time.
    Delayed(Duration),
    /// Like `AnswerLost`, and the table forgets the client request token, as the embedded
    /// one does when it is restarted.
    AnswerAndTokenLost,
}

/// What a create asks of the table.
const CREATE_OPERATIONS: [&str; 4] = ["BatchGetItem", "GetItem", "PutItem", "TransactWriteItems"];

/// A proxy in front of a table, which counts what passes and fails on demand.
pub struct Wire {
    /// Where it listens.
    pub endpoint: String,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    upstream: String,
    client: reqwest::Client,
    passed: Mutex<Vec<String>>,
    actions: Mutex<BTreeSet<String>>,
    consumed: Mutex<f64>,
    faults: Mutex<VecDeque<(&'static str, Fault)>>,
    away: AtomicBool,
    forget_token: Mutex<bool>,
}

impl Wire {
    /// A wire to the table at `upstream`.
    pub async fn to(upstream: &str) -> Self {
        let state = Arc::new(State { upstream: upstream.to_owned(), ..State::default() });
        let endpoint = serve(Arc::clone(&state), pass).await;
        Self { endpoint, state }
    }

    /// The next request of this DynamoDB operation meets this fault.
    pub fn fail_next(&self, operation: &'static str, fault: Fault) {
        self.state.faults.lock().unwrap().push_back((operation, fault));
    }

    /// Whether no request arrives any more.
    pub fn set_away(&self, away: bool) {
        self.state.away.store(away, SeqCst);
    }

    /// The capacity units consumed since this was last asked, as the table counts them: for
    /// writes that were done and for reads, not for writes that were refused.
    pub fn take_consumed_units(&self) -> f64 {
        mem::take(&mut *self.state.consumed.lock().unwrap())
    }

    /// The actions that IAM must have allowed for what has come by since this was last asked.
    pub fn take_actions(&self) -> BTreeSet<String> {
        mem::take(&mut *self.state.actions.lock().unwrap())
    }

    /// The DynamoDB operations that have come by since this was last asked.
    pub fn take_operations(&self) -> Vec<String> {
        mem::take(&mut *self.state.passed.lock().unwrap())
    }
}

async fn pass(state: Arc<State>, request: Request<Incoming>) -> HttpAnswer {
    let (mut head, body) = request.into_parts();
    let mut body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let target = head.headers["x-amz-target"].to_str().unwrap();
    let operation = target.rsplit('.').next().unwrap().to_owned();
    let fault = next_fault(&state, &operation);
    if CREATE_OPERATIONS.contains(&operation.as_str()) {
        body = edited(&body, "ReturnConsumedCapacity", "TOTAL");
        head.headers.remove(CONTENT_LENGTH);
    }
    state.actions.lock().unwrap().extend(actions(&operation, &body));
    state.passed.lock().unwrap().push(operation);
    if fault == Some(Fault::RequestLost) || state.away.load(SeqCst) {
        return Err(io::Error::other("request lost"));
    }
    if mem::take(&mut *state.forget_token.lock().unwrap()) {
        body = edited(&body, "ClientRequestToken", "another");
    }
    let answer = state.client.post(&state.upstream).headers(head.headers).body(body).send().await;
    let answer = answer.map_err(io::Error::other)?;
    let status = answer.status();
    let bytes = answer.bytes().await.map_err(io::Error::other)?;
    *state.consumed.lock().unwrap() += consumed_units(&bytes);
    match fault {
        Some(Fault::AnswerLost) => return Err(io::Error::other("answer lost")),
        Some(Fault::AnswerAndTokenLost) => {
            *state.forget_token.lock().unwrap() = true;
            return Err(io::Error::other("answer lost"));
        }
        Some(Fault::Delayed(by)) => tokio::time::sleep(by).await,
        Some(Fault::RequestLost) | None => {}
    }
    let mut response = Response::new(Full::new(bytes));
    *response.status_mut() = status;
    Ok(response)
}

/// A transaction needs the permission of each write in it, and none of its own.
fn actions(operation: &str, body: &[u8]) -> Vec<String> {
    if operation != "TransactWriteItems" {
        return vec![operation.to_owned()];
    }
    let request: Value = serde_json::from_slice(body).unwrap();
    let writes = request["TransactItems"].as_array().unwrap().iter();
    let names = writes.flat_map(|write| write.as_object().unwrap().keys().cloned());
    names.map(|name| name + "Item").collect()
}

fn next_fault(state: &State, operation: &str) -> Option<Fault> {
    let mut faults = state.faults.lock().unwrap();
    let position = faults.iter().position(|(wanted, _)| *wanted == operation)?;
    faults.remove(position).map(|(_, fault)| fault)
}

fn edited(body: &[u8], member: &str, value: &str) -> Bytes {
    let mut request: Value = serde_json::from_slice(body).unwrap();
    request[member] = value.into();
    request.to_string().into()
}

/// `ConsumedCapacity` is one object, or a list of one for each table.
fn consumed_units(answer: &[u8]) -> f64 {
    let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
    let consumed = &answer["ConsumedCapacity"];
    let units = |table: &Value| table["CapacityUnits"].as_f64().unwrap_or_default();
    consumed.as_array().map_or_else(|| units(consumed), |tables| tables.iter().map(units).sum())
}
