//! A destination that answers as a test says, and notes what it receives.

use forwarding::{Answered, Post, PostError, PostRequest};
use futures_util::future::{BoxFuture, ready};
use std::sync::{Arc, Mutex};

/// What a destination answers, or why there is no answer.
pub(crate) type Reply = Result<Answered, PostError>;

/// A message that a destination receives.
pub(crate) struct Received {
    pub(crate) request: PostRequest,
    /// How many it has received, with this one.
    pub(crate) number: usize,
}

/// A destination.
#[derive(Clone)]
pub(crate) struct Receiver<'a> {
    answer: Arc<dyn Fn(Received) -> BoxFuture<'a, Reply> + Send + Sync + 'a>,
    got: Arc<Mutex<Vec<PostRequest>>>,
    urls: Arc<Mutex<Vec<String>>>,
}

impl<'a> Receiver<'a> {
    pub(crate) fn new(
        answer: impl Fn(Received) -> BoxFuture<'a, Reply> + Send + Sync + 'a,
    ) -> Self {
        Self { answer: Arc::new(answer), got: Arc::default(), urls: Arc::default() }
    }

    /// One that answers immediately.
    pub(crate) fn answering(answer: impl Fn(Received) -> Reply + Send + Sync + 'a) -> Self {
        Self::new(move |received| Box::pin(ready(answer(received))))
    }

    /// The URLs that were called.
    pub(crate) fn urls(&self) -> Vec<String> {
        self.urls.lock().unwrap().clone()
    }

    /// What it has received.
    pub(crate) fn got(&self) -> Vec<PostRequest> {
        self.got.lock().unwrap().clone()
    }
}

impl Post for Receiver<'_> {
    async fn post(
        &self,
        url: &str,
        message: impl Fn() -> Option<PostRequest> + Send + Sync,
    ) -> Reply {
        let request = message().ok_or(PostError::Outdated)?;
        self.urls.lock().unwrap().push(url.to_owned());
        let number = {
            let mut got = self.got.lock().unwrap();
            got.push(request.clone());
            got.len()
        };
        (self.answer)(Received { request, number }).await
    }
}

/// An answer with this status.
#[expect(clippy::unnecessary_wraps, reason = "it stands where there may be no answer")]
pub(crate) fn status(status: u16) -> Reply {
    Ok(Answered { status, retry_after: None, body: String::new() })
}
