//! Requests of web pages.

use tests::{Server, TestApi};

/// A page of another site, and a site whose name points to this machine.
#[tokio::test(flavor = "multi_thread")]
async fn no_web_page_reaches_the_api() {
    let api = TestApi::start().await;
    let base = Server::start(&api).await.base;
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
    assert!(api.items("lead#").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_an_allowed_origin_sends_leads_and_reads_its_answers() {
    const PAGE: &str = "http://localhost:5173";
    let api = TestApi::start().await;
    let base = Server::start_for_pages(&api, &[PAGE]).await.base;
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
