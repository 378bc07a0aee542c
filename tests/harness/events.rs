use crate::{delivery::Answer, document::operation_of};
use aws_sdk_dynamodb::{Client, types::AttributeValue};
use jiff::Timestamp;
use serde_json::{Map, Value};
use shared::table::LeadTable;
use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

/// The file of a function's folder with the answers of its cases.
const ANSWERS: &str = "answers.json";
/// The file with the errors of a provider that do not depend on its fields: status and body, as
/// the provider documents them.
const ERRORS: &str = "errors.json";

/// An event and the answer that its function must give: a case of `events/<function>/answers.json`.
///
/// `events/README.md` describes the files.
pub struct SampleEvent {
    /// The function's name.
    pub function: String,
    /// The case's name.
    pub name: String,
    /// The event, as text.
    pub event: String,
    /// The answer; null, if the function answers nobody.
    pub answer: Value,
    folder: PathBuf,
}

/// Every case of every function.
pub fn sample_events() -> Vec<SampleEvent> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../events");
    let mut events: Vec<SampleEvent> =
        folders(&root).iter().flat_map(|folder| read_folder(folder)).collect();
    events.sort_by(|a, b| (&a.function, &a.name).cmp(&(&b.function, &b.name)));
    events
}

/// The events that no case sends: `<function>/<event>.json`.
pub fn unused_events() -> Vec<PathBuf> {
    let sent: Vec<_> = sample_events().iter().map(SampleEvent::file).collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../events");
    let files = folders(&root).into_iter().flat_map(|folder| list(&folder));
    let is_event = |file: &PathBuf| !file.ends_with(ANSWERS) && !file.ends_with(ERRORS);
    files.filter(|file| is_event(file) && !sent.contains(file)).collect()
}

/// The errors in a function's folder, by name.
pub(crate) fn read_errors(function: &str) -> Value {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../events");
    let errors = fs::read_to_string(root.join(function).join(ERRORS)).unwrap();
    serde_json::from_str(&errors).unwrap()
}

/// Every sample event, in an order that works with one table: events that need others first are
/// last.
pub fn sample_events_in_order() -> Vec<SampleEvent> {
    let mut events = sample_events();
    events.sort_by_key(|event| (event.given(), event.after().len()));
    events
}

/// The precondition of an event. Preconditions that change a table come last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Given {
    /// The table with the demo accounts.
    DemoTable,
    /// A table that does not answer.
    TableAway,
    /// A DynamoDB without the table.
    NoTable,
    /// A lead of each demo account that shows leads, and an agent of Integrabot's.
    Leads,
    /// A demo key that may be used only from one network.
    KeyOfANetwork,
    /// Demo keys without a scope.
    NoScope,
    /// Demo keys that may send no request.
    NoRequests,
}

impl Given {
    /// Makes the precondition true in a table with the demo accounts. The caller has to make a
    /// table unreachable.
    pub async fn arrange(self, table: &LeadTable, direct: &Client) {
        match self {
            Self::DemoTable | Self::TableAway => {}
            Self::NoTable => {
                direct.delete_table().table_name(table.name()).send().await.unwrap();
            }
            Self::KeyOfANetwork => {
                let request = include_str!("../../events/keep_demo_key_to_a_network.json");
                update(&serde_json::from_str(request).unwrap(), table, direct).await;
            }
            Self::NoScope => {
                let requests = include_str!("../../events/take_scopes_of_demo_keys.json");
                update_all(requests, table, direct).await;
            }
            Self::NoRequests => {
                let requests = include_str!("../../events/limit_demo_keys.json");
                update_all(requests, table, direct).await;
            }
            Self::Leads => {
                let requests = include_str!("../../events/put_demo_leads.json");
                let requests: Vec<Value> = serde_json::from_str(requests).unwrap();
                for request in requests {
                    let put = direct.put_item().table_name(table.name());
                    let item = attributes(&request["Put"]["Item"]);
                    put.set_item(Some(item)).send().await.unwrap();
                }
            }
        }
    }
}

/// Makes the updates of a transaction in a file in `events/`, in this table.
async fn update_all(requests: &str, table: &LeadTable, direct: &Client) {
    let requests: Vec<Value> = serde_json::from_str(requests).unwrap();
    for request in requests {
        update(&request["Update"], table, direct).await;
    }
}

/// Makes an update of a file in `events/`, in this table.
async fn update(request: &Value, table: &LeadTable, direct: &Client) {
    let update = direct.update_item().table_name(table.name());
    let update = update
        .set_key(Some(attributes(&request["Key"])))
        .update_expression(request["UpdateExpression"].as_str().unwrap())
        .set_expression_attribute_values(Some(attributes(&request["ExpressionAttributeValues"])));
    update.send().await.unwrap();
}

/// Attributes in DynamoDB's JSON.
fn attributes(json: &Value) -> HashMap<String, AttributeValue> {
    let members = json.as_object().unwrap().iter();
    members.map(|(name, value)| (name.clone(), attribute(value))).collect()
}

fn attribute(json: &Value) -> AttributeValue {
    let (kind, value) = json.as_object().unwrap().iter().next().unwrap();
    let text = || value.as_str().unwrap().to_owned();
    match kind.as_str() {
        "S" => AttributeValue::S(text()),
        "N" => AttributeValue::N(text()),
        "SS" => {
            let texts = value.as_array().unwrap().iter();
            AttributeValue::Ss(texts.map(|text| text.as_str().unwrap().to_owned()).collect())
        }
        "BOOL" => AttributeValue::Bool(value.as_bool().unwrap()),
        "L" => AttributeValue::L(value.as_array().unwrap().iter().map(attribute).collect()),
        "M" => AttributeValue::M(attributes(value)),
        _ => panic!("{json}"),
    }
}

impl SampleEvent {
    /// The precondition of the event.
    pub fn given(&self) -> Given {
        match self.given_in_words() {
            None => Given::DemoTable,
            Some("the table is away") => Given::TableAway,
            Some("there is no table") => Given::NoTable,
            Some("the demo key may be used from 198.51.100.0/24 alone") => Given::KeyOfANetwork,
            Some("the demo keys have no scope") => Given::NoScope,
            Some("the demo keys may send no request") => Given::NoRequests,
            Some("there are leads and an agent") => Given::Leads,
            Some(given) => panic!("{}/{}: {given}", self.function, self.name),
        }
    }

    /// The precondition as text, from the answers' file.
    pub fn given_in_words(&self) -> Option<&str> {
        self.answer["given"].as_str()
    }

    /// Whether the event is a request, so that its function answers it.
    pub fn is_request(&self) -> bool {
        !self.answer.is_null()
    }

    /// The names of the events to be sent before this one, in order.
    pub fn after(&self) -> Vec<&str> {
        let names = self.answer["after"].as_array().into_iter().flatten();
        names.map(|name| name.as_str().unwrap()).collect()
    }

    /// Compares an answer with the expected one and with the provider's document.
    pub fn check(&self, answer: &Answer) {
        self.check_difference(self.differs(answer));
    }

    /// Compares what a function returned with the expected answer.
    pub fn check_returned(&self, returned: &str) {
        self.check_difference(self.differs_from_returned(returned));
    }

    fn check_difference(&self, difference: Option<String>) {
        if let Some(difference) = difference {
            panic!("{}/{}: {difference}", self.function, self.name);
        }
    }

    /// How what a function returned differs from the expected answer.
    pub fn differs_from_returned(&self, returned: &str) -> Option<String> {
        if self.is_request() {
            return self.differs(&Answer::in_returned(returned));
        }
        (returned.trim() != "null").then(|| returned.to_owned())
    }

    /// How an answer differs from the expected one or from the provider's document.
    pub fn differs(&self, answer: &Answer) -> Option<String> {
        let headers = Value::Object(answer.headers.clone());
        if self.answer["status"] != answer.status {
            Some(format!("{}: {}", answer.status, answer.text))
        } else if !Self::matches(&self.answer["headers"], &headers) {
            Some(headers.to_string())
        } else if !Self::matches(&self.answer["body"], &answer.body) {
            Some(answer.text.clone())
        } else {
            let request = serde_json::from_str(&self.event).unwrap();
            operation_of(&self.function, &request).fault(answer)
        }
    }

    /// The name of the event that is sent: the case's own, if the case names no other.
    pub fn event_name(&self) -> &str {
        self.answer["event"].as_str().unwrap_or(&self.name)
    }

    /// The cases to be sent before this one, in order.
    pub fn before(&self) -> Vec<Self> {
        self.after().into_iter().map(|name| Self::read(&self.folder, name)).collect()
    }

    fn read(folder: &Path, name: &str) -> Self {
        let answer = read_answers(&folder.join(ANSWERS))[name].clone();
        let (function, name) = (file_name(folder).to_owned(), name.to_owned());
        let mut sample =
            Self { function, name, event: String::new(), answer, folder: folder.to_owned() };
        sample.event = fs::read_to_string(sample.file()).unwrap();
        if let Some(bytes) = sample.answer["bytes"].as_u64() {
            sample.event = with_body_of(&sample.event, bytes.try_into().unwrap());
        }
        sample
    }

    fn file(&self) -> PathBuf {
        self.folder.join(format!("{}.json", self.event_name()))
    }

    /// Whether `actual` matches a part of the answers' file.
    fn matches(expected: &Value, actual: &Value) -> bool {
        match (expected, actual) {
            (Value::String(wanted), _) if wanted == "<lead id>" => {
                actual.is_u64() || actual.is_string()
            }
            (Value::String(wanted), Value::String(token)) if wanted == "<token>" => {
                token.split('.').count() == 3
            }
            (Value::String(wanted), _) if wanted == "<second>" => {
                let second = actual.as_str().map_or(actual.as_i64(), |text| text.parse().ok());
                second.is_some_and(|second| Timestamp::from_second(second).is_ok())
            }
            (Value::String(wanted), Value::String(time)) if wanted == "<time>" => {
                time.parse::<Timestamp>().is_ok()
            }
            (Value::Object(wanted), Value::Object(got)) => {
                let same = |(key, value): (&String, &Value)| {
                    got.get(key).is_some_and(|got| Self::matches(value, got))
                };
                wanted.len() == got.len() && wanted.iter().all(same)
            }
            (Value::Array(wanted), Value::Array(got)) => {
                wanted.len() == got.len()
                    && wanted.iter().zip(got).all(|(wanted, got)| Self::matches(wanted, got))
            }
            _ => expected == actual,
        }
    }
}

fn read_folder(folder: &Path) -> Vec<SampleEvent> {
    let answers = read_answers(&folder.join(ANSWERS));
    answers.keys().map(|name| SampleEvent::read(folder, name)).collect()
}

fn read_answers(file: &Path) -> Map<String, Value> {
    serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

/// An event whose body has spaces at its end, so that it has this length.
fn with_body_of(event: &str, bytes: usize) -> String {
    let mut event: Value = serde_json::from_str(event).unwrap();
    let body = event["body"].as_str().unwrap();
    let spaces = " ".repeat(bytes - body.len());
    event["body"] = format!("{body}{spaces}").into();
    event.to_string()
}

fn file_name(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}

fn folders(root: &Path) -> Vec<PathBuf> {
    list(root).into_iter().filter(|path| path.is_dir()).collect()
}

fn list(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}
