//! The table: an engine in a process of its own, and in front of it TLS with an authority of its
//! own.

use crate::timeline::{Seen, Step};
use jiff::{Timestamp, tz::TimeZone};
use local::{EmbeddedTable, ServedTable, Storage, seed_demo_accounts};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::{ServerConfig, crypto::ring, pki_types::PrivateKeyDer};
use serde::{Deserialize, Serialize};
use shared::{
    aws::AMAZON_ROOTS,
    model::{Account, AccountId, ApiKey, Provider, TokenHash},
    table::LeadTable,
};
use std::{
    io::Read,
    net::Ipv4Addr,
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    process::{Child, Command},
};
use tokio_rustls::TlsAcceptor;

/// The engine accepts only requests for its own port, so TLS has the same port at another address.
const ENGINE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
/// The table's name.
const NAME: &str = "leads";
/// The token of the sender.
pub(crate) const TOKEN: &str = "sk_demo_integrabot";
/// The key that everyone knows, of `events/`.
const SIGNING_KEY: &str = "everyone-knows-this-key-use-it-locally-only";
/// What the engine's process prints when it is ready.
#[derive(Serialize, Deserialize)]
struct Ready {
    address: String,
    access_key: String,
}

/// Runs the engine at a port until the process that started this one is gone.
pub(crate) async fn run_engine(port: u16) {
    let mut embedded = EmbeddedTable::open(&Storage::Memory).await.unwrap();
    let table = LeadTable::new(embedded.client(), NAME);
    table.create().await.unwrap();
    seed_demo_accounts(&table).await.unwrap();
    let id = AccountId::from_static("demo");
    let key = ApiKey {
        // As with all deliveries of a day but the first.
        last_used_on: Some(Timestamp::now().to_zoned(TimeZone::UTC).date()),
        ..ApiKey::new(Account { provider: Provider::Integrabot, id })
    };
    table.put_api_key(&TokenHash::of(TOKEN), key).await.unwrap();
    let ServedTable { endpoint, access_key, .. } =
        embedded.serve(Some((ENGINE, port).into())).await.unwrap();
    let address = endpoint.trim_start_matches("http://").to_owned();
    let ready = Ready { address, access_key: access_key.as_str().to_owned() };
    println!("{}", serde_json::to_string(&ready).unwrap());
    let _ = tokio::task::spawn_blocking(|| std::io::stdin().read(&mut [0])).await;
}

/// The table as functions reach it.
pub(crate) struct Table {
    address: String,
    upstream: String,
    access_key: String,
    roots: tempfile::NamedTempFile,
    delays: Arc<Delays>,
    /// What reached the table.
    pub(crate) seen: Seen,
    _engine: Child,
}

/// How much later the table answers, in microseconds.
#[derive(Default)]
struct Delays {
    of_connections: AtomicU64,
    of_answers: AtomicU64,
}

impl Table {
    /// Starts the engine and TLS in front of it.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut engine = Command::new(std::env::current_exe().unwrap())
            .args(["table", &address.port().to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(engine.stdout.as_mut().unwrap()).read_line(&mut line).await.unwrap();
        let Ready { address: upstream, access_key } = serde_json::from_str(&line).unwrap();
        let (acceptor, authority) = make_certificates();
        let roots = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(roots.path(), AMAZON_ROOTS.concat() + &authority).unwrap();
        let (delays, seen) = (Arc::<Delays>::default(), Seen::default());
        let front = TableServer {
            acceptor,
            upstream: upstream.clone(),
            delays: Arc::clone(&delays),
            seen: seen.clone(),
        };
        tokio::spawn(front.accept(listener));
        let address = address.to_string();
        Self { address, upstream, access_key, roots, delays, seen, _engine: engine }
    }

    /// From now on, a connection and an answer take so much longer.
    pub(crate) fn delay(&self, connection: Duration, answer: Duration) {
        self.delays.of_connections.store(connection.as_micros() as u64, Relaxed);
        self.delays.of_answers.store(answer.as_micros() as u64, Relaxed);
    }

    /// The variables with which functions find the engine itself.
    pub(crate) fn variables_without_tls(&self) -> Vec<(&'static str, String)> {
        let mut variables = self.variables();
        variables.push(("AWS_ENDPOINT_URL_DYNAMODB", format!("http://{}", self.upstream)));
        variables
    }

    /// The variables with which functions find it. All of them read the same six authorities from a
    /// file: those that leadhook has compiled in are not those of this table.
    pub(crate) fn variables(&self) -> Vec<(&'static str, String)> {
        let roots = self.roots.path().display().to_string();
        vec![
            ("TABLE_NAME", NAME.to_owned()),
            ("AWS_ENDPOINT_URL_DYNAMODB", format!("https://{}", self.address)),
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_DEFAULT_REGION", "us-east-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", self.access_key.clone()),
            ("AWS_SECRET_ACCESS_KEY", "local".to_owned()),
            // The tokens of the sample events are signed with it.
            ("KEYSPOT_SIGNING_KEY", SIGNING_KEY.to_owned()),
            ("SSL_CERT_FILE", roots.clone()),
            ("AWS_CA_BUNDLE", roots.clone()),
            ("NODE_EXTRA_CA_CERTS", roots),
        ]
    }
}

/// TLS with a certificate for this machine, and the certificate of its authority.
fn make_certificates() -> (TlsAcceptor, String) {
    let mut params = CertificateParams::new([]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    // OpenSSL takes a certificate for self-signed if it has the name of its authority.
    params.distinguished_name.push(DnType::CommonName, "leadhook's benchmark");
    let key = KeyPair::generate().unwrap();
    let authority = params.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new([Ipv4Addr::LOCALHOST.to_string()]).unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    (TlsAcceptor::from(Arc::new(config)), authority)
}

/// TLS in front of the engine.
#[derive(Clone)]
struct TableServer {
    acceptor: TlsAcceptor,
    upstream: String,
    delays: Arc<Delays>,
    seen: Seen,
}

impl TableServer {
    async fn accept(self, listener: TcpListener) {
        while let Ok((stream, _)) = listener.accept().await {
            self.seen.add(Step::Connection, Instant::now());
            tokio::spawn(self.clone().serve(stream));
        }
    }

    async fn serve(self, stream: TcpStream) {
        let Self { acceptor, upstream, delays, seen } = self;
        wait(&delays.of_connections).await;
        stream.set_nodelay(true).unwrap();
        let Ok(outside) = acceptor.accept(stream).await else { return };
        seen.add(Step::Handshake, Instant::now());
        let inside = TcpStream::connect(upstream).await.unwrap();
        inside.set_nodelay(true).unwrap();
        let (mut read_outside, mut write_outside) = tokio::io::split(outside);
        let (mut read_inside, mut write_inside) = inside.into_split();
        let no_delay = AtomicU64::new(0);
        let request = || seen.add(Step::Request, Instant::now());
        let answer = || seen.add(Step::Answer, Instant::now());
        tokio::select! {
            () = copy(&mut read_outside, &mut write_inside, &no_delay, request) => {}
            () = copy(&mut read_inside, &mut write_outside, &delays.of_answers, answer) => {}
        }
    }
}

/// Copies until one side ends. Requests and answers are so short that each is one part. `see` runs
/// before a part is written.
async fn copy(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    delay: &AtomicU64,
    see: impl Fn(),
) {
    let mut part = vec![0; 64 * 1_024];
    while let Ok(count @ 1..) = from.read(&mut part).await {
        wait(delay).await;
        see();
        let written = to.write_all(&part[..count]).await;
        if written.is_err() || to.flush().await.is_err() {
            return;
        }
    }
}

async fn wait(delay: &AtomicU64) {
    let delay = Duration::from_micros(delay.load(Relaxed));
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
}
