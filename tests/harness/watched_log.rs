use serde_json::Value;
use shared::{function::guarded, request::Request};
use std::{
    collections::HashSet,
    io::{self, Write},
    process,
    sync::{LazyLock, Mutex, Once},
};
use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

/// Shorter texts appear in logs by chance, in times and request ids.
const SHORTEST: usize = 9;
/// Words that log lines always contain. If a test sends one of them, or a part of it, the log may
/// contain it.
const OWN_WORDS: [&str; 6] = [
    "integrabot",
    "rdstation",
    "request_id",
    "shared::function::logs",
    "timestamp",
    "unauthorized",
];
/// How many texts are watched at a time.
const MOST: usize = 4_096;

/// The texts that were sent in this process. No log line may contain one.
static SENT: LazyLock<Mutex<HashSet<String>>> = LazyLock::new(Mutex::default);

/// Watches every log line of this process, at the lowest level. A line with a value that was sent
/// ends the process, and so the whole test run.
pub(crate) fn watch_log() {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        let lines = tracing_subscriber::fmt::layer().json().with_writer(|| WatchedLog);
        let all = Targets::new().with_default(LevelFilter::TRACE);
        tracing_subscriber::registry().with(guarded(lines, all)).init();
    });
}

/// Notes the secrets in the headers of a delivery and every text in its body.
pub(crate) fn note_sent(request: &Request) {
    let mut sent = SENT.lock().unwrap();
    if sent.len() > MOST {
        sent.clear();
    }
    let mut note = |text: &str| {
        let is_own = OWN_WORDS.iter().any(|word| word.contains(text));
        if (SHORTEST..10_000).contains(&text.len()) && !is_own {
            sent.insert(text.to_owned());
        }
    };
    for name in ["authorization", "x-api-key", "x-api-secret", "idempotency-key"] {
        let value = request.headers.get(name).and_then(|value| value.to_str().ok());
        value.into_iter().flat_map(str::split_whitespace).for_each(&mut note);
    }
    let body = request.body.as_slice();
    note(&String::from_utf8_lossy(body));
    if let Ok(body) = serde_json::from_slice(body) {
        note_texts(&body, &mut note);
    }
}

fn note_texts(value: &Value, note: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => note(text),
        Value::Array(items) => items.iter().for_each(|item| note_texts(item, note)),
        Value::Object(members) => members.values().for_each(|item| note_texts(item, note)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

struct WatchedLog;

impl Write for WatchedLog {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        if let Some(leaked) = SENT.lock().unwrap().iter().find(|sent| text.contains(*sent)) {
            eprintln!("a log line has what was sent, {leaked:?}: {text}");
            process::exit(70);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
