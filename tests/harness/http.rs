use axum::http::{Request, Response};
use http_body_util::Full;
use hyper::{
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use std::{io, net::Ipv4Addr, sync::Arc};
use tokio::net::TcpListener;

/// The answer of a test server. An error closes the connection.
pub(crate) type HttpAnswer = Result<Response<Full<Bytes>>, io::Error>;

/// Serves on a free port until the test ends. Returns the address.
pub(crate) async fn serve<S: Send + Sync + 'static, F>(
    state: Arc<S>,
    answer: fn(Arc<S>, Request<Incoming>) -> F,
) -> String
where
    F: Future<Output = HttpAnswer> + Send + 'static,
{
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let state = Arc::clone(&state);
            tokio::spawn(async move {
                let service = service_fn(|request| answer(Arc::clone(&state), request));
                // A connection ends with an error if the test wants one.
                let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    endpoint
}
