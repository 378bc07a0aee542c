//! What destinations run: a server that takes messages.

use axum::{
    Router,
    http::{HeaderMap, Method, StatusCode, Uri, header::LOCATION},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU16, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::sync::mpsc;

/// How long to wait for a message.
const WAIT_FOR: Duration = Duration::from_mins(1);

/// A server that notes each message and answers with a status.
pub(super) struct Receiver {
    pub(super) host: String,
    pub(super) url: String,
    status: Arc<AtomicU16>,
    /// The status of the next answer, if it is not 0.
    once: Arc<AtomicU16>,
    messages: mpsc::UnboundedReceiver<Received>,
}

/// A message as it was received.
pub(super) struct Received {
    pub(super) method: String,
    pub(super) path: String,
    headers: HeaderMap,
    pub(super) text: String,
    pub(super) body: Value,
}

impl Receiver {
    pub(super) async fn start() -> Self {
        let (sender, messages) = mpsc::unbounded_channel();
        let status = Arc::new(AtomicU16::new(200));
        let once = Arc::new(AtomicU16::new(0));
        let (answered, next) = (Arc::clone(&status), Arc::clone(&once));
        let take = move |method: Method, uri: Uri, headers: HeaderMap, text: String| async move {
            let (method, path) = (method.to_string(), uri.path().to_owned());
            // Some JSON is in no `Value`: 1e400, and more than 128 levels.
            let body = serde_json::from_str(&text).unwrap_or_default();
            sender.send(Received { method, path, headers, text, body }).unwrap();
            let status = match next.swap(0, SeqCst) {
                0 => answered.load(SeqCst),
                once => once,
            };
            let status = StatusCode::from_u16(status).unwrap();
            (status, [(LOCATION, "http://127.0.0.1:1/elsewhere")])
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let router = Router::new().fallback(take);
        tokio::spawn(local::listen(listener, router, std::future::pending()));
        Self { url: format!("http://{host}/secret-path"), host, status, once, messages }
    }

    /// Answers with this status from now on.
    pub(super) fn answer(&self, status: u16) {
        self.status.store(status, SeqCst);
    }

    /// Answers only the next message with this status.
    pub(super) fn answer_once(&self, status: u16) {
        self.once.store(status, SeqCst);
    }

    /// The next message.
    pub(super) async fn next(&mut self) -> Received {
        tokio::time::timeout(WAIT_FOR, self.messages.recv()).await.unwrap().unwrap()
    }
}

impl Received {
    /// A header, or an empty text.
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(super) fn id(&self) -> &str {
        self.header("webhook-id")
    }

    pub(super) fn kind(&self) -> &str {
        self.body["type"].as_str().unwrap()
    }

    /// Whether one of the signatures is of this secret, as Standard Webhooks describes it.
    pub(super) fn is_signed_with(&self, secret: &Value) -> bool {
        let key = secret.as_str().unwrap().strip_prefix("whsec_").unwrap();
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&BASE64_STANDARD.decode(key).unwrap()).unwrap();
        let signed = format!("{}.{}.{}", self.id(), self.header("webhook-timestamp"), self.text);
        mac.update(signed.as_bytes());
        let expected = format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()));
        self.header("webhook-signature").split(' ').any(|signature| signature == expected)
    }
}
