//! The API over HTTP: the tasks of API Gateway.

mod simultaneous;
mod web_pages;

use flate2::{
    Compression,
    write::{GzEncoder, ZlibEncoder},
};
use providers::ROUTES;
use reqwest::header::HeaderValue;
use serde_json::{Value, json};
use shared::{model::Provider, request::MAX_BODY_BYTES};
use std::io::Write;
use tests::{Server, TestApi, wait_until};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const LEADS: &str = "/integrabot/v1/leads";

#[tokio::test(flavor = "multi_thread")]
async fn the_content_type_of_a_body_does_not_matter() {
    let api = TestApi::start().await;
    let server = Server::start(&api).await;
    for content_type in [
        "application/json",
        "application/json; charset=utf-8",
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/octet-stream",
        "nonsense",
    ] {
        let post = server.post().header("content-type", content_type);
        let answer = post.body(r#"{"name":"João","type":"web"}"#).send().await.unwrap();
        assert_eq!(answer.status(), 201, "{content_type}");
        let lead: Value = answer.json().await.unwrap();
        assert_eq!(lead["name"], "João", "{content_type}");
    }
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn deflate(text: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_compressed_body_is_read_up_to_the_limit() {
    let api = TestApi::start().await;
    let server = Server::start(&api).await;
    let body = r#"{"name":"João","type":"web"}"#.as_bytes();
    let padded = |length: usize| [body, &vec![b' '; length - body.len()]].concat();
    let cut = gzip(body)[..20].to_vec();
    let cases = [
        ("gzip", "gzip", gzip(body), 201),
        ("gzip in two parts", "GZIP", [gzip(&body[..9]), gzip(&body[9..])].concat(), 201),
        ("the alias", "x-gzip", gzip(body), 201),
        ("deflate", "deflate", deflate(body), 201),
        ("not compressed", "identity", body.to_vec(), 201),
        ("not compressed, but the header says so", "gzip", body.to_vec(), 201),
        ("as long as allowed", "gzip", gzip(&padded(MAX_BODY_BYTES)), 201),
        ("longer", "gzip", gzip(&padded(MAX_BODY_BYTES + 1)), 413),
        ("much longer", "gzip", gzip(&vec![b' '; 64 << 20]), 413),
        ("cut", "gzip", cut, 422),
        ("compressed, but no header says so", "identity", gzip(body), 422),
    ];
    for (case, encoding, body, status) in cases {
        let post = server.post().header("content-encoding", encoding);
        let answer = post.body(body).send().await.unwrap();
        assert_eq!(answer.status(), status, "{case}");
        let text = answer.text().await.unwrap();
        assert_eq!(status == 201, text.contains("João"), "{case}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn idempotency_keys_that_differ_in_any_byte_are_two_keys() {
    let api = TestApi::start().await;
    let server = Server::start(&api).await;
    let keys: [&[u8]; 5] =
        [b"chave-\xe9", b"chave-\xea", b"chave-\xc3\xa9", b"chave-\xff", b"chave-"];
    for key in keys {
        let key = HeaderValue::from_bytes(key).unwrap();
        let request = reqwest::Client::new().post(format!("{}/rdstation/rest/leads", server.base));
        let request = request.bearer_auth("demo-rdstation").header("idempotency-key", &key);
        let body = json!({ "name": format!("{key:?}") }).to_string();
        let answer = request.body(body).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{key:?}: {}", answer.text().await.unwrap());
        assert!(!answer.headers().contains_key("idempotency-replayed"), "{key:?}");
    }
    assert_eq!(api.items("lead#").await.len(), keys.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_route_is_404_with_api_gateways_message() {
    let api = TestApi::start().await;
    let base = Server::start(&api).await.base;
    let client = reqwest::Client::new();
    let head = client.head(format!("{base}/integrabot/v1/leads")).send().await.unwrap();
    assert_eq!(head.status(), 404);
    for request in [
        client.put(format!("{base}/integrabot/v1/leads")),
        client.post(format!("{base}/integrabot/v1/leads/1")),
        client.post(format!("{base}/v1/leads")),
        client.get(&base),
    ] {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 404);
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(answer["message"], "Not Found");
        let addresses = answer["addresses"].as_array().unwrap();
        assert_eq!(addresses.len(), ROUTES.len() + Provider::ALL.len(), "leads and documents");
        assert!(addresses.contains(&json!("POST /integrabot/v1/leads")), "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_300_kib_is_413_and_the_connection_stays_open() {
    let api = TestApi::start().await;
    let url = format!("{}/integrabot/v1/leads", Server::start(&api).await.base);
    let client = reqwest::Client::new();
    let post = || client.post(&url).bearer_auth("sk_demo_integrabot");
    let answer = post().body(vec![b'x'; 300 * 1024]).send().await.unwrap();
    assert_eq!(answer.status(), 413);
    assert_eq!(answer.json::<Value>().await.unwrap()["error"], "Payload Too Large");
    let answer = post().body(r#"{"name":"Ana","type":"web"}"#).send().await.unwrap();
    assert_eq!(answer.status(), 201);
}

/// Writes a request with the demo key, and these lines in its head, on a new connection.
async fn write_request(server: &Server, target: &str, lines: &str, body: &str) -> TcpStream {
    let address = server.base.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "POST {target} HTTP/1.1\r\nHost: {address}\r\n{lines}\
         Authorization: Bearer sk_demo_integrabot\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

/// The answer to such a request.
async fn answer_to(server: &Server, target: &str, lines: &str, body: &str) -> String {
    let lines = format!("{lines}Connection: close\r\n");
    let mut answer = String::new();
    let mut stream = write_request(server, target, &lines, body).await;
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn forwarded_headers_of_a_sender_are_ignored() {
    let api = TestApi::start().await;
    let server = Server::start(&api).await;
    let body = r#"{"name":"Ana","type":"web"}"#;
    for header in [
        "X-Forwarded-Proto: https,http",
        "X-Forwarded-Proto:",
        "X-Forwarded-Proto: http\r\nX-Forwarded-Proto: https",
        "X-Forwarded-Port: x\r\nX-Forwarded-For: x",
        "X-Forwarded-Host: [::1",
        "Forwarded: host=<>",
    ] {
        let answer = answer_to(&server, LEADS, &format!("{header}\r\n"), body).await;
        assert!(answer.starts_with("HTTP/1.1 201"), "{header:?}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_is_finished_even_if_its_sender_does_not_wait() {
    const SENDERS: usize = 40;
    let api = TestApi::start().await;
    let server = Server::start(&api).await;
    for n in 0..SENDERS {
        let body = format!(r#"{{"name":"Ana","type":"web","phone_number":"{n}"}}"#);
        let mut stream = write_request(&server, LEADS, "", &body).await;
        if n % 2 == 0 {
            stream.shutdown().await.unwrap();
        }
    }
    let all_are_stored = wait_until(async || api.items("lead#").await.len() == SENDERS).await;
    assert!(all_are_stored, "only {} of {SENDERS} leads", api.items("lead#").await.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_with_an_odd_url_is_stored() {
    let api = TestApi::start().await;
    let server = Server::start(&api).await;
    let queries =
        ["utm_source=a%20b", "q=%22x%22", "a=%3Cb%3E", "a+b&&=&%", "é", "%ff%00"].into_iter();
    for (n, query) in queries.enumerate() {
        let body = format!(r#"{{"name":"Ana","type":"web","phone_number":"{n}"}}"#);
        let answer = answer_to(&server, &format!("{LEADS}?{query}"), "", &body).await;
        assert!(answer.starts_with("HTTP/1.1 201"), "{query}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_that_is_not_utf_8_gets_its_providers_answer() {
    let api = TestApi::start().await;
    let base = Server::start(&api).await.base;
    let url = format!("{base}/pollybot/api/v1/chatbots/%ff/leads");
    let post = reqwest::Client::new().post(url).bearer_auth("sk-workspace_your_api_key");
    let answer = post.body("{}").send().await.unwrap();
    assert_eq!(answer.status(), 404);
    assert_eq!(answer.json::<Value>().await.unwrap()["code"], "CHATBOT_NOT_FOUND");
    let answer = reqwest::get(format!("{base}/integrabot/v1/leads")).await.unwrap();
    assert_eq!(answer.headers().get("allow"), None, "API Gateway has no other method there");
}
