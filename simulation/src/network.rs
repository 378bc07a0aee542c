//! The connection between the AWS SDK and the table. It loses and delays what the history says.

use crate::{
    table::{Exchange, Refusal},
    task::Task,
    world::World,
};
use aws_sdk_dynamodb::{
    Client,
    config::{
        BehaviorVersion, Builder, Region,
        http::{HttpRequest, HttpResponse},
    },
};
use aws_smithy_async::time::TimeSource;
use aws_smithy_runtime_api::{
    client::{
        http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn},
        result::ConnectorError,
    },
    http::StatusCode,
};
use jiff::fmt::rfc2822::DateTimePrinter;
use serde_json::Value;
use shared::table::{Timeouts, connect as connect_table};
use std::{
    fmt, io,
    sync::{Arc, atomic::Ordering::SeqCst},
    time::{Duration, SystemTime},
};
use tests::Fault;
use tokio::{sync::oneshot, time::sleep};

/// Longer than an attempt of a request may take.
const STALLED: Duration = Duration::from_secs(1);

/// More requests than any history has that ends.
const MOST_REQUESTS: u64 = 50_000;

type Answer = Result<HttpResponse, ConnectorError>;

struct Network(Arc<World>);

/// A request to the table.
struct Request {
    task: Option<Arc<Task>>,
    operation: String,
    body: String,
}

/// A client that sends its requests to the table of the world.
pub(crate) fn connect(world: &Arc<World>, timeouts: Timeouts) -> Client {
    let connector = SharedHttpConnector::new(Network(Arc::clone(world)));
    let builder = Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        // Signing would take a third of the time.
        .allow_no_auth()
        .time_source(Clock(Arc::clone(world)))
        .http_client(http_client_fn(move |_, _| connector.clone()))
        .endpoint_url("http://table");
    connect_table(builder, timeouts)
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Network")
    }
}

impl HttpConnector for Network {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let world = Arc::clone(&self.0);
        let request = Request::read(&request);
        HttpConnectorFuture::new(async move {
            if request.task.is_none() {
                return Ok(world.ask(&request));
            }
            let (send, answer) = oneshot::channel();
            // A request goes on even if its sender does not wait.
            tokio::spawn(async move {
                let answer = carry(&world, request).await;
                // The sender may be gone.
                let _ = send.send(answer);
            });
            // There is none only if the table panicked.
            answer.await.unwrap()
        })
    }
}

impl Request {
    fn read(request: &HttpRequest) -> Self {
        let target = request.headers().get("x-amz-target").unwrap();
        let operation = target.rsplit('.').next().unwrap().to_owned();
        let body = str::from_utf8(request.body().bytes().unwrap()).unwrap().to_owned();
        Self { task: Task::current(), operation, body }
    }

    /// Its operation, and the keys of its items.
    fn describe(&self) -> String {
        let mut keys = Vec::new();
        let body: Value = serde_json::from_str(&self.body).unwrap();
        let mut values = body["ExpressionAttributeValues"].clone();
        // The SDK writes them in any order.
        values.sort_all_objects();
        for (name, value) in values.as_object().into_iter().flatten() {
            keys.push(format!("{name} {value}"));
        }
        find_keys(&body, &mut keys);
        format!("{} {}", self.operation, keys.join(", "))
    }
}

/// Finds the keys in a request, in the order in which they stand there.
fn find_keys(value: &Value, keys: &mut Vec<String>) {
    if let (Some(pk), Some(sk)) = (value["pk"]["S"].as_str(), value["sk"]["S"].as_str()) {
        keys.push(format!("{pk} {sk}"));
    } else if let Some(object) = value.as_object() {
        for value in object.values() {
            find_keys(value, keys);
        }
    } else if let Some(array) = value.as_array() {
        for value in array {
            find_keys(value, keys);
        }
    }
}

async fn carry(world: &World, request: Request) -> Answer {
    let number = world.requests.fetch_add(1, SeqCst);
    assert!(number < MOST_REQUESTS, "the history does not end");
    let fault = u16::try_from(number).ok().and_then(|number| world.faults.get(&number)).copied();
    let fault = fault.filter(|_| !world.is_healed());
    let task = request.task.clone().unwrap();
    note(&task, fault);
    let trace = |what: &str| {
        world.trace(&task.name, || format!("{number} {}: {what}", request.describe()));
    };
    world.delay(&task).await;
    if world.now() < *world.away_until.lock().unwrap() {
        task.note_interruption();
        trace("the table is away");
        return Err(lost("away"));
    }
    if fault == Some(Fault::RequestLost) {
        trace("lost");
        return Err(lost("request"));
    }
    if let Some((status, error)) = fault.and_then(|fault| fault.refusal(&request.operation)) {
        trace("refused");
        return Ok(response(world, status.as_u16(), &error));
    }
    let answer = world.ask(&request);
    let is_done = answer.status().is_success();
    trace(if is_done { "done" } else { "its condition is not true" });
    if fault == Some(Fault::AnswerAndTokenLost) {
        world.table.lock().unwrap().forget(&request.body);
    }
    match fault {
        Some(Fault::AnswerLost | Fault::AnswerAndTokenLost) => {
            trace("the answer is lost");
            return Err(lost("answer"));
        }
        Some(Fault::Delayed(by)) => sleep(by).await,
        Some(Fault::RequestLost | Fault::Conflict | Fault::Throttled | Fault::Failed) | None => {}
    }
    world.delay(&task).await;
    Ok(answer)
}

fn note(task: &Task, fault: Option<Fault>) {
    match fault {
        None => {}
        Some(Fault::Delayed(by)) if by >= STALLED => task.note_interruption(),
        Some(_) => task.note_fault(),
    }
}

fn lost(what: &'static str) -> ConnectorError {
    ConnectorError::io(io::Error::other(what).into())
}

fn response(world: &World, status: u16, body: &Value) -> HttpResponse {
    let status = StatusCode::try_from(status).unwrap();
    let mut response = HttpResponse::new(status, body.to_string().into());
    let date = DateTimePrinter::new().timestamp_to_rfc9110_string(&world.now()).unwrap();
    response.headers_mut().insert("date", date);
    response
}

impl World {
    /// Hands a request to the table, and notes what it changes.
    fn ask(&self, request: &Request) -> HttpResponse {
        let mut table = self.table.lock().unwrap();
        let done = table.call(&request.operation, &request.body);
        self.notes.exchange(|| Exchange {
            operation: request.operation.clone(),
            request: request.body.clone(),
            answer: done.as_ref().map_err(|Refusal(error)| error.clone()).cloned(),
        });
        let now = self.now();
        let changed = table.take_changed();
        let is_operator = request.task.as_ref().is_some_and(|task| task.is_operator);
        let mut log = self.log();
        for change in changed {
            log.note_change(&table, &change, is_operator, now);
        }
        if !log.not_streamed.is_empty() {
            self.records.notify_one();
        }
        match done {
            Ok(answer) => response(self, 200, &answer),
            Err(Refusal(error)) => response(self, 400, &error),
        }
    }
}

/// The clock of the SDK.
struct Clock(Arc<World>);

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

impl TimeSource for Clock {
    fn now(&self) -> SystemTime {
        self.0.now().into()
    }
}
