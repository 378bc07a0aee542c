//! The OpenAPI documents that a running `leadhook serve` serves.

use crate::{console::Page, server::Serve};
use serde_json::{Value, json};
use shared::model::Provider;

#[tokio::test]
async fn each_document_is_served_with_the_servers_own_address() {
    let serve = Serve::start(&mut Serve::command(&["--memory"]));
    for provider in Provider::ALL.map(Provider::as_str) {
        let answer = reqwest::get(format!("{}/openapi/{provider}.json", serve.base)).await.unwrap();
        assert_eq!(answer.status(), 200, "{provider}");
        assert_eq!(answer.headers()["content-type"], "application/json");
        let document: Value = answer.json().await.unwrap();
        assert_eq!(document["openapi"], "3.1.1", "{provider}");
        let own = format!("{}/{provider}", serve.base);
        assert_eq!(document["servers"][0]["url"], own);
    }
    serve.stop();
}

#[tokio::test]
async fn the_documents_have_the_same_guard_and_are_listed_as_addresses() {
    let serve = Serve::start(&mut Serve::command(&["--memory"]));
    let client = reqwest::Client::new();
    let url = format!("{}/openapi/integrabot.json", serve.base);
    for (name, value) in [("origin", "https://evil.example"), ("host", "rebound.example")] {
        let answer = client.get(&url).header(name, value).send().await.unwrap();
        assert_eq!(answer.status(), 403, "{name}");
    }
    let unknown = format!("{}/openapi/other.json", serve.base);
    for request in [client.post(&url), client.get(&unknown)] {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 404);
        let answer: Value = answer.json().await.unwrap();
        let addresses = answer["addresses"].as_array().unwrap();
        for provider in Provider::ALL.map(Provider::as_str) {
            assert!(addresses.contains(&json!(format!("GET /openapi/{provider}.json"))));
        }
    }
    serve.stop();
}

#[tokio::test]
async fn the_console_links_each_document() {
    let serve = Serve::start(&mut Serve::command(&["--memory"]));
    let page = Page::open(&serve).await.get("/deliveries").send().await.unwrap();
    let page = page.text().await.unwrap();
    for provider in Provider::ALL.map(Provider::as_str) {
        let link = format!("href=\"/openapi/{provider}.json\"");
        assert!(page.contains(&link), "{provider}");
    }
    serve.stop();
}
