//! Sends requests to a server, and shows them with their answers.

use crate::{
    commands::failure::Failure,
    terminal::{bold, visible},
};
use shared::model::Provider;
use std::{
    io::{self, Write},
    time::{Duration, Instant},
};
use ureq::{Agent, Body, http::Response};

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

impl<'a> Server<'a> {
    pub(super) fn new(url: &'a str, provider: Provider) -> Self {
        let config = Agent::config_builder().timeout_global(Some(TIMEOUT)).max_redirects(0);
        let client = config.http_status_as_error(false).build().new_agent();
        Self { client, url, provider }
    }

    /// Sends a request, and shows it and the head of its answer.
    pub(super) fn post(
        &self,
        path: &str,
        headers: Vec<Header>,
        body: &[u8],
    ) -> Result<(u16, String), Failure> {
        let url = url(self.url, self.provider, path);
        let mut out = io::stdout().lock();
        writeln!(out, "{}", bold(&format!("POST {url}")))?;
        let mut request = self.client.post(&url);
        for (name, value) in headers {
            writeln!(out, "{name}: {}", masked(name, &value))?;
            request = request.header(name, value);
        }
        writeln!(out, "\n{}\n", visible(&String::from_utf8_lossy(body)))?;
        let started = Instant::now();
        let mut answer = request.send(body).map_err(|error| unanswered(&url, &error))?;
        let took = started.elapsed().as_millis();
        let (status, head) = (answer.status(), head_of(&answer));
        let text = answer.body_mut().read_to_string();
        let text = text.map_err(|error| unanswered(&url, &error))?;
        writeln!(out, "{} in {took} ms\n{head}", bold(&status.to_string()))?;
        Ok((status.as_u16(), text))
    }
}

pub(super) fn show_body(text: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{}\n", visible(text))
}

/// The address. The server's URL may end with the provider's prefix.
fn url(to: &str, provider: Provider, path: &str) -> String {
    let to = to.trim_end_matches('/');
    let prefix = format!("/{}", provider.as_str());
    format!("{}{path}", to.strip_suffix(&prefix).unwrap_or(to))
}

/// The value of a header, without credentials.
fn masked(name: &str, value: &str) -> String {
    match name {
        "Authorization" => "Bearer ...".to_owned(),
        "X-API-Key" | "X-API-Secret" => "...".to_owned(),
        _ => value.to_owned(),
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
