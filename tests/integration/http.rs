//! The API over HTTP: many senders at once, and what API Gateway does around a function.

use serde_json::{Value, json};
use std::{collections::HashSet, time::Duration};
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

/// One lead, one 201, and a 200 with its id for everyone else.
fn assert_one_lead(answers: &[(u16, u64)]) {
    let created: Vec<_> = answers.iter().filter(|(status, _)| *status == 201).collect();
    assert_eq!(created.len(), 1);
    assert!(answers.iter().all(|(status, _)| [200, 201].contains(status)));
    let ids: HashSet<u64> = answers.iter().map(|(_, id)| *id).collect();
    assert_eq!(ids.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_deliveries_of_one_phone_at_once_are_one_lead() {
    let world = World::start().await;
    let server = Server::start(&world).await;
    let body = |n| json!({ "name": format!("Maria {n}"), "type": "web", "phone_number": "5511" });
    assert_one_lead(&send_all(&server, body).await);
    assert_eq!(world.items("lead#").await.len(), 1);
    assert_eq!(world.items("claim#").await.len(), 1);
}

/// The first lead takes a phone and an e-mail; the others come with the one, the other or
/// both, so that their claims cross.
#[tokio::test(flavor = "multi_thread")]
async fn many_deliveries_whose_claims_cross_are_one_lead() {
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

/// Nobody is first here: half share a phone, half share the e-mail of the others' leader.
#[tokio::test(flavor = "multi_thread")]
async fn deliveries_that_race_with_crossing_claims_never_share_a_claim() {
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
async fn a_body_is_read_whatever_its_content_type_says() {
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
async fn what_no_function_serves_is_404_as_api_gateway_says_it() {
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
        assert_eq!(answer.json::<Value>().await.unwrap(), json!({ "message": "Not Found" }));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_300_kib_is_413_and_the_connection_lives_on() {
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
async fn headers_that_only_a_gateway_may_set_do_no_harm() {
    let world = World::start().await;
    let base = Server::start(&world).await.base;
    let address = base.strip_prefix("http://").unwrap();
    let body = r#"{"name":"Ana","type":"web"}"#;
    for header in [
        "Host: a b",
        "Host: [::1",
        "Host: x:99999",
        "Host: <>",
        "Host: %",
        "Host: a\r\nX-Forwarded-Proto: https,http",
        "Host: a\r\nX-Forwarded-Proto:",
        "Host: a\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Proto: https",
        "Host: a\r\nX-Forwarded-Port: x\r\nX-Forwarded-For: x",
    ] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let head = format!(
            "POST /integrabot/v1/leads HTTP/1.1\r\n{header}\r\nConnection: close\r\n\
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
async fn a_delivery_is_finished_though_its_sender_does_not_wait() {
    const SENDERS: usize = 40;
    let world = World::start().await;
    let base = Server::start(&world).await.base;
    let address = base.strip_prefix("http://").unwrap();
    for n in 0..SENDERS {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let body =
            json!({ "name": "Ana", "type": "web", "phone_number": n.to_string() }).to_string();
        let request = format!(
            "POST /integrabot/v1/leads HTTP/1.1\r\nHost: a\r\n\
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
async fn every_error_of_the_gateway_is_json() {
    let world = World::start().await;
    let base = Server::start(&world).await.base;
    let url = format!("{base}/pollybot/api/v1/chatbots/%ff/leads");
    let answer = reqwest::Client::new().post(url).send().await.unwrap();
    assert_eq!(answer.status(), 400);
    assert_eq!(answer.json::<Value>().await.unwrap(), json!({ "message": "Bad Request" }));
    let answer = reqwest::get(format!("{base}/integrabot/v1/leads")).await.unwrap();
    assert_eq!(answer.headers().get("allow"), None, "API Gateway knows no other method there");
}
