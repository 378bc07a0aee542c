//! How messages are posted: over HTTPS, to checked addresses, without redirects and proxies.

mod answers;
mod endpoint;
mod kept;

use axum::http::Response;
pub(crate) use endpoint::Endpoint;
use forwarding::{Addresses, Answered, BadUrl, HttpsClient, Post, PostError, PostRequest};
use http_body_util::Full;
use hyper::body::Bytes;
use jiff::SignedDuration;
use rustls::RootCertStore;
use shared::model::RequestMethod;
use std::{
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

#[expect(clippy::unnecessary_wraps, reason = "it stands where a message may be outdated")]
fn message() -> Option<PostRequest> {
    Some(PostRequest {
        id: "msg_1".to_owned(),
        timestamp: "1674087231".to_owned(),
        signature: "v1,abc".to_owned(),
        method: RequestMethod::Put,
        content_type: "application/xml".to_owned(),
        own: ["x-api-key: k 1", "user-agent: acme"].map(|own| own.parse().unwrap()).into(),
        body: r#"{"a":"ção"}"#.to_owned(),
    })
}

pub(crate) fn status(status: u16) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from("thanks"));
    *response.status_mut() = status.try_into().unwrap();
    response
}

fn error_of(answer: Result<Answered, PostError>) -> PostError {
    answer.map(|answer| answer.status).unwrap_err()
}

#[tokio::test]
async fn a_message_arrives_with_the_headers_of_standard_webhooks_and_its_own() {
    let endpoint = Endpoint::start(|| status(204)).await;
    let answer = endpoint.post().await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(answer.status, 204);
    let received = endpoint.received.lock().unwrap();
    let (headers, body) = &received[0];
    for (name, value) in [
        ("webhook-id", "msg_1"),
        ("webhook-timestamp", "1674087231"),
        ("webhook-signature", "v1,abc"),
        ("content-type", "application/xml"),
        ("x-api-key", "k 1"),
        ("user-agent", "acme"),
    ] {
        assert_eq!(headers[name], value, "{name}");
    }
    assert_eq!(body, r#"{"a":"ção"}"#);
}

#[tokio::test]
async fn an_answer_has_its_status_and_when_to_try_again() {
    let endpoint = Endpoint::start(|| {
        let mut response = status(503);
        response.headers_mut().insert("retry-after", "120".parse().unwrap());
        response
    })
    .await;
    let answer = endpoint.post().await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((answer.status, answer.retry_after), (503, Some(SignedDuration::from_secs(120))));
    assert_eq!(answer.body, "thanks");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let endpoint = Endpoint::start(|| {
        let mut response = status(307);
        let target = "https://169.254.169.254/latest/meta-data/".parse().unwrap();
        response.headers_mut().insert("location", target);
        response
    })
    .await;
    let answer = endpoint.post().await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(answer.status, 307);
    assert_eq!(endpoint.received.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_long_answer_is_read_up_to_16_kib() {
    let endpoint = Endpoint::start(|| Response::new(Full::from(vec![b'a'; 1_000_000]))).await;
    let answer = endpoint.post().await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((answer.status, answer.body.len()), (200, 16 * 1024));
}

#[tokio::test]
async fn a_name_that_resolves_to_this_machine_gets_no_connection() {
    let endpoint = Endpoint::start(|| status(200)).await;
    let refused = error_of(endpoint.client(Addresses::Public).post(&endpoint.url(), message).await);
    let PostError::NotPublic(address) = refused else { panic!("{refused}") };
    assert!(address.is_loopback(), "{address}");
    assert_eq!(endpoint.received.lock().unwrap().len(), 0);
}

#[tokio::test]
async fn a_url_in_the_table_is_checked_before_each_post() {
    let client = HttpsClient::trusting(RootCertStore::empty(), Addresses::Public);
    let metadata = IpAddr::from([169, 254, 169, 254]);
    let cases = [
        ("https://169.254.169.254/", BadUrl::NotPublic(metadata)),
        ("http://example.com/", BadUrl::NotHttps),
        ("https://user:secret@example.com/", BadUrl::Credentials),
        ("not a URL", BadUrl::NotAUrl),
    ];
    for (url, expected) in cases {
        assert_eq!(error_of(client.post(url, message).await), PostError::Url(expected), "{url}");
    }
}

#[tokio::test]
async fn a_name_without_an_address_is_an_error() {
    let client = HttpsClient::trusting(RootCertStore::empty(), Addresses::Public);
    let refused = error_of(client.post("https://no-such-name.invalid/", message).await);
    assert_eq!(refused, PostError::NoSuchName);
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority_is_not_accepted() {
    let endpoint = Endpoint::start(|| status(200)).await;
    let stranger = Endpoint::start(|| status(200)).await;
    let client = stranger.client(Addresses::PublicAndLoopback);
    assert_eq!(error_of(client.post(&endpoint.url(), message).await), PostError::BadCertificate);
    let by_address = format!("https://127.0.0.1:{}/", endpoint.port);
    let client = endpoint.client(Addresses::PublicAndLoopback);
    assert_eq!(error_of(client.post(&by_address, message).await), PostError::BadCertificate);
    assert_eq!(endpoint.received.lock().unwrap().len(), 0);
}

#[tokio::test]
async fn nobody_listening_is_no_connection() {
    let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}/", closed.local_addr().unwrap());
    drop(closed);
    let client = HttpsClient::trusting(RootCertStore::empty(), Addresses::PublicAndLoopback);
    assert_eq!(error_of(client.post(&url, message).await), PostError::NoConnection);
}

/// A server that reads the beginning of a request, sends `text` and then nothing.
async fn serve_silence(text: &'static str) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let _ = stream.read(&mut [0; 1024]).await;
                let _ = stream.write_all(text.as_bytes()).await;
                std::future::pending::<()>().await;
            });
        }
    });
    address.to_string()
}

/// The clock is stopped: it jumps to whatever is waited for.
#[tokio::test(start_paused = true)]
async fn a_post_ends_after_15_seconds_and_a_connection_after_5() {
    let silent = serve_silence("").await;
    let cases = [("http", 15), ("https", 5)];
    for (scheme, seconds) in cases {
        let client = HttpsClient::trusting(RootCertStore::empty(), Addresses::PublicAndLoopback);
        let started = tokio::time::Instant::now();
        let refused = error_of(client.post(&format!("{scheme}://{silent}/"), message).await);
        assert_eq!(refused, PostError::TimedOut, "{scheme}");
        let waited = started.elapsed();
        let expected = Duration::from_secs(seconds);
        assert!(waited >= expected && waited < expected + Duration::from_secs(1), "{waited:?}");
    }
}

#[tokio::test]
async fn the_status_counts_also_if_the_body_never_ends() {
    let address = serve_silence("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nthanks").await;
    let client = HttpsClient::trusting(RootCertStore::empty(), Addresses::PublicAndLoopback);
    let answer = client.post(&format!("http://{address}/"), message).await;
    let Answered { status, body, .. } = answer.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((status, body.as_str()), (200, "thanks"));
}

#[tokio::test]
async fn a_port_without_tls_is_not_secure() {
    let address = serve_silence("HTTP/1.1 400 Bad Request\r\n\r\n").await;
    let client = HttpsClient::trusting(RootCertStore::empty(), Addresses::PublicAndLoopback);
    let refused = error_of(client.post(&format!("https://{address}/"), message).await);
    assert_eq!(refused, PostError::NotSecure);
}

#[tokio::test]
async fn an_answer_that_is_not_http_is_unreadable() {
    let address = serve_silence("220 mail.example.com ESMTP\r\n\r\n").await;
    let client = HttpsClient::trusting(RootCertStore::empty(), Addresses::PublicAndLoopback);
    let refused = error_of(client.post(&format!("http://{address}/"), message).await);
    assert_eq!(refused, PostError::Unreadable);
}
