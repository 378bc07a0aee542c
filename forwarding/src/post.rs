use crate::own_headers::{CannotOpen, OwnHeader};
use jiff::SignedDuration;
use shared::model::RequestMethod;
use std::{error::Error, io, net::IpAddr};

/// A signed message.
#[derive(Clone, PartialEq, Eq)]
pub struct PostRequest {
    /// The header `webhook-id`.
    pub id: String,
    /// The header `webhook-timestamp`: Unix seconds.
    pub timestamp: String,
    /// The header `webhook-signature`.
    pub signature: String,
    /// The method.
    pub method: RequestMethod,
    /// The content type of the body.
    pub content_type: String,
    /// The owner's own headers.
    pub own: Vec<OwnHeader>,
    /// The body.
    pub body: String,
}

/// The answer of a destination.
#[derive(Clone, PartialEq, Eq)]
pub struct Answered {
    /// The HTTP status.
    pub status: u16,
    /// The header `Retry-After`, as a time from now.
    pub retry_after: Option<SignedDuration>,
    /// The beginning of the body.
    pub body: String,
}

/// Why a destination gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PostError {
    /// The URL may not be used.
    #[error(transparent)]
    Url(#[from] crate::address::BadUrl),
    /// The host's name has no address.
    #[error("the name of its host does not resolve")]
    NoSuchName,
    /// The host's name resolves to an address that may not be used.
    #[error("its host has the address {0}, which is not public")]
    NotPublic(IpAddr),
    /// There is no connection.
    #[error("no connection")]
    NoConnection,
    /// Its certificate is not of a trusted authority, not for its name, or expired.
    #[error("its certificate is not accepted")]
    BadCertificate,
    /// It does not speak TLS, or no version that is accepted.
    #[error("no secure connection (TLS)")]
    NotSecure,
    /// It took too long.
    #[error("no answer in time")]
    TimedOut,
    /// The answer is not HTTP, ended early, or was too long.
    #[error("an unreadable answer")]
    Unreadable,
    /// The message cannot be written.
    #[error("{0}")]
    CannotWrite(String),
    /// Its own headers cannot be read.
    #[error(transparent)]
    Headers(#[from] CannotOpen),
    /// The message was not valid any more when the connection was open, and nothing was sent.
    #[error("the message is outdated")]
    Outdated,
}

/// The first known cause of an error.
pub(crate) fn cause_of(error: &(dyn Error + 'static)) -> Option<PostError> {
    if let Some(error) = error.downcast_ref::<PostError>() {
        return Some(error.clone());
    }
    if let Some(error) = error.downcast_ref::<rustls::Error>() {
        let is_certificate = matches!(error, rustls::Error::InvalidCertificate(_));
        return Some(if is_certificate { PostError::BadCertificate } else { PostError::NotSecure });
    }
    let inner = match error.downcast_ref::<io::Error>() {
        Some(outer) => outer.get_ref().map(|inner| inner as &(dyn Error + 'static)),
        None => error.source(),
    };
    cause_of(inner?)
}

/// Posts messages. Tests replace it.
pub trait Post: Send + Sync {
    /// Posts a message to `url` and waits for the answer. `message` is called when the connection
    /// is open, which can take seconds. If it returns `None`, nothing is sent.
    fn post(
        &self,
        url: &str,
        message: impl Fn() -> Option<PostRequest> + Send + Sync,
    ) -> impl Future<Output = Result<Answered, PostError>> + Send;
}

impl<P: Post> Post for &P {
    fn post(
        &self,
        url: &str,
        message: impl Fn() -> Option<PostRequest> + Send + Sync,
    ) -> impl Future<Output = Result<Answered, PostError>> + Send {
        (**self).post(url, message)
    }
}
