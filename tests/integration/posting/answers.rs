//! Answers without an end: each costs a bounded amount of reading.

use super::message;
use forwarding::{Addresses, HttpsClient, Post, PostError};
use rustls::RootCertStore;
use std::{
    net::Ipv4Addr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

/// How many bytes of an answer can be on their way, in the buffers of both sides.
const ON_THE_WAY: usize = 8 * 1024 * 1024;
/// More than that.
const ENDLESS: usize = 64 * 1024 * 1024;

/// What the answer is, the scheme, its beginning, the part that is repeated, the status.
type Case = (&'static str, &'static str, &'static str, &'static [u8], Result<u16, PostError>);

/// A receiver that answers with `head` and then with `part` again and again. It counts the bytes
/// that it could send.
async fn serve(head: &'static str, part: &'static [u8]) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let sent = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&sent);
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 1024]).await;
        let _ = stream.write_all(head.as_bytes()).await;
        let many = part.repeat(16 * 1024 / part.len());
        while counted.load(SeqCst) < ENDLESS && stream.write_all(&many).await.is_ok() {
            counted.fetch_add(many.len(), SeqCst);
        }
        std::future::pending::<()>().await;
    });
    (address, sent)
}

#[tokio::test]
async fn an_answer_without_an_end_is_not_read_without_an_end() {
    let ok = "HTTP/1.1 200 OK\r\n";
    let body = "HTTP/1.1 200 OK\r\ncontent-length: 9000000000\r\n\r\n";
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let trailers = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n";
    let extension = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5;";
    let (unreadable, not_secure) = (Err(PostError::Unreadable), Err(PostError::NotSecure));
    let cases: [Case; 11] = [
        ("100 again and again", "http", "", b"HTTP/1.1 100 Continue\r\n\r\n", unreadable.clone()),
        (
            "103 again and again",
            "http",
            "",
            b"HTTP/1.1 103 Early\r\nlink: a\r\n\r\n",
            unreadable.clone(),
        ),
        ("empty lines", "http", "", b"\r\n", unreadable.clone()),
        ("a status without an end", "http", "HTTP/1.1 200 ", b"OK", unreadable.clone()),
        ("headers", "http", ok, b"a: b\r\n", unreadable.clone()),
        ("a header without an end", "http", "HTTP/1.1 200 OK\r\na: ", b"b", unreadable),
        ("a body", "http", body, b"b", Ok(200)),
        ("chunks", "http", chunked, b"1\r\nb\r\n", Ok(200)),
        ("trailers", "http", trailers, b"a: b\r\n", Ok(200)),
        ("empty records of TLS", "https", "", b"\x16\x03\x03\x00\x00", not_secure),
        ("the extension of a chunk", "http", extension, b"a", Ok(200)),
    ];
    for (case, scheme, head, part, expected) in cases {
        let (address, sent) = serve(head, part).await;
        let client = HttpsClient::trusting(RootCertStore::empty(), Addresses::PublicAndLoopback);
        let answer = client.post(&format!("{scheme}://{address}/"), message).await;
        assert_eq!(answer.map(|answer| answer.status), expected, "{case}");
        let sent = sent.load(SeqCst);
        assert!(sent < ON_THE_WAY, "{case}: {sent} bytes were sent");
    }
}
