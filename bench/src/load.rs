//! How many leads a second the local server takes from 64 connections, beside the same engine
//! without leadhook, and whether this changes with the minutes and the leads before.

use crate::{
    figures::{Figures, write_figure, write_table},
    table::TOKEN,
};
use jiff::Timestamp;
use local::{EmbeddedTable, Storage};
use shared::{
    model::{Account, AccountId, Claims, Lead, NewLead, Provider, Sources},
    table::LeadTable,
};
use std::{
    collections::BTreeMap,
    path::Path,
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    process::Command,
    task::JoinSet,
};

const CONNECTIONS: usize = 64;

/// What the senders send.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Leads {
    /// Each person once.
    New,
    /// The same hundred persons again and again.
    Known,
}

impl Leads {
    fn person(self, number: u64) -> u64 {
        if self == Self::New { number } else { number % 100 }
    }
}

/// The answers of a run: when each came, and how long it took.
type Answers = Vec<(Instant, Duration)>;

/// Sends for so many seconds in each case, and prints a table.
pub(crate) async fn measure(seconds: u64) {
    let lasts = Duration::from_secs(seconds);
    let mut rows = Vec::new();
    for (storage, is_memory) in [("memory", true), ("a file", false)] {
        let folder = tempfile::tempdir().unwrap();
        for (name, leads) in [("new persons", Leads::New), ("known persons", Leads::Known)] {
            let answers = load_server(folder.path(), is_memory, leads, lasts).await;
            rows.push(row(&format!("leadhook, {name}, {storage}"), &answers, lasts));
        }
        let folder = tempfile::tempdir().unwrap();
        let storage_of =
            if is_memory { Storage::Memory } else { Storage::Folder(folder.path().to_owned()) };
        let answers = load_engine(&storage_of, lasts).await;
        rows.push(row(&format!("the engine alone, new persons, {storage}"), &answers, lasts));
    }
    let head =
        ["", "leads", "leads/s", "in the first tenth", "in the last tenth", "p50 ms", "p99 ms"];
    println!("{}", write_table(&head, &rows));
}

fn row(name: &str, answers: &Answers, lasts: Duration) -> Vec<String> {
    let first = answers.iter().map(|(at, _)| *at).min().unwrap();
    let (mut times, tenth) = (Figures::default(), lasts / 10);
    for (_, took) in answers {
        times.push_time(*took);
    }
    let rate = |from: Duration| {
        let within = answers.iter().filter(|(at, _)| {
            let since = at.saturating_duration_since(first);
            from <= since && since < from + tenth
        });
        format!("{:.0}", within.count() as f64 / tenth.as_secs_f64())
    };
    vec![
        name.to_owned(),
        answers.len().to_string(),
        format!("{:.0}", answers.len() as f64 / lasts.as_secs_f64()),
        rate(Duration::ZERO),
        rate(tenth * 9),
        write_figure(times.median()),
        write_figure(times.at(0.99)),
    ]
}

/// Runs senders at once until the time is over. Each makes its connection, then sends.
async fn send_all<S, F>(lasts: Duration, connect: impl Fn() -> F) -> Answers
where
    F: Future<Output = S> + Send + 'static,
    S: AsyncSend,
{
    let number = Arc::new(AtomicU64::new(0));
    let until = Instant::now() + lasts;
    let mut senders = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (connection, number) = (connect(), Arc::clone(&number));
        senders.spawn(async move {
            let (mut connection, mut answers) = (connection.await, Answers::new());
            while Instant::now() < until {
                let sent = Instant::now();
                connection.send(number.fetch_add(1, Relaxed)).await;
                let at = Instant::now();
                answers.push((at, at - sent));
            }
            answers
        });
    }
    senders.join_all().await.concat()
}

/// Sends a lead and waits for its answer.
trait AsyncSend: Send + 'static {
    fn send(&mut self, number: u64) -> impl Future<Output = ()> + Send;
}

/// A connection to the local server.
struct HttpSender {
    address: String,
    stream: BufReader<TcpStream>,
    leads: Leads,
}

impl AsyncSend for HttpSender {
    async fn send(&mut self, number: u64) {
        let person = self.leads.person(number);
        let body = format!(
            r#"{{"name":"Ana","type":"web","phone_number":"55119{person:08}","email":"ana{person}@exemplo.com"}}"#
        );
        let request = format!(
            "POST /integrabot/v1/leads HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {TOKEN}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        self.stream.get_mut().write_all(request.as_bytes()).await.unwrap();
        let (mut line, mut length) = (String::new(), 0);
        self.stream.read_line(&mut line).await.unwrap();
        assert!(line.starts_with("HTTP/1.1 20"), "{line}");
        while line != "\r\n" {
            line.clear();
            self.stream.read_line(&mut line).await.unwrap();
            if let Some(text) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = text.trim().parse().unwrap();
            }
        }
        self.stream.read_exact(&mut vec![0; length]).await.unwrap();
    }
}

async fn load_server(folder: &Path, is_memory: bool, leads: Leads, lasts: Duration) -> Answers {
    let mut command = Command::new(std::env::current_dir().unwrap().join("target/bench/leadhook"));
    command.args(["serve", "--port", "0"]).current_dir(folder);
    if is_memory {
        command.arg("--memory");
    }
    let command = command.stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    let mut process = command.spawn().unwrap();
    let mut said = BufReader::new(process.stdout.take().unwrap()).lines();
    let mut address = None;
    while let Some(line) = said.next_line().await.unwrap() {
        if let Some(found) = line.strip_prefix("leadhook listens on http://") {
            address = Some(found.to_owned());
        }
        if line.starts_with("try flextell") {
            break;
        }
    }
    let address = address.unwrap();
    let connect = || {
        let address = address.clone();
        async move {
            let stream = TcpStream::connect(&address).await.unwrap();
            stream.set_nodelay(true).unwrap();
            HttpSender { address, stream: BufReader::new(stream), leads }
        }
    };
    let answers = send_all(lasts, connect).await;
    process.kill().await.unwrap();
    answers
}

/// The engine with the transactions of leadhook, in this process.
struct EngineSender {
    table: LeadTable,
    sources: Sources,
}

impl AsyncSend for EngineSender {
    async fn send(&mut self, number: u64) {
        let now = Timestamp::now();
        let id = AccountId::from_static("demo");
        let (phone, email) = (format!("55119{number:08}"), format!("ana{number}@exemplo.com"));
        let claims = Claims::new(b"{}", None, None, now).unwrap();
        let new = NewLead {
            account: Account { provider: Provider::Integrabot, id },
            claims: claims.phone(Some(&phone)).email(Some(&email)),
            lead: Lead {
                id: self.sources.draw_lead_id(now),
                created_at: now,
                name: Some("Ana".to_owned()),
                email: Some(email),
                phone: Some(phone),
                source: Some("web".to_owned()),
                status: Some("new".to_owned()),
                details: BTreeMap::<String, String>::new(),
            },
        };
        assert!(self.table.create_lead(new, &self.sources).await.unwrap().is_new());
    }
}

async fn load_engine(storage: &Storage, lasts: Duration) -> Answers {
    let embedded = EmbeddedTable::open(storage).await.unwrap();
    let table = LeadTable::new(embedded.client(), "leads");
    table.create().await.unwrap();
    let connect = || {
        let table = table.clone();
        async move { EngineSender { table, sources: Sources::system() } }
    };
    send_all(lasts, connect).await
}
