use crate::Answer;
use aws_sdk_dynamodb::Client;
use serde_json::Value;
use shared::{Account, ApiKey, LeadTable, Provider, TokenHash};
use std::{
    fs,
    path::{Path, PathBuf},
};

const ANSWER_SUFFIX: &str = ".answer.json";

/// A sample event and the answer it must get, from `events/<function>/`.
///
/// `events/README.md` says what the files hold.
pub struct SampleEvent {
    /// The function's name.
    pub function: String,
    /// The event's name.
    pub name: String,
    /// The event, as text.
    pub event: String,
    /// The answer.
    pub answer: Value,
    folder: PathBuf,
}

/// Every sample event of every function.
pub fn sample_events() -> Vec<SampleEvent> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../events");
    let mut events: Vec<SampleEvent> =
        folders(&root).iter().flat_map(|folder| read(folder)).collect();
    events.sort_by(|a, b| (&a.function, &a.name).cmp(&(&b.function, &b.name)));
    events
}

/// What must hold for an event to get its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    /// The table with the demo accounts.
    DemoTable,
    /// A table that does not answer.
    TableAway,
    /// A DynamoDB without the table.
    NoTable,
    /// A demo key that may be used from a network of its own alone.
    KeyOfANetwork,
}

impl Given {
    /// Brings it about in a table with the demo accounts. A table that is away is the
    /// caller's to take away.
    pub async fn arrange(self, table: &LeadTable, direct: &Client) {
        match self {
            Self::DemoTable | Self::TableAway => {}
            Self::NoTable => {
                direct.delete_table().table_name(table.name()).send().await.unwrap();
            }
            Self::KeyOfANetwork => {
                let account = Account { provider: Provider::Keyspot, id: "demo".to_owned() };
                let key = ApiKey {
                    secret: Some(TokenHash::of("demo-secret")),
                    networks: vec!["198.51.100.0/24".parse().unwrap()],
                    ..ApiKey::new(account)
                };
                table.put_api_key(&TokenHash::of("demo-key"), key).await.unwrap();
            }
        }
    }
}

impl SampleEvent {
    /// What must hold before the event is sent.
    pub fn given(&self) -> Given {
        match self.answer["given"].as_str() {
            None => Given::DemoTable,
            Some("the table is away") => Given::TableAway,
            Some("there is no table") => Given::NoTable,
            Some("the demo key may be used from 198.51.100.0/24 alone") => Given::KeyOfANetwork,
            Some(given) => panic!("{}/{}: {given}", self.function, self.name),
        }
    }

    /// Holds an answer to the one beside the event.
    pub fn check(&self, answer: &Answer) {
        let case = format!("{}/{}", self.function, self.name);
        assert_eq!(answer.status, self.answer["status"], "{case}: {}", answer.text);
        let headers = Value::Object(answer.headers.clone());
        assert!(self.matches(&self.answer["headers"], &headers), "{case}: {headers}");
        assert!(self.matches(&self.answer["body"], &answer.body), "{case}: {}", answer.text);
    }

    /// The events to be sent before this one, in order.
    pub fn before(&self) -> Vec<String> {
        let names = self.answer["after"].as_array().cloned().unwrap_or_default();
        let path = |name: &Value| self.folder.join(format!("{}.json", name.as_str().unwrap()));
        names.iter().map(|name| fs::read_to_string(path(name)).unwrap()).collect()
    }

    /// Whether `actual` is what the answer's file shows.
    fn matches(&self, expected: &Value, actual: &Value) -> bool {
        match (expected, actual) {
            (Value::String(wanted), _) if wanted == "<lead id>" => {
                actual.is_u64() || actual.is_string()
            }
            (Value::String(wanted), Value::String(token)) if wanted == "<token>" => {
                token.split('.').count() == 3
            }
            (Value::String(wanted), Value::String(time)) if wanted == "<time>" => {
                time.parse::<jiff::Timestamp>().is_ok()
            }
            (Value::Object(wanted), Value::Object(got)) => {
                let same = |(key, value): (&String, &Value)| {
                    got.get(key).is_some_and(|got| self.matches(value, got))
                };
                wanted.len() == got.len() && wanted.iter().all(same)
            }
            (Value::Array(wanted), Value::Array(got)) => {
                wanted.len() == got.len()
                    && wanted.iter().zip(got).all(|(wanted, got)| self.matches(wanted, got))
            }
            _ => expected == actual,
        }
    }
}

fn read(folder: &Path) -> Vec<SampleEvent> {
    let file_name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    let answers = list(folder).into_iter().filter(|path| file_name(path).ends_with(ANSWER_SUFFIX));
    let sample = |answer: PathBuf| {
        let name = file_name(&answer).strip_suffix(ANSWER_SUFFIX).unwrap().to_owned();
        SampleEvent {
            function: file_name(folder),
            event: fs::read_to_string(folder.join(format!("{name}.json"))).unwrap(),
            answer: serde_json::from_str(&fs::read_to_string(&answer).unwrap()).unwrap(),
            folder: folder.to_owned(),
            name,
        }
    };
    answers.map(sample).collect()
}

fn folders(root: &Path) -> Vec<PathBuf> {
    list(root).into_iter().filter(|path| path.is_dir()).collect()
}

fn list(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}
