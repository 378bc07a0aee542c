//! How messages are posted: over HTTPS, to checked addresses, without redirects and proxies.

use axum::http::{HeaderMap, Request, Response};
use forwarding::{Addresses, Answered, BadUrl, HttpsClient, Post, PostError, PostRequest};
use http_body_util::{BodyExt, Full};
use hyper::{
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use jiff::SignedDuration;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{RootCertStore, ServerConfig, crypto::ring, pki_types::PrivateKeyDer};
use std::{
    convert::Infallible,
    net::{IpAddr, Ipv4Addr},
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

/// A destination on this machine, with a certificate for `localhost`.
struct Endpoint {
    port: u16,
    certificate: CertifiedKey<rcgen::KeyPair>,
    received: Arc<Mutex<Vec<(HeaderMap, String)>>>,
}

impl Endpoint {
    async fn start(answer: fn() -> Response<Full<Bytes>>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let certificate = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = PrivateKeyDer::try_from(certificate.signing_key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.cert.der().clone()], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let received = Arc::<Mutex<Vec<_>>>::default();
        let noted = Arc::clone(&received);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, noted) = (acceptor.clone(), Arc::clone(&noted));
                tokio::spawn(async move {
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    let service =
                        service_fn(move |request| note(Arc::clone(&noted), request, answer));
                    let _ =
                        http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        Self { port, certificate, received }
    }

    /// A client that trusts this endpoint.
    fn client(&self, allowed: Addresses) -> HttpsClient {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.cert.der().clone()).unwrap();
        HttpsClient::trusting(roots, allowed)
    }

    fn request(&self) -> PostRequest {
        request(&format!("https://localhost:{}/leads?a=b", self.port))
    }

    async fn post(&self) -> Result<Answered, PostError> {
        self.client(Addresses::PublicAndLoopback).post(self.request()).await
    }
}

async fn note(
    noted: Arc<Mutex<Vec<(HeaderMap, String)>>>,
    request: Request<Incoming>,
    answer: fn() -> Response<Full<Bytes>>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    noted.lock().unwrap().push((head.headers, String::from_utf8(body.to_vec()).unwrap()));
    Ok(answer())
}

fn request(url: &str) -> PostRequest {
    PostRequest {
        url: url.to_owned(),
        id: "msg_1".to_owned(),
        timestamp: "1674087231".to_owned(),
        signature: "v1,abc".to_owned(),
        body: r#"{"a":"ção"}"#.to_owned(),
    }
}

fn status(status: u16) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from("thanks"));
    *response.status_mut() = status.try_into().unwrap();
    response
}

fn error_of(answer: Result<Answered, PostError>) -> PostError {
    answer.map(|answer| answer.status).unwrap_err()
}

#[tokio::test]
async fn a_message_arrives_with_the_headers_of_standard_webhooks() {
    let endpoint = Endpoint::start(|| status(204)).await;
    let answer = endpoint.post().await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(answer.status, 204);
    let received = endpoint.received.lock().unwrap();
    let (headers, body) = &received[0];
    for (name, value) in [
        ("webhook-id", "msg_1"),
        ("webhook-timestamp", "1674087231"),
        ("webhook-signature", "v1,abc"),
        ("content-type", "application/json"),
    ] {
        assert_eq!(headers[name], value, "{name}");
    }
    assert_eq!(body, r#"{"a":"ção"}"#);
}

#[tokio::test]
async fn an_answer_tells_its_status_and_when_to_try_again() {
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
    let refused = error_of(endpoint.client(Addresses::Public).post(endpoint.request()).await);
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
        assert_eq!(error_of(client.post(request(url)).await), PostError::Url(expected), "{url}");
    }
}

#[tokio::test]
async fn a_name_without_an_address_is_told() {
    let client = HttpsClient::trusting(RootCertStore::empty(), Addresses::Public);
    let refused = error_of(client.post(request("https://no-such-name.invalid/")).await);
    assert_eq!(refused, PostError::NoSuchName);
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority_is_not_accepted() {
    let endpoint = Endpoint::start(|| status(200)).await;
    let stranger = Endpoint::start(|| status(200)).await;
    let client = stranger.client(Addresses::PublicAndLoopback);
    assert_eq!(error_of(client.post(endpoint.request()).await), PostError::BadCertificate);
    let mut by_address = endpoint.request();
    by_address.url = format!("https://127.0.0.1:{}/", endpoint.port);
    let client = endpoint.client(Addresses::PublicAndLoopback);
    assert_eq!(error_of(client.post(by_address).await), PostError::BadCertificate);
    assert_eq!(endpoint.received.lock().unwrap().len(), 0);
}

#[tokio::test]
async fn nobody_listening_is_no_connection() {
    let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}/", closed.local_addr().unwrap());
    drop(closed);
    let client = HttpsClient::trusting(RootCertStore::empty(), Addresses::PublicAndLoopback);
    assert_eq!(error_of(client.post(request(&url)).await), PostError::NoConnection);
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
        let refused = error_of(client.post(request(&format!("{scheme}://{silent}/"))).await);
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
    let answer = client.post(request(&format!("http://{address}/"))).await;
    let Answered { status, body, .. } = answer.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((status, body.as_str()), (200, "thanks"));
}

#[tokio::test]
async fn a_port_without_tls_is_not_secure() {
    let address = serve_silence("HTTP/1.1 400 Bad Request\r\n\r\n").await;
    let client = HttpsClient::trusting(RootCertStore::empty(), Addresses::PublicAndLoopback);
    let refused = error_of(client.post(request(&format!("https://{address}/"))).await);
    assert_eq!(refused, PostError::NotSecure);
}

#[tokio::test]
async fn an_answer_that_is_not_http_is_unreadable() {
    let address = serve_silence("220 mail.example.com ESMTP\r\n\r\n").await;
    let client = HttpsClient::trusting(RootCertStore::empty(), Addresses::PublicAndLoopback);
    let refused = error_of(client.post(request(&format!("http://{address}/"))).await);
    assert_eq!(refused, PostError::Unreadable);
}
