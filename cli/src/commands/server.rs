//! Sends leads to a server, and can show the requests with their answers.

use super::failure::Failure;
use crate::terminal::{bold, visible};
use providers::about;
use shared::{
    model::Provider,
    provider::{About, Token},
};
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
    /// Where requests and answers are shown.
    out: Box<dyn Write>,
}

impl<'a> Server<'a> {
    /// A server whose requests nobody sees.
    pub(super) fn new(url: &'a str, provider: Provider) -> Self {
        let config = Agent::config_builder().timeout_global(Some(TIMEOUT)).max_redirects(0);
        let client = config.http_status_as_error(false).build().new_agent();
        Self { client, url, provider, out: Box::new(io::sink()) }
    }

    /// The same server, with its requests and answers on standard output.
    pub(super) fn shown(self) -> Self {
        Self { out: Box::new(io::stdout()), ..self }
    }

    /// Sends a lead. If the provider has tokens, gets one with the credentials first.
    pub(super) fn send_lead(
        &mut self,
        path: &str,
        mut headers: Vec<Header>,
        idempotency_key: Option<String>,
        body: &[u8],
    ) -> Result<(), Failure> {
        let About { token, .. } = about(self.provider);
        if let Some(token) = token {
            headers = vec![("Authorization", format!("Bearer {}", self.issue(token, headers)?))];
        }
        headers.push(("Content-Type", "application/json".to_owned()));
        headers.extend(idempotency_key.map(|key| ("Idempotency-Key", key)));
        let (status, answer) = self.post(path, headers, body)?;
        self.show_body(&answer)?;
        if (200..300).contains(&status) {
            Ok(())
        } else {
            Err(Failure::Failed(format!("the lead was not accepted: {status}")))
        }
    }

    fn issue(&mut self, token: &Token, headers: Vec<Header>) -> Result<String, Failure> {
        let (status, answer) = self.post(token.path, headers, b"")?;
        self.show_body(if (200..300).contains(&status) { "(a token)" } else { &answer })?;
        let answer = serde_json::from_str(&answer).unwrap_or_default();
        let token = (token.read)(&answer).map(str::to_owned);
        token.ok_or_else(|| Failure::Failed(format!("no token was issued: {status}")))
    }

    /// Sends a request, and shows it and the head of its answer.
    fn post(
        &mut self,
        path: &str,
        headers: Vec<Header>,
        body: &[u8],
    ) -> Result<(u16, String), Failure> {
        let url = url(self.url, self.provider, path);
        let out = &mut self.out;
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

    fn show_body(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{}\n", visible(text))
    }
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
