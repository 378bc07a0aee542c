//! The documents of the API, as a running `leadhook serve` answers them.

use crate::server::Serve;
use serde_json::{Value, json};

const PROVIDERS: [&str; 5] = ["integrabot", "rdstation", "pollybot", "keyspot", "flextell"];

#[tokio::test]
async fn it_answers_the_document_of_each_provider_with_its_own_address_in_it() {
    let serve = Serve::start(&mut Serve::command(&["--memory"]));
    for provider in PROVIDERS {
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
async fn documents_are_guarded_as_leads_are_and_are_named_among_the_addresses() {
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
        for provider in PROVIDERS {
            assert!(addresses.contains(&json!(format!("GET /openapi/{provider}.json"))));
        }
    }
    serve.stop();
}
