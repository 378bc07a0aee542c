//! Connections that are used again.

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
    net::{TcpListener, TcpStream},
};

const TAKEN: &str = "HTTP/1.1 204 No Content\r\n\r\n";
/// The beginning of an answer.
const BEGUN: &str = "HTTP/1.1 2";

/// What the receiver does, its answers over each connection, the results of two posts, the number
/// of connections.
type Case = (&'static str, &'static [&'static str], [Result<u16, PostError>; 2], usize);

/// A receiver that gives these answers over each connection, one for each message. It closes a
/// connection after the message that follows them, or in the answer that has only begun. It counts
/// its connections.
async fn serve(answers: &'static [&'static str]) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counted.fetch_add(1, SeqCst);
            tokio::spawn(async move {
                for answer in answers {
                    read_message(&mut stream).await;
                    stream.write_all(answer.as_bytes()).await.unwrap();
                    if *answer == BEGUN {
                        return;
                    }
                }
                read_message(&mut stream).await;
            });
        }
    });
    (url, connections)
}

/// Reads a request, whose body is a JSON object.
async fn read_message(stream: &mut TcpStream) {
    let mut read = Vec::new();
    while !read.ends_with(b"}") && stream.read_buf(&mut read).await.is_ok_and(|read| read > 0) {}
}

#[tokio::test]
async fn only_a_kept_connection_that_is_closed_without_an_answer_is_replaced_once() {
    let (taken, unreadable) = (Ok(204), Err(PostError::Unreadable));
    let cases: [Case; 5] = [
        ("kept", &[TAKEN, TAKEN], [taken.clone(), taken.clone()], 1),
        ("closed after an answer", &[TAKEN], [taken.clone(), taken.clone()], 2),
        ("closed in an answer", &[TAKEN, BEGUN], [taken, unreadable.clone()], 1),
        ("a new one closed", &[], [unreadable.clone(), unreadable.clone()], 2),
        ("a new one closed in an answer", &[BEGUN], [unreadable.clone(), unreadable], 2),
    ];
    for (case, answers, expected, connections) in cases {
        let (url, counted) = serve(answers).await;
        let client = HttpsClient::trusting(RootCertStore::empty(), Addresses::PublicAndLoopback);
        for (n, expected) in expected.into_iter().enumerate() {
            let answer = client.post(&url, message).await;
            assert_eq!(answer.map(|answer| answer.status), expected, "{case}: post {n}");
        }
        assert_eq!(counted.load(SeqCst), connections, "{case}");
    }
}

/// The receiver closes every connection after its first answer, also the one in place of a kept
/// one.
#[tokio::test]
async fn a_connection_in_place_of_a_kept_one_is_not_replaced_itself() {
    let (url, counted) = serve(&[]).await;
    let client = HttpsClient::trusting(RootCertStore::empty(), Addresses::PublicAndLoopback);
    // A connection without a message is kept.
    let outdated = client.post(&url, || None).await;
    assert_eq!(outdated.map(|answer| answer.status), Err(PostError::Outdated));
    let answer = client.post(&url, message).await;
    assert_eq!(answer.map(|answer| answer.status), Err(PostError::Unreadable));
    assert_eq!(counted.load(SeqCst), 2);
}
