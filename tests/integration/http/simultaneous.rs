//! Simultaneous senders whose leads have common claims.

use serde_json::{Value, json};
use std::collections::HashSet;
use tests::{Server, TestApi};
use tokio::task::JoinSet;

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
    let api = TestApi::start().await;
    let server = Server::start(&api).await;
    let body = |n| json!({ "name": format!("Maria {n}"), "type": "web", "phone_number": "5511" });
    assert_one_lead(&send_all(&server, body).await);
    assert_eq!(api.items("lead#").await.len(), 1);
    assert_eq!(api.items("claim#").await.len(), 1);
}

/// The first lead takes a phone and an e-mail. Each other delivery has one of them.
#[tokio::test(flavor = "multi_thread")]
async fn simultaneous_deliveries_whose_claims_belong_to_one_lead_make_no_lead() {
    let api = TestApi::start().await;
    let server = Server::start(&api).await;
    let both = json!({
        "name": "Maria", "type": "web", "phone_number": "5511", "email": "m@exemplo.com",
    });
    let first = server.post().json(&both).send().await.unwrap();
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
    assert_eq!(api.items("lead#").await.len(), 1);
    assert_eq!(api.items("claim#").await.len(), 2);
}

/// All deliveries have the same e-mail. Half of them have one phone, and half another.
#[tokio::test(flavor = "multi_thread")]
async fn simultaneous_deliveries_with_crossing_claims_are_one_lead() {
    let api = TestApi::start().await;
    let server = Server::start(&api).await;
    let body = |n: usize| match n % 2 {
        0 => json!({
            "name": "Maria", "type": "web", "phone_number": "5511", "email": "m@exemplo.com",
        }),
        _ => {
            json!({ "name": "Maria", "type": "web", "phone_number": "5522", "email": "m@exemplo.com" })
        }
    };
    assert_one_lead(&send_all(&server, body).await);
    assert_eq!(api.items("lead#").await.len(), 1);
    assert_eq!(api.items("claim#").await.len(), 2);
}
