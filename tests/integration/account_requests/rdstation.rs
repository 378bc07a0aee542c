//! RD Station's `GET /rest/leads`.

use super::read;
use serde_json::{Value, json};
use shared::model::Provider;
use tests::{Answer, Delivery, Sender, TestApi};

async fn list(api: &TestApi, query: &str) -> Answer {
    read(api, Provider::RdStation, Delivery::new("rdstation-list-leads", "").query(query)).await
}

/// Three leads, a day between them. The clock of the tests begins on 2076-01-15.
async fn fill(api: &TestApi) -> Vec<Value> {
    let leads = [
        json!({ "name": "Ana", "email": "Ana@Exemplo.com", "agentId": "agt_1", "custom": { "b": 1 } }),
        json!({ "name": "Bia", "phone": "+55 11 98888-7777", "capture": "partial", "company": "Acme" }),
        json!({ "name": "Caio de Ana", "site": "caio.com.br", "utm": { "source": "google" } }),
    ];
    let mut created = Vec::new();
    for lead in leads {
        let answer = Sender::of(Provider::RdStation).send(api, lead.to_string()).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        created.push(answer.body);
        api.advance(jiff::SignedDuration::from_hours(24));
    }
    created
}

#[tokio::test]
async fn a_list_has_the_leads_that_each_filter_wants() {
    let api = TestApi::start().await;
    let created = fill(&api).await;
    let cases: [(&str, &[usize]); 21] = [
        ("", &[2, 1, 0]),
        ("unknown=1", &[2, 1, 0]),
        ("orderBy=createdAtDesc", &[2, 1, 0]),
        ("orderBy=createdAtAsc", &[0, 1, 2]),
        ("search=ana", &[2, 0]),
        ("search=acme", &[1]),
        ("search=CAIO.com", &[2]),
        ("search=7777", &[1]),
        ("search=nobody", &[]),
        ("name=ana", &[2, 0]),
        ("email=ana", &[0]),
        ("phone=98888", &[1]),
        ("phone=ana", &[]),
        ("agentId=agt_1", &[0]),
        ("agentId=agt", &[]),
        ("capture=partial", &[1]),
        ("capture=completed", &[2, 0]),
        ("capture=", &[2, 1, 0]),
        ("createdAtStart=2076-01-16T00:00:00Z", &[2, 1]),
        ("createdAtStart=2076-01-16T00:00:00-03:00&orderBy=createdAtAsc", &[1, 2]),
        ("createdAtStart=9999-01-01T00:00:00Z", &[]),
    ];
    for (query, expected) in cases {
        let page = list(&api, query).await;
        let expected: Vec<_> = expected.iter().map(|n| &created[*n]).collect();
        assert_eq!((page.status, &page.body["data"]), (200, &json!(expected)), "{query}");
    }
}

#[tokio::test]
async fn a_page_has_its_place_and_the_totals() {
    let api = TestApi::start().await;
    fill(&api).await;
    let cases = [
        ("", 3, json!([3, 1, 20, 1, 1, null, null])),
        ("size=2", 2, json!([3, 1, 2, 1, 2, 2, null])),
        ("size=2&page=2", 1, json!([3, 2, 2, 1, 2, null, 1])),
        ("size=1&page=2", 1, json!([3, 2, 1, 1, 3, 3, 1])),
        ("size=2&page=9", 0, json!([3, 9, 2, 1, 2, null, 2])),
        ("search=nobody", 0, json!([0, 1, 20, 1, 1, null, null])),
    ];
    for (query, count, meta) in cases {
        let page = list(&api, query).await;
        assert_eq!(page.body["data"].as_array().unwrap().len(), count, "{query}");
        let names = ["total", "page", "size", "first", "last", "next", "previous"];
        assert_eq!(json!(names.map(|name| &page.body["meta"][name])), meta, "{query}");
    }
}

#[tokio::test]
async fn a_parameter_that_breaks_its_rule_is_named() {
    let api = TestApi::start().await;
    let cases = [
        ("page=0", "page", "Expected integer"),
        ("page=-1", "page", "Expected integer"),
        ("page=1e3", "page", "Expected integer"),
        ("size=0", "size", "Expected integer"),
        ("size=101", "size", "Expected integer"),
        ("size=abc", "size", "Expected integer"),
        ("createdAtStart=2027-01-31", "createdAtStart", "Invalid datetime"),
        ("createdAtStart=2027-02-30T00:00:00Z", "createdAtStart", "Invalid datetime"),
    ];
    for (query, name, message) in cases {
        let answer = list(&api, query).await;
        let issue = json!({ "code": "custom", "path": [name], "message": message });
        assert_eq!((answer.status, &answer.body["issues"]), (400, &json!([issue])), "{query}");
    }
    let answer = list(&api, "orderBy=nameAsc&capture=all").await;
    let paths = answer.body["issues"].as_array().unwrap().iter().map(|issue| &issue["path"][0]);
    assert_eq!(paths.collect::<Vec<_>>(), ["orderBy", "capture"]);
}
