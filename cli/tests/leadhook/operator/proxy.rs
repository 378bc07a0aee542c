//! A DynamoDB whose clock is wrong: it passes requests on to another.

use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, StatusCode, header::HOST},
};
use jiff::{SignedDuration, Timestamp, fmt::rfc2822::DateTimePrinter};

pub(super) struct Proxy {
    pub(super) endpoint: String,
}

impl Proxy {
    /// A proxy of the DynamoDB at `table`, whose clock is so much ahead.
    pub(super) async fn start(table: &str, clock_ahead: SignedDuration) -> Self {
        let table = table.to_owned();
        let pass_on = move |mut headers: HeaderMap, body: Bytes| async move {
            headers.remove(HOST);
            let request = reqwest::Client::new().post(&table).headers(headers).body(body);
            let answer = request.send().await.unwrap();
            let status = StatusCode::from_u16(answer.status().as_u16()).unwrap();
            let time = Timestamp::now() + clock_ahead;
            let date = DateTimePrinter::new().timestamp_to_rfc9110_string(&time).unwrap();
            (status, [("date", date)], answer.bytes().await.unwrap())
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(pass_on);
        tokio::spawn(local::listen(listener, router, std::future::pending()));
        Self { endpoint }
    }
}
