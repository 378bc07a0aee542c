use serde_json::Value;
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

impl SampleEvent {
    /// The events to be sent before this one, in order.
    pub fn before(&self) -> Vec<String> {
        let names = self.answer["after"].as_array().cloned().unwrap_or_default();
        let path = |name: &Value| self.folder.join(format!("{}.json", name.as_str().unwrap()));
        names.iter().map(|name| fs::read_to_string(path(name)).unwrap()).collect()
    }

    /// Whether `actual` is what the answer's file shows.
    pub fn matches(&self, expected: &Value, actual: &Value) -> bool {
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
