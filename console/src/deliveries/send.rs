//! Sends samples, and deliveries again. They go through the API, as the deliveries of senders do.

use super::live::live;
use crate::{
    app::{Console, Live},
    json::{pretty, with_lf},
    page::{Answer, Failed, go},
};
use axum::{
    Form,
    body::Body,
    extract::{ConnectInfo, Path, State},
    http::{HeaderName, HeaderValue, Method, Request, header},
};
use local::{SeenBody, SeenDelivery};
use providers::about;
use serde::Deserialize;
use shared::{model::Provider, provider::About};
use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};
use tower::ServiceExt;

/// A function that a sample can be sent to.
pub(crate) struct SampleAddress {
    pub(crate) function: &'static str,
    /// Its name on the page.
    pub(crate) label: String,
    about: &'static About,
}

/// The functions that a sample can be sent to.
pub(crate) fn samples() -> Vec<SampleAddress> {
    let of_provider = |provider| {
        let about = about(provider);
        let address = |function, label| SampleAddress { function, label, about };
        let token = about
            .token
            .as_ref()
            .map(|token| address(token.function, format!("{} token", about.label)));
        token.into_iter().chain([address(about.sample.function, about.label.to_owned())])
    };
    Provider::ALL.into_iter().flat_map(of_provider).collect()
}

/// The headers of a sent delivery that a new request gets from its connection.
const OWN_HEADERS: [&str; 6] =
    ["host", "connection", "content-length", "transfer-encoding", "expect", "accept-encoding"];

type Header = (String, String);

#[derive(Deserialize)]
pub(crate) struct SampleForm {
    function: String,
}

pub(crate) async fn sample(
    State(console): State<Arc<Console>>,
    Form(SampleForm { function }): Form<SampleForm>,
) -> Answer {
    let live = live(&console)?;
    let known = samples().into_iter().find(|known| known.function == function && live.has_samples);
    let known = known.ok_or_else(|| Failed::input("there is no such sample"))?;
    let token = known.about.token.as_ref().filter(|token| token.function == function);
    let number = match token {
        Some(token) => {
            send(live, token.path, &demo_headers(known.about), String::new()).await?.number
        }
        None => send_sample(live, known.about).await?,
    };
    go(&format!("/console/deliveries/{number}"))
}

fn demo_headers(about: &About) -> Vec<Header> {
    let own = |(name, value): (&str, String)| (name.to_owned(), value);
    about.demo_credentials().into_iter().map(own).collect()
}

/// Sends a provider's sample. Returns the delivery's number.
async fn send_sample(live: &Live, about: &About) -> Result<u64, Failed> {
    let mut headers = demo_headers(about);
    if let Some(token) = &about.token {
        let answer = send(live, token.path, &headers, String::new()).await?.body;
        let answer = serde_json::from_str(&answer).unwrap_or_default();
        let token = (token.read)(&answer).unwrap_or_default();
        headers = vec![("authorization".to_owned(), format!("Bearer {token}"))];
    }
    headers.push(("content-type".to_owned(), "application/json".to_owned()));
    Ok(send(live, about.sample.path, &headers, about.sample.body.to_owned()).await?.number)
}

/// Sends a delivery again, as it was.
pub(crate) async fn again(State(console): State<Arc<Console>>, Path(number): Path<u64>) -> Answer {
    repeat(&console, number, None).await
}

#[derive(Deserialize)]
pub(crate) struct EditForm {
    body: String,
}

/// Sends a delivery again with another body.
pub(crate) async fn edited(
    State(console): State<Arc<Console>>,
    Path(number): Path<u64>,
    Form(EditForm { body }): Form<EditForm>,
) -> Answer {
    repeat(&console, number, Some(body)).await
}

/// Why a body cannot be sent again as it was; `None` if it can.
pub(super) fn why_not_again(body: &SeenBody) -> Option<&'static str> {
    // A body is remembered as text. Its bytes that are no text became this character.
    let is_text = !body.text.contains(char::REPLACEMENT_CHARACTER);
    match (body.is_whole(), is_text) {
        (false, _) => Some("only the first part of its body is remembered"),
        (true, false) => Some("its body is not UTF-8 text, and is not kept as it was"),
        (true, true) => None,
    }
}

async fn repeat(console: &Console, number: u64, body: Option<String>) -> Answer {
    let live = live(console)?;
    let gone = || Failed::missing(format!("the delivery {number} is not remembered"));
    let seen = live.recent.get(number).ok_or_else(gone)?;
    let body = match (body, why_not_again(&seen.body)) {
        (Some(body), _) => edited_body(&seen.body.text, &body),
        (None, Some(why)) => return Err(Failed::input(why)),
        (None, None) => seen.body.text.clone(),
    };
    let sent = send(live, &seen.path, &seen.headers, body).await?;
    go(&format!("/console/deliveries/{}", sent.number))
}

/// The body of the form: as it was sent if nothing of what is shown was changed.
fn edited_body(seen: &str, body: &str) -> String {
    let shown = pretty(seen).unwrap_or_else(|| seen.to_owned());
    let body = with_lf(body);
    if body.trim_end() == with_lf(&shown).trim_end() { seen.to_owned() } else { body }
}

struct Sent {
    number: u64,
    body: String,
}

async fn send(live: &Live, path: &str, headers: &[Header], body: String) -> Result<Sent, Failed> {
    let host = live.base.trim_start_matches("http://");
    let before = live.recent.newest();
    let seen = SeenBody::new(body.as_bytes());
    let request = Request::builder().method(Method::POST).uri(path).header(header::HOST, host);
    let mut request = request.body(Body::from(body)).map_err(|_| unsent())?;
    for (name, value) in headers {
        // A page's own origin is refused by the API, and is none of a sender's headers.
        if OWN_HEADERS.contains(&name.as_str()) || name == "origin" {
            continue;
        }
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unsent())?;
        let value = HeaderValue::from_str(value).map_err(|_| unsent())?;
        request.headers_mut().append(name, value);
    }
    let peer = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    request.extensions_mut().insert(ConnectInfo(peer));
    let Ok(answer) = live.api.clone().oneshot(request).await;
    let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await.map_err(|_| unsent())?;
    // The newest that is equal: an equal one of another sender would look the same.
    let all = live.recent.after(before);
    let is_it = |known: &&Arc<SeenDelivery>| known.path == path && known.body.text == seen.text;
    let number = all.iter().find(is_it).ok_or_else(unsent)?.number;
    Ok(Sent { number, body: String::from_utf8_lossy(&body).into_owned() })
}

fn unsent() -> Failed {
    Failed::input("the request cannot be sent")
}

#[cfg(test)]
mod tests {
    use super::*;
    use local::REMEMBERED_BODY;

    #[test]
    fn a_form_changes_only_what_was_edited() {
        let seen = r#"{"n":12345678901234567890123,"n":1e400,"t":1.10,"c":"\ud83d"}"#;
        let shown = pretty(seen).unwrap().replace('\n', "\r\n") + "\r\n";
        assert_eq!(edited_body(seen, &shown), seen);
        let edited = edited_body(seen, &shown.replace("1.10", "1.20"));
        for member in ["12345678901234567890123,", "1e400,", "1.20,"] {
            assert!(edited.contains(member) && !edited.contains('\r'), "{member} in {edited}");
        }
        assert_eq!(edited_body("a=1\r\nb=2", "a=1\r\nb=2\r\n"), "a=1\r\nb=2");
    }

    #[test]
    fn only_a_body_that_is_kept_as_it_was_is_sent_again() {
        let why = |body: &[u8]| why_not_again(&SeenBody::new(body)).unwrap_or_default();
        assert_eq!(why(b""), "");
        assert_eq!(why("{\"name\":\"D'Ávila\"}".as_bytes()), "");
        assert!(why(b"{\"name\":\"\xc1vila\"}").contains("UTF-8"));
        // The limit cuts a letter of two bytes.
        let long = format!("x{}", "é".repeat(REMEMBERED_BODY / 2));
        assert!(why(long.as_bytes()).contains("first part"));
    }
}
