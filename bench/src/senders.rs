//! Senders that send leads to a local server, or call the engine of its table, until the time is
//! over.

use crate::table::TOKEN;
use jiff::Timestamp;
use local::{EmbeddedTable, Storage};
use shared::{
    model::{Account, AccountId, Claims, ClockAndRandom, Lead, NewLead, Provider, Standing},
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

/// What the senders send, and on how many connections.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    pub(crate) connections: usize,
    /// How many persons there are; none: each lead has another.
    pub(crate) persons: Option<u64>,
    /// Whether a lead has a phone number and an e-mail.
    pub(crate) has_contacts: bool,
    pub(crate) has_idempotency_key: bool,
    /// The bytes of a field with a long text.
    pub(crate) text: usize,
}

impl Load {
    /// New persons on 64 connections.
    pub(crate) const USUAL: Self = Self {
        connections: CONNECTIONS,
        persons: None,
        has_contacts: true,
        has_idempotency_key: false,
        text: 0,
    };

    fn request(&self, host: &str, number: u64) -> String {
        let person = self.persons.map_or(number, |persons| number % persons);
        let mut body = r#"{"name":"Ana","type":"web""#.to_owned();
        if self.has_contacts {
            body +=
                &format!(r#","phone_number":"55119{person:08}","email":"ana{person}@exemplo.com""#);
        }
        if self.text > 0 {
            body += &format!(r#","custom_fields":{{"text":"{}"}}"#, "a".repeat(self.text));
        }
        body += "}";
        let key = if self.has_idempotency_key {
            format!("idempotency-key: key-{number}\r\n")
        } else {
            String::new()
        };
        format!(
            "POST /integrabot/v1/leads HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {TOKEN}\r\n\
             content-type: application/json\r\n{key}content-length: {}\r\n\r\n{body}",
            body.len()
        )
    }
}

/// The answers of a run: when each came, and how long it took.
pub(crate) type Answers = Vec<(Instant, Duration)>;

/// Runs senders at once until the time is over. Each makes its connection, then sends.
async fn send_all<S, F>(connections: usize, lasts: Duration, connect: impl Fn() -> F) -> Answers
where
    F: Future<Output = S> + Send + 'static,
    S: AsyncSend,
{
    let number = Arc::new(AtomicU64::new(0));
    let until = Instant::now() + lasts;
    let mut senders = JoinSet::new();
    for _ in 0..connections {
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
    load: Load,
}

impl AsyncSend for HttpSender {
    async fn send(&mut self, number: u64) {
        let request = self.load.request(&self.address, number);
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

/// Loads a server of its own, with its table in a folder or in memory.
pub(crate) async fn load_server(folder: Option<&Path>, load: Load, lasts: Duration) -> Answers {
    let mut command = Command::new(std::env::current_dir().unwrap().join("target/bench/leadhook"));
    command.args(["serve", "--port", "0"]);
    match folder {
        Some(folder) => command.current_dir(folder),
        None => command.arg("--memory"),
    };
    let command = command.stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    let mut process = command.spawn().unwrap();
    let mut said = BufReader::new(process.stdout.take().unwrap()).lines();
    let mut address = None;
    while let Some(line) = said.next_line().await.unwrap() {
        if let Some(found) = line.strip_prefix("leadhook listens on http://") {
            address = Some(found.to_owned());
        }
        if line.starts_with("see what comes in") {
            break;
        }
    }
    let address = address.unwrap();
    let connect = || {
        let address = address.clone();
        async move {
            let stream = TcpStream::connect(&address).await.unwrap();
            stream.set_nodelay(true).unwrap();
            HttpSender { address, stream: BufReader::new(stream), load }
        }
    };
    let answers = send_all(load.connections, lasts, connect).await;
    process.kill().await.unwrap();
    answers
}

/// The engine with the transactions of leadhook, in this process.
struct EngineSender {
    table: LeadTable,
    system: ClockAndRandom,
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
                name: Some("Ana".to_owned()),
                email: Some(email),
                phone: Some(phone),
                source: Some("web".to_owned()),
                status: Some("new".to_owned()),
                ..Lead::new(self.system.new_lead_id(now), now, BTreeMap::<String, String>::new())
            },
        };
        let created = self.table.create_lead(new, &self.system).await.unwrap();
        assert_eq!(created.standing, Standing::New);
    }
}

/// Loads an engine in this process.
pub(crate) async fn load_engine(storage: &Storage, lasts: Duration) -> Answers {
    let embedded = EmbeddedTable::open(storage).await.unwrap();
    let table = LeadTable::new(embedded.client(), "leads");
    table.create().await.unwrap();
    let connect = || {
        let table = table.clone();
        async move { EngineSender { table, system: ClockAndRandom::system() } }
    };
    send_all(CONNECTIONS, lasts, connect).await
}
