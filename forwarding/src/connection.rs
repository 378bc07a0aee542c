//! Open connections to destinations.

use crate::{
    address::BadUrl,
    metered::{Meter, Metered},
    own_headers::OwnHeader,
    post::{PostError, PostRequest, cause_of},
};
use http_body_util::Full;
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    client::conn::http1::{SendRequest, handshake},
    header::{CONTENT_TYPE, HOST, USER_AGENT},
};
use hyper_util::rt::TokioIo;
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{Instant, timeout},
};
use tokio_util::task::AbortOnDropHandle;
use url::{Origin, Position, Url};

/// How long a connection gets new messages. Then a new one is opened, to the addresses that the
/// name has by then.
const USED_FOR: Duration = Duration::from_secs(20);
/// When a connection is closed at the latest: a message and its answer take 15 seconds at most.
const CLOSED_AFTER: Duration = Duration::from_secs(35);

/// An open connection. It is closed when this is dropped.
pub(crate) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    /// Counts what arrives, with the handshake and the records of TLS.
    wire: Meter,
    /// Counts what arrives of an answer.
    answer: Meter,
    opened: Instant,
    _driver: AbortOnDropHandle<()>,
}

impl Connection {
    /// Speaks HTTP over an open stream, whose bytes `wire` counts.
    pub(crate) async fn over<T>(io: T, wire: Meter) -> Result<Self, PostError>
    where
        T: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let answer = Meter::default();
        let io = TokioIo::new(Metered::new(io, answer.clone()));
        let ended = |_| PostError::NoConnection;
        let (mut sender, connection) = handshake(io).await.map_err(ended)?;
        let driver = tokio::spawn(async move {
            let _ = timeout(CLOSED_AFTER, connection).await;
        });
        let (opened, driver) = (Instant::now(), AbortOnDropHandle::new(driver));
        sender.ready().await.map_err(ended)?;
        Ok(Self { sender, wire, answer, opened, _driver: driver })
    }

    /// Sends a message and waits for the head of the answer.
    pub(crate) async fn send(
        &mut self,
        url: &Url,
        message: PostRequest,
    ) -> Result<Response<Incoming>, PostError> {
        let request = write_request(url, message).map_err(|_| BadUrl::NotAUrl)?;
        self.wire.reset();
        self.answer.reset();
        let answer = self.sender.send_request(request).await;
        answer.map_err(|error| cause_of(&error).unwrap_or(PostError::Unreadable))
    }

    /// Whether a byte of an answer arrived since the last message.
    pub(crate) fn has_answered(&self) -> bool {
        !self.answer.is_zero()
    }

    /// Waits until the last answer has ended. False if the connection ended too.
    pub(crate) async fn is_free(&mut self) -> bool {
        self.sender.ready().await.is_ok()
    }

    fn can_be_used(&self) -> bool {
        self.sender.is_ready() && self.opened.elapsed() < USED_FOR
    }
}

fn write_request(url: &Url, message: PostRequest) -> hyper::http::Result<Request<Full<Bytes>>> {
    let PostRequest { id, timestamp, signature, method, content_type, own, body } = message;
    let mut request = Request::builder()
        .method(method.as_str())
        .uri(&url[Position::BeforePath..Position::AfterQuery])
        .header(HOST, &url[Position::BeforeHost..Position::AfterPort])
        .header(CONTENT_TYPE, content_type)
        .header(USER_AGENT, concat!("leadhook/", env!("CARGO_PKG_VERSION")))
        .header("webhook-id", id)
        .header("webhook-timestamp", timestamp)
        .header("webhook-signature", signature)
        .body(Full::from(body))?;
    for OwnHeader { name, value } in own {
        request.headers_mut().insert(name, value);
    }
    Ok(request)
}

/// The connections that are open and carry no message.
#[derive(Default)]
pub(crate) struct Kept(Mutex<HashMap<Origin, Vec<Connection>>>);

impl Kept {
    /// Takes a connection to the host of this URL.
    pub(crate) fn take(&self, url: &Url) -> Option<Connection> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_host = kept.get_mut(&url.origin())?;
        std::iter::from_fn(|| of_host.pop()).find(Connection::can_be_used)
    }

    /// Keeps a connection for the next message, and drops those that can carry none any more.
    pub(crate) fn put(&self, url: &Url, connection: Connection) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.entry(url.origin()).or_default().push(connection);
        kept.retain(|_, of_host| {
            of_host.retain(Connection::can_be_used);
            !of_host.is_empty()
        });
    }
}
