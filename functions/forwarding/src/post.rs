use jiff::SignedDuration;
use std::net::IpAddr;

/// A signed message and where to post it.
#[derive(Clone, PartialEq, Eq)]
pub struct PostRequest {
    /// The address.
    pub url: String,
    /// The header `webhook-id`.
    pub id: String,
    /// The header `webhook-timestamp`: Unix seconds.
    pub timestamp: String,
    /// The header `webhook-signature`.
    pub signature: String,
    /// The body, which is JSON.
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
    Url(#[from] crate::BadUrl),
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
    /// The answer is not HTTP, or ended early.
    #[error("an unreadable answer")]
    Unreadable,
}

/// Posts messages. Tests replace it.
pub trait Post: Send + Sync {
    /// Posts a message and waits for the answer.
    fn post(
        &self,
        request: PostRequest,
    ) -> impl Future<Output = Result<Answered, PostError>> + Send;
}
