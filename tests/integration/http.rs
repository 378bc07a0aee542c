//! The API over HTTP: simultaneous senders, and the tasks of API Gateway.

use flate2::{
    Compression,
    write::{GzEncoder, ZlibEncoder},
};
use providers::ROUTES;
use reqwest::header::HeaderValue;
use serde_json::{Value, json};
use shared::{model::Provider, request::MAX_BODY_BYTES};
use std::{collections::HashSet, io::Write, time::Duration};
use tests::{Server, World};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

const DELIVERIES: usize = 500;
const CONNECTIONS: usize = 64;

/// Sends the deliveries of `body` from many connections at once.
async fn send_all(server: &Server, body: fn(usize) -> Value) -> Vec<(u16, u64)> {
    let mut connections = JoinSet::new();
    for connection in 0..CONNECTIONS {
        let url = format!("{}/integrabot/v1/leads", server.base);
        connections.spawn(async move {
            let client = reqwest::Client::new();
            let mut answers = Vec::new();
            for n in (connection..DELIVERIES).step_by(CONNECTIONS) {
                let request = client.post(&url).bearer_auth("sk_demo_integrabot").json(&body(n));
                let answer = request.send().await.unwrap();
                let status = answer.status().as_u16();
                let lead: Value = answer.json().await.unwrap();
                answers.push((status, lead["id"].as_u64().unwrap_or_default()));
            }
            answers
        });
    }
    connections.join_all().await.concat()
}

/// Checks that one answer is 201, and that all others are 200 with the id of that lead.
fn assert_one_lead(answers: &[(u16, u64)]) {
    let created: Vec<_> = answers.iter().filter(|(status, _)| *status == 201).collect();
    assert_eq!(created.len(), 1);
    assert!(answers.iter().all(|(status, _)| [200, 201].contains(status)));
    let ids: HashSet<u64> = answers.iter().map(|(_, id)| *id).collect();
    assert_eq!(ids.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn simultaneous_deliveries_of_one_phone_are_one_lead() {
    let world = World::start().await;
    let server = Server::start(&world).await;
    let body = |n| json!({ "name": format!("Maria {n}"), "type": "web", "phone_number": "5511" });
    assert_one_lead(&send_all(&server, body).await);
    assert_eq!(world.items("lead#").await.len(), 1);
    assert_eq!(world.items("claim#").await.len(), 1);
}

/// The first lead takes a phone and an e-mail. Each other delivery has one of them.
#[tokio::test(flavor = "multi_thread")]
async fn simultaneous_deliveries_whose_claims_belong_to_one_lead_make_no_lead() {
    let world = World::start().await;
    let server = Server::start(&world).await;
    let both = json!({
        "name": "Maria", "type": "web", "phone_number": "5511", "email": "m@exemplo.com",
    });
    let first = reqwest::Client::new().post(format!("{}/integrabot/v1/leads", server.base));
    let first = first.bearer_auth("sk_demo_integrabot").json(&both).send().await.unwrap();
    assert_eq!(first.status(), 201);
    let body = |n: usize| match n % 2 {
        0 => json!({
            "name": "Maria", "type": "web", "phone_number": "5511", "email": format!("m{n}@x.com"),
        }),
        _ => json!({
            "name": "Maria", "type": "web", "phone_number": format!("55{n}"), "email": "M@exemplo.com",
        }),
    };
    let answers = send_all(&server, body).await;
    assert!(answers.iter().all(|(status, _)| *status == 200));
    let ids: HashSet<u64> = answers.iter().map(|(_, id)| *id).collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(world.items("lead#").await.len(), 1);
    assert_eq!(world.items("claim#").await.len(), 2);
}

/// All deliveries have the same e-mail. Half of them have one phone, and half another.
#[tokio::test(flavor = "multi_thread")]
async fn simultaneous_deliveries_with_crossing_claims_are_one_lead() {
    let world = World::start().await;
    let server = Server::start(&world).await;
    let body = |n: usize| match n % 2 {
        0 => json!({
            "name": "Maria", "type": "web", "phone_number": "5511", "email": "m@exemplo.com",
        }),
        _ => {
            json!({ "name": "Maria", "type": "web", "phone_number": "5522", "email": "m@exemplo.com" })
        }
    };
    assert_one_lead(&send_all(&server, body).await);
    assert_eq!(world.items("lead#").await.len(), 1);
    assert_eq!(world.items("claim#").await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_content_type_of_a_body_does_not_matter() {
    let world = World::start().await;
    let server = Server::start(&world).await;
    let client = reqwest::Client::new();
    for content_type in [
        "application/json",
        "application/json; charset=utf-8",
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/octet-stream",
        "nonsense",
    ] {
        let answer = client
            .post(format!("{}/integrabot/v1/leads", server.base))
            .bearer_auth("sk_demo_integrabot")
            .header("content-type", content_type)
            .body(r#"{"name":"João","type":"web"}"#)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 201, "{content_type}");
        let lead: Value = answer.json().await.unwrap();
        assert_eq!(lead["name"], "João", "{content_type}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_compressed_body_is_read_up_to_the_limit() {
    let world = World::start().await;
    let server = Server::start(&world).await;
    let gzip = |text: &[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    };
    let deflate = |text: &[u8]| {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    };
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
        let request = reqwest::Client::new().post(format!("{}/integrabot/v1/leads", server.base));
        let request = request.bearer_auth("sk_demo_integrabot").body(body);
        let answer = request.header("content-encoding", encoding).send().await.unwrap();
        assert_eq!(answer.status(), status, "{case}");
        let text = answer.text().await.unwrap();
        assert_eq!(status == 201, text.contains("João"), "{case}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn idempotency_keys_that_differ_in_any_byte_are_two_keys() {
    let world = World::start().await;
    let server = Server::start(&world).await;
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
    assert_eq!(world.items("lead#").await.len(), keys.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_route_is_404_with_api_gateways_message() {
    let world = World::start().await;
    let base = Server::start(&world).await.base;
    let client = reqwest::Client::new();
    for request in [
        client.get(format!("{base}/integrabot/v1/leads")),
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
    let world = World::start().await;
    let url = format!("{}/integrabot/v1/leads", Server::start(&world).await.base);
    let client = reqwest::Client::new();
    let post = || client.post(&url).bearer_auth("sk_demo_integrabot");
    let answer = post().body(vec![b'x'; 300 * 1024]).send().await.unwrap();
    assert_eq!(answer.status(), 413);
    assert_eq!(answer.json::<Value>().await.unwrap()["error"], "Payload Too Large");
    let answer = post().body(r#"{"name":"Ana","type":"web"}"#).send().await.unwrap();
    assert_eq!(answer.status(), 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn forwarded_headers_of_a_sender_are_ignored() {
    let world = World::start().await;
    let base = Server::start(&world).await.base;
    let address = base.strip_prefix("http://").unwrap();
    let body = r#"{"name":"Ana","type":"web"}"#;
    for header in [
        "X-Forwarded-Proto: https,http",
        "X-Forwarded-Proto:",
        "X-Forwarded-Proto: http\r\nX-Forwarded-Proto: https",
        "X-Forwarded-Port: x\r\nX-Forwarded-For: x",
        "X-Forwarded-Host: [::1",
        "Forwarded: host=<>",
    ] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let head = format!(
            "POST /integrabot/v1/leads HTTP/1.1\r\nHost: {address}\r\n{header}\r\nConnection: close\r\n\
             Authorization: Bearer sk_demo_integrabot\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all((head + body).as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 201"), "{header:?}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_is_finished_even_if_its_sender_does_not_wait() {
    const SENDERS: usize = 40;
    let world = World::start().await;
    let base = Server::start(&world).await.base;
    let address = base.strip_prefix("http://").unwrap();
    for n in 0..SENDERS {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let body =
            json!({ "name": "Ana", "type": "web", "phone_number": n.to_string() }).to_string();
        let request = format!(
            "POST /integrabot/v1/leads HTTP/1.1\r\nHost: {address}\r\n\
             Authorization: Bearer sk_demo_integrabot\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        if n % 2 == 0 {
            stream.shutdown().await.unwrap();
        }
    }
    for _ in 0..1_000 {
        if world.items("lead#").await.len() == SENDERS {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("only {} of {SENDERS} leads are there", world.items("lead#").await.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_with_an_odd_url_is_stored() {
    let world = World::start().await;
    let base = Server::start(&world).await.base;
    let address = base.strip_prefix("http://").unwrap();
    for (n, target) in [
        "/integrabot/v1/leads?utm_source=a%20b",
        "/integrabot/v1/leads?q=%22x%22",
        "/integrabot/v1/leads?a=%3Cb%3E",
        "/integrabot/v1/leads?a+b&&=&%",
        "/integrabot/v1/leads?é",
        "/integrabot/v1/leads?%ff%00",
    ]
    .into_iter()
    .enumerate()
    {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let body = format!(r#"{{"name":"Ana","type":"web","phone_number":"{n}"}}"#);
        let request = format!(
            "POST {} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
             Authorization: Bearer sk_demo_integrabot\r\nContent-Length: {}\r\n\r\n{body}",
            target,
            body.len()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 201"), "{target}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_that_is_not_utf_8_gets_its_providers_answer() {
    let world = World::start().await;
    let base = Server::start(&world).await.base;
    let url = format!("{base}/pollybot/api/v1/chatbots/%ff/leads");
    let post = reqwest::Client::new().post(url).bearer_auth("sk-workspace_your_api_key");
    let answer = post.body("{}").send().await.unwrap();
    assert_eq!(answer.status(), 404);
    assert_eq!(answer.json::<Value>().await.unwrap()["code"], "CHATBOT_NOT_FOUND");
    let answer = reqwest::get(format!("{base}/integrabot/v1/leads")).await.unwrap();
    assert_eq!(answer.headers().get("allow"), None, "API Gateway knows no other method there");
}

/// A page of another site, and a site whose name points to this machine.
#[tokio::test(flavor = "multi_thread")]
async fn no_web_page_reaches_the_api() {
    let world = World::start().await;
    let base = Server::start(&world).await.base;
    let url = format!("{base}/integrabot/v1/leads");
    let client = reqwest::Client::new();
    for (name, value) in [("origin", "https://evil.example"), ("host", "rebound.example")] {
        let post = client.post(&url).bearer_auth("sk_demo_integrabot").header(name, value);
        let answer = post.body(r#"{"name":"Ana","type":"web"}"#).send().await.unwrap();
        assert_eq!(answer.status(), 403, "{name}");
        assert_eq!(answer.headers().get("access-control-allow-origin"), None, "{name}");
        let preflight = client.request(reqwest::Method::OPTIONS, &url).header(name, value);
        assert_eq!(preflight.send().await.unwrap().status(), 403, "{name}");
    }
    assert!(world.items("lead#").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_an_allowed_origin_sends_leads_and_reads_its_answers() {
    const PAGE: &str = "http://localhost:5173";
    let world = World::start().await;
    let base = Server::start_for_pages(&world, &[PAGE]).await.base;
    let url = format!("{base}/integrabot/v1/leads");
    let client = reqwest::Client::new();
    let preflight = client.request(reqwest::Method::OPTIONS, &url).header("origin", PAGE);
    let preflight = preflight
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,content-type");
    let preflight = preflight.send().await.unwrap();
    assert_eq!(preflight.status(), 200);
    assert_eq!(preflight.headers()["access-control-allow-origin"], PAGE);
    let allowed = preflight.headers()["access-control-allow-headers"].to_str().unwrap();
    for header in ["authorization", "content-type", "idempotency-key", "x-api-key", "x-tenant"] {
        assert!(allowed.contains(header), "{header}: {allowed}");
    }
    let post = client.post(&url).bearer_auth("sk_demo_integrabot");
    let post = post.header("origin", PAGE).body(r#"{"name":"Ana","type":"web"}"#);
    let answer = post.send().await.unwrap();
    assert_eq!(answer.status(), 201);
    assert_eq!(answer.headers()["access-control-allow-origin"], PAGE);
    let exposed = answer.headers()["access-control-expose-headers"].to_str().unwrap();
    assert!(exposed.contains("idempotency-replayed") && exposed.contains("retry-after"));
    let other = client.post(&url).header("origin", "http://localhost:5174").send().await.unwrap();
    assert_eq!(other.status(), 403);
}
