//! The HTTP client: HTTPS to checked addresses, without redirects and proxies.

use crate::{
    address::{Addresses, check_url},
    post::{Answered, Post, PostError, PostRequest},
};
use http_body_util::{BodyExt, Full};
use hyper::{
    Request, Response, Uri,
    body::{Bytes, Incoming},
    header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER, USER_AGENT},
};
use hyper_rustls::{HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::{
    client::legacy::{
        Client,
        connect::{HttpConnector, dns::Name},
    },
    rt::{TokioExecutor, TokioIo, TokioTimer},
};
use jiff::{SignedDuration, Timestamp, fmt::rfc2822};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use std::{
    error::Error,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
    vec,
};
use tokio::{
    net::{TcpStream, lookup_host},
    time::{Instant, timeout, timeout_at},
};
use tower::{
    BoxError, Service,
    timeout::{Timeout, error::Elapsed},
    util::BoxCloneSyncService,
};
use url::{Host, Url};

/// How long a connection may take, with the look-up of its name and its handshake.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// How long a post may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);
/// How long the body of an answer is read within that time.
const READ_WITHIN: Duration = Duration::from_secs(2);
/// How much of an answer is read, in bytes.
const MAX_ANSWER: usize = 16 * 1024;
/// How long an unused connection is kept.
const KEEP_IDLE: Duration = Duration::from_secs(20);

type Connector = BoxCloneSyncService<Uri, MaybeHttpsStream<TokioIo<TcpStream>>, BoxError>;

/// Posts messages by HTTPS.
///
/// It follows no redirect and uses no proxy. It connects to exactly the addresses that it checked.
#[derive(Clone)]
pub struct HttpsClient {
    allowed: Addresses,
    tls: ClientConfig,
    client: Client<Connector, Full<Bytes>>,
}

impl HttpsClient {
    /// A client that trusts the system's certificate authorities.
    pub fn new(allowed: Addresses) -> Self {
        let mut roots = RootCertStore::empty();
        // A certificate that cannot be read is not trusted. The others are.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        Self::trusting(roots, allowed)
    }

    /// A client that trusts only these certificate authorities.
    pub fn trusting(roots: RootCertStore, allowed: Addresses) -> Self {
        Self::with_tls(tls_config(roots), allowed)
    }

    /// The same client without open connections.
    #[must_use]
    pub fn disconnected(&self) -> Self {
        Self::with_tls(self.tls.clone(), self.allowed)
    }

    fn with_tls(tls: ClientConfig, allowed: Addresses) -> Self {
        let mut http = HttpConnector::new_with_resolver(CheckedNames(allowed));
        http.enforce_http(false);
        http.set_nodelay(true);
        let https = HttpsConnectorBuilder::new()
            .with_tls_config(tls.clone())
            .https_or_http()
            .enable_http1()
            .wrap_connector(http);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(KEEP_IDLE)
            .build(BoxCloneSyncService::new(Timeout::new(https, CONNECT_WITHIN)));
        Self { allowed, tls, client }
    }

    async fn send(&self, request: PostRequest) -> Result<Response<Incoming>, PostError> {
        let url = check_url(&request.url, self.allowed)?;
        let uri: Uri = url.as_str().parse().map_err(|_| crate::BadUrl::NotAUrl)?;
        let PostRequest { id, timestamp, signature, body, .. } = request;
        let request = Request::post(uri)
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, concat!("leadhook/", env!("CARGO_PKG_VERSION")))
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signature)
            .body(Full::from(body))
            .map_err(|_| crate::BadUrl::NotAUrl)?;
        self.client.request(request).await.map_err(|error| of_client(&error))
    }
}

impl Post for HttpsClient {
    async fn post(&self, request: PostRequest) -> Result<Answered, PostError> {
        let end = Instant::now() + ANSWER_WITHIN;
        match timeout_at(end, self.send(request)).await {
            Ok(answer) => Ok(read_answer(answer?, end.min(Instant::now() + READ_WITHIN)).await),
            Err(_) => Err(PostError::TimedOut),
        }
    }
}

#[expect(clippy::expect_used, reason = "this is start-up, and the provider has these versions")]
fn tls_config(roots: RootCertStore) -> ClientConfig {
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring has TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth()
}

/// Reads the beginning of an answer. The status counts even if the body ends early or never.
async fn read_answer(answer: Response<Incoming>, until: Instant) -> Answered {
    let (head, body) = answer.into_parts();
    let mut read = Vec::new();
    let _ = timeout_at(until, read_beginning(body, &mut read)).await;
    Answered {
        status: head.status.as_u16(),
        retry_after: read_retry_after(&head.headers, Timestamp::now()),
        body: String::from_utf8_lossy(&read).into_owned(),
    }
}

async fn read_beginning(mut body: Incoming, read: &mut Vec<u8>) {
    while read.len() < MAX_ANSWER
        && let Some(Ok(frame)) = body.frame().await
    {
        if let Ok(data) = frame.into_data() {
            read.extend_from_slice(&data[..data.len().min(MAX_ANSWER - read.len())]);
        }
    }
}

/// `Retry-After`: seconds, or a date (RFC 9110, 10.2.3).
fn read_retry_after(headers: &HeaderMap, now: Timestamp) -> Option<SignedDuration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?;
    match text.parse::<u32>() {
        Ok(seconds) => Some(SignedDuration::from_secs(seconds.into())),
        Err(_) => Some(rfc2822::parse(text).ok()?.timestamp().duration_since(now)),
    }
}

/// Looks names up, and gives only addresses that may be used.
#[derive(Clone)]
struct CheckedNames(Addresses);

impl Service<Name> for CheckedNames {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let allowed = self.0;
        Box::pin(async move { Ok(look_up(name.as_str(), allowed).await?.into_iter()) })
    }
}

/// Checks that the host of a URL has only addresses that may be used. They are checked again at
/// each connection, because a name can get other addresses.
///
/// # Errors
/// If an address may not be used, or if the host's name has none.
pub async fn check_host(url: &Url, allowed: Addresses) -> Result<(), PostError> {
    let Some(Host::Domain(name)) = url.host() else { return Ok(()) };
    match timeout(CONNECT_WITHIN, look_up(name, allowed)).await {
        Ok(found) => found.map(|_| ()),
        Err(_) => Err(PostError::TimedOut),
    }
}

/// The addresses of a host. One that may not be used refuses them all.
async fn look_up(host: &str, allowed: Addresses) -> Result<Vec<SocketAddr>, PostError> {
    let found = lookup_host((host, 0)).await.map_err(|_| PostError::NoSuchName)?;
    let addresses: Vec<_> = found.collect();
    match addresses.iter().find(|address| !allowed.allow(address.ip())) {
        Some(address) => Err(PostError::NotPublic(address.ip())),
        None if addresses.is_empty() => Err(PostError::NoSuchName),
        None => Ok(addresses),
    }
}

/// Why a request got no answer: the first known cause.
fn of_client(error: &hyper_util::client::legacy::Error) -> PostError {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<PostError>() {
            return error.clone();
        }
        if error.is::<Elapsed>() {
            return PostError::TimedOut;
        }
        if let Some(error) = error.downcast_ref::<rustls::Error>() {
            let is_certificate = matches!(error, rustls::Error::InvalidCertificate(_));
            return if is_certificate { PostError::BadCertificate } else { PostError::NotSecure };
        }
        cause = match error.downcast_ref::<io::Error>() {
            Some(outer) => outer.get_ref().map(|inner| inner as &(dyn Error + 'static)),
            None => error.source(),
        };
    }
    if error.is_connect() { PostError::NoConnection } else { PostError::Unreadable }
}
