//! A destination that speaks HTTPS.

use super::message;
use axum::http::{HeaderMap, Request, Response};
use forwarding::{Addresses, Answered, HttpsClient, Post, PostError};
use futures_util::future::BoxFuture;
use http_body_util::{BodyExt, Full};
use hyper::{
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{RootCertStore, ServerConfig, crypto::ring, pki_types::PrivateKeyDer};
use std::{
    convert::Infallible,
    net::Ipv4Addr,
    sync::{Arc, Mutex},
};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// What happens before each handshake.
type Before = Arc<dyn Fn() -> BoxFuture<'static, ()> + Send + Sync>;

/// A destination on this machine, with a certificate for `localhost`.
pub(crate) struct Endpoint {
    pub(crate) port: u16,
    certificate: CertifiedKey<rcgen::KeyPair>,
    pub(crate) received: Arc<Mutex<Vec<(HeaderMap, String)>>>,
}

impl Endpoint {
    pub(crate) async fn start(answer: fn() -> Response<Full<Bytes>>) -> Self {
        Self::start_with(Arc::new(|| Box::pin(async {})), answer).await
    }

    /// One with something that happens before each handshake.
    pub(crate) async fn start_with(before: Before, answer: fn() -> Response<Full<Bytes>>) -> Self {
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
                let before = before();
                tokio::spawn(async move {
                    before.await;
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
    pub(crate) fn client(&self, allowed: Addresses) -> HttpsClient {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.cert.der().clone()).unwrap();
        HttpsClient::trusting(roots, allowed)
    }

    pub(crate) fn url(&self) -> String {
        format!("https://localhost:{}/leads?a=b", self.port)
    }

    pub(crate) async fn post(&self) -> Result<Answered, PostError> {
        self.client(Addresses::PublicAndLoopback).post(&self.url(), message).await
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
