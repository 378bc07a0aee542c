//! The HTTP client: HTTPS to checked addresses, without redirects and proxies.

use crate::{
    address::{Addresses, BadUrl, check_url},
    connection::{Connection, Kept},
    metered::{Meter, Metered},
    names::Names,
    post::{Answered, Post, PostError, PostRequest, cause_of},
};
use http_body_util::BodyExt;
use hyper::{
    Response, Uri,
    body::Incoming,
    header::{HeaderMap, RETRY_AFTER},
};
use hyper_util::{client::legacy::connect::HttpConnector, rt::TokioIo};
use jiff::{SignedDuration, Timestamp, fmt::rfc2822};
use rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::ServerName};
use std::{error::Error, sync::Arc, time::Duration};
use tokio::{
    net::TcpStream,
    time::{Instant, timeout, timeout_at},
};
use tokio_rustls::TlsConnector;
use tower::Service;
use url::{Host, Url};

/// How long a connection may take, with the look-up of its name and its handshake.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// How long a post may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);
/// How long the body of an answer is read within that time.
const READ_WITHIN: Duration = Duration::from_secs(2);
/// How much of an answer's body is read, in bytes.
const MAX_BODY: usize = 16 * 1024;

/// Posts messages by HTTPS.
///
/// It follows no redirect and uses no proxy. It connects to exactly the addresses that it checked.
#[derive(Clone)]
pub struct HttpsClient {
    names: Names,
    tls: Arc<ClientConfig>,
    kept: Arc<Kept>,
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
        let (tls, kept) = (Arc::new(tls_config(roots)), Arc::default());
        Self { names: Names::new(allowed), tls, kept }
    }

    /// The addresses that it may connect to.
    pub fn allowed(&self) -> Addresses {
        self.names.allowed
    }

    /// The same client without open connections.
    #[must_use]
    pub fn disconnected(&self) -> Self {
        Self { kept: Arc::default(), ..self.clone() }
    }

    /// Sends a message over a kept connection or a new one.
    async fn send(
        &self,
        url: &Url,
        message: impl Fn() -> Option<PostRequest>,
    ) -> Result<(Response<Incoming>, Connection), PostError> {
        let mut kept = self.kept.take(url);
        loop {
            let is_kept = kept.is_some();
            let mut connection = match kept.take() {
                Some(connection) => connection,
                None => self.connect(url).await?,
            };
            let Some(message) = message() else {
                self.kept.put(url, connection);
                return Err(PostError::Outdated);
            };
            match connection.send(url, message).await {
                // The receiver closed it meanwhile, which is not a fault.
                Err(_) if is_kept && !connection.has_answered() => {}
                answer => return Ok((answer?, connection)),
            }
        }
    }

    async fn connect(&self, url: &Url) -> Result<Connection, PostError> {
        timeout(CONNECT_WITHIN, self.open(url)).await.unwrap_or(Err(PostError::TimedOut))
    }

    async fn open(&self, url: &Url) -> Result<Connection, PostError> {
        let uri: Uri = url.as_str().parse().map_err(|_| BadUrl::NotAUrl)?;
        let mut connector = HttpConnector::new_with_resolver(self.names.clone());
        connector.enforce_http(false);
        connector.set_nodelay(true);
        let stream: TokioIo<TcpStream> = connector.call(uri).await.map_err(of_connection)?;
        let wire = Meter::default();
        let stream = Metered::new(stream.into_inner(), wire.clone());
        if url.scheme() == "http" {
            return Connection::over(stream, wire).await;
        }
        let name = server_name(url).ok_or(BadUrl::NotAUrl)?;
        let tls = TlsConnector::from(Arc::clone(&self.tls));
        let stream = tls.connect(name, stream).await.map_err(of_connection)?;
        Connection::over(stream, wire).await
    }
}

impl Post for HttpsClient {
    async fn post(
        &self,
        url: &str,
        message: impl Fn() -> Option<PostRequest> + Send + Sync,
    ) -> Result<Answered, PostError> {
        let url = check_url(url, self.names.allowed)?;
        let end = Instant::now() + ANSWER_WITHIN;
        let sent = timeout_at(end, self.send(&url, message)).await;
        let (answer, mut connection) = sent.unwrap_or(Err(PostError::TimedOut))?;
        let (head, body) = answer.into_parts();
        let mut read = Vec::new();
        let rest = async {
            read_beginning(body, &mut read).await;
            connection.is_free().await
        };
        // The status counts even if the body ends early or never.
        if timeout_at(end.min(Instant::now() + READ_WITHIN), rest).await == Ok(true) {
            self.kept.put(&url, connection);
        }
        Ok(Answered {
            status: head.status.as_u16(),
            retry_after: read_retry_after(&head.headers, Timestamp::now()),
            body: String::from_utf8_lossy(&read).into_owned(),
        })
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

/// The name that a host's certificate must have.
fn server_name(url: &Url) -> Option<ServerName<'static>> {
    match url.host()? {
        Host::Domain(name) => ServerName::try_from(name.to_owned()).ok(),
        Host::Ipv4(address) => Some(ServerName::IpAddress(address.into())),
        Host::Ipv6(address) => Some(ServerName::IpAddress(address.into())),
    }
}

async fn read_beginning(mut body: Incoming, read: &mut Vec<u8>) {
    while read.len() < MAX_BODY
        && let Some(Ok(frame)) = body.frame().await
    {
        if let Ok(data) = frame.into_data() {
            read.extend_from_slice(&data[..data.len().min(MAX_BODY - read.len())]);
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

/// Checks that the host of a URL has only addresses that may be used. They are checked again at
/// each connection, because a name can get other addresses.
///
/// # Errors
/// If an address may not be used, or if the host's name has none.
pub async fn check_host(url: &Url, allowed: Addresses) -> Result<(), PostError> {
    let Some(Host::Domain(name)) = url.host() else { return Ok(()) };
    match timeout(CONNECT_WITHIN, Names::new(allowed).look_up(name)).await {
        Ok(found) => found.map(|_| ()),
        Err(_) => Err(PostError::TimedOut),
    }
}

/// Why there is no connection.
fn of_connection(error: impl Error + 'static) -> PostError {
    cause_of(&error).unwrap_or(PostError::NoConnection)
}
