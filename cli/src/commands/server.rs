//! Sends requests to a server.

use super::failure::Failure;
use crate::terminal::visible;
use shared::model::Provider;
use std::time::{Duration, Instant};
use ureq::{
    Agent, Body,
    http::{Response, StatusCode},
};

/// How long to wait for an answer: longer than a function may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A header and its value.
pub(super) type Header = (&'static str, String);

/// The server of a provider's API.
pub(super) struct Server<'a> {
    client: Agent,
    url: &'a str,
    provider: Provider,
}

/// What came back.
pub(super) struct Answered {
    pub(super) status: StatusCode,
    /// The headers, for people.
    pub(super) head: String,
    pub(super) body: String,
    pub(super) took: Duration,
}

impl Answered {
    pub(super) fn is_success(&self) -> bool {
        self.status.is_success()
    }
}

impl<'a> Server<'a> {
    pub(super) fn new(url: &'a str, provider: Provider) -> Self {
        let config = Agent::config_builder().timeout_global(Some(TIMEOUT)).max_redirects(0);
        let client = config.http_status_as_error(false).build().new_agent();
        Self { client, url, provider }
    }

    /// The address of a path. The server's URL may end with the provider's prefix.
    pub(super) fn address(&self, path: &str) -> String {
        let to = self.url.trim_end_matches('/');
        let prefix = format!("/{}", self.provider.as_str());
        format!("{}{path}", to.strip_suffix(&prefix).unwrap_or(to))
    }

    pub(super) fn post(
        &self,
        path: &str,
        headers: Vec<Header>,
        body: &[u8],
    ) -> Result<Answered, Failure> {
        let url = self.address(path);
        let request = headers
            .into_iter()
            .fold(self.client.post(&url), |request, (name, value)| request.header(name, value));
        let started = Instant::now();
        let mut answer = request.send(body).map_err(|error| unanswered(&url, &error))?;
        let (status, head) = (answer.status(), head_of(&answer));
        let body = answer.body_mut().read_to_string();
        let body = body.map_err(|error| unanswered(&url, &error))?;
        Ok(Answered { status, head, body, took: started.elapsed() })
    }
}

fn head_of(answer: &Response<Body>) -> String {
    let headers = answer.headers().iter();
    let lines = headers.map(|(name, value)| {
        format!("{name}: {}\n", visible(&String::from_utf8_lossy(value.as_bytes())))
    });
    lines.collect()
}

fn unanswered(url: &str, error: &ureq::Error) -> Failure {
    let why = match error {
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => {
            return Failure::Input(format!("{url} is not an address"));
        }
        ureq::Error::Timeout(_) => "did not answer in time",
        ureq::Error::Io(_) | ureq::Error::HostNotFound | ureq::Error::ConnectionFailed => {
            "cannot be reached; is `leadhook serve` running, or the URL right?"
        }
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) => "does not use HTTPS correctly",
        _ => "closed the connection",
    };
    Failure::Failed(format!("{url} {why}"))
}
