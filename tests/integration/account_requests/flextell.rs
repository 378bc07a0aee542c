//! Flextell's leads, statuses and reference sources.

use super::read;
use serde_json::{Value, json};
use shared::model::{EntryId, EntryKey, Provider};
use tests::{Answer, Delivery, Sender, TestApi};

fn sender() -> &'static Sender {
    Sender::of(Provider::Flextell)
}

async fn list(api: &TestApi, function: &'static str, query: &str) -> Answer {
    let request = Delivery::new(function, "").path("/flextell/api/v1/leads").query(query);
    read(api, Provider::Flextell, request.header("host", "api.example.com")).await
}

/// A member of each item on a page.
fn members<'a>(page: &'a Answer, name: &str) -> Vec<&'a Value> {
    assert_eq!(page.status, 200, "{}", page.text);
    page.body["data"].as_array().unwrap().iter().map(|item| &item[name]).collect()
}

/// Three leads, a day between them.
async fn fill(api: &TestApi) -> Vec<Value> {
    let leads = [
        json!({ "last_name": "Young", "first_name": "Ana", "email": "a@example.com", "country_id": 76 }),
        json!({ "last_name": "allen", "first_name": "Bob", "phone_number": "+551188", "lead_reference_source_id": 1 }),
        json!({ "last_name": "Moss", "assigned_user_id": 1, "marketing_attribution": ["x"] }),
    ];
    let mut created = Vec::new();
    for lead in leads {
        let answer = sender().send(api, lead.to_string()).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        created.push(answer.body["data"].clone());
        api.advance(jiff::SignedDuration::from_hours(24));
    }
    created
}

#[tokio::test]
async fn a_lead_is_shown_as_its_create_was_answered() {
    let api = TestApi::start().await;
    let created = fill(&api).await;
    for lead in &created {
        let id = lead["id"].to_string();
        let request = Delivery::new("flextell-get-lead", "").parameter("id", &id);
        let shown = read(&api, Provider::Flextell, request).await;
        assert_eq!(shown.body, json!({ "success": "true", "data": lead }));
    }
    for id in ["", "1", "0", "-1", "abc", "1e3", "statuses", "lead_0017e5d49712ef42", "%00"] {
        let request = Delivery::new("flextell-get-lead", "").parameter("id", id);
        sender().check_error("not_found", &read(&api, Provider::Flextell, request).await, id);
    }
    let page = list(&api, "flextell-list-leads", "sort_order=asc").await;
    assert_eq!(page.body["data"], json!(created));
}

#[tokio::test]
async fn a_list_has_the_leads_that_each_filter_wants_in_the_order_asked_for() {
    let api = TestApi::start().await;
    fill(&api).await;
    let cases = [
        ("", json!(["Moss", "allen", "Young"])),
        ("unknown=1&trashed=with", json!(["Moss", "allen", "Young"])),
        ("search=AN", json!(["Young"])),
        ("search=551188", json!(["allen"])),
        ("lead_status_id=1", json!(["Moss", "allen", "Young"])),
        ("lead_status_id=2", json!([])),
        ("lead_reference_source_id=1", json!(["allen"])),
        ("assigned_user_id=1", json!(["Moss"])),
        ("country_id=76", json!(["Young"])),
        ("sort_by=last_name&sort_order=asc", json!(["allen", "Moss", "Young"])),
        ("sort_by=last_name", json!(["Young", "Moss", "allen"])),
        ("sort_by=first_name&sort_order=asc", json!(["Moss", "Young", "allen"])),
        ("sort_by=created_at&sort_order=asc", json!(["Young", "allen", "Moss"])),
        ("per_page=1&page=2", json!(["allen"])),
        ("page=18446744073709551615&per_page=100", json!([])),
    ];
    for (query, expected) in cases {
        let page = list(&api, "flextell-list-leads", query).await;
        assert_eq!(json!(members(&page, "last_name")), expected, "{query}");
    }
}

/// The links have the address that the client called: the prefix of a shared API, a domain of its
/// own, the stage of a REST API.
#[tokio::test]
async fn the_links_of_a_page_are_absolute_and_have_the_whole_query() {
    let api = TestApi::start().await;
    fill(&api).await;
    let address = "https://api.example.com/flextell/api/v1/leads";
    let page = list(&api, "flextell-list-leads", "search=&per_page=1&page=2").await;
    let url = |n: u32| format!("{address}?per_page=1&search=&page={n}");
    let links = json!({ "first": url(1), "last": url(3), "prev": url(1), "next": url(3) });
    assert_eq!(page.body["links"], links);
    let link = |url: Value, label: &str, active: bool| json!({ "url": url, "label": label, "active": active });
    let labelled = [
        link(json!(url(1)), "&laquo; Previous", false),
        link(json!(url(1)), "1", false),
        link(json!(url(2)), "2", true),
        link(json!(url(3)), "3", false),
        link(json!(url(3)), "Next &raquo;", false),
    ];
    let meta = json!({
        "current_page": 2, "from": 2, "last_page": 3, "links": labelled, "path": address,
        "per_page": 1, "to": 2, "total": 3,
    });
    assert_eq!(page.body["meta"], meta);
    let request = Delivery::new("flextell-list-leads", "").path("/api/v1/leads").query("a=b+c%26d");
    let request =
        request.header("host", "leads.example.com:8443").header("x-forwarded-proto", "http");
    let page = read(&api, Provider::Flextell, request).await;
    let last = "http://leads.example.com:8443/api/v1/leads?a=b+c%26d&page=1";
    assert_eq!(page.body["links"]["last"], last);
}

#[tokio::test]
async fn the_foot_of_many_pages_links_those_around_and_at_both_ends() {
    let api = TestApi::start().await;
    let entries = (1..=30_i64).map(|n| {
        let entry = json!({ "id": n, "name": format!("Source {n}"), "external_id": null });
        (EntryKey::new("reference_source", n), entry)
    });
    let entries: Vec<_> = entries.collect();
    api.table().put_entries(&sender().account(), &entries).await.unwrap();
    let cases: [(u32, &[&str]); 5] = [
        (1, &["1", "2", "3", "4", "...", "29", "30"]),
        (6, &["1", "2", "3", "4", "5", "6", "7", "8", "9", "...", "29", "30"]),
        (15, &["1", "2", "...", "12", "13", "14", "15", "16", "17", "18", "...", "29", "30"]),
        (30, &["1", "2", "...", "27", "28", "29", "30"]),
        (99, &["1", "2", "...", "29", "30"]),
    ];
    for (number, expected) in cases {
        let query = format!("per_page=1&page={number}");
        let page = list(&api, "flextell-list-reference-sources", &query).await;
        let links = page.body["meta"]["links"].as_array().unwrap();
        let labels: Vec<_> = links.iter().map(|link| link["label"].as_str().unwrap()).collect();
        assert_eq!(labels[1..labels.len() - 1], *expected, "{number}");
    }
}

#[tokio::test]
async fn statuses_are_listed_in_their_order() {
    let api = TestApi::start().await;
    let status = |id: i64, name: &str, order: Option<u64>, is_terminal: bool| {
        let (slug, color) = (name.to_lowercase(), "#000");
        let entry = json!({ "id": id, "name": name, "slug": slug, "color": color, "sort_order": order, "is_terminal": is_terminal });
        (EntryKey::new("status", id), entry)
    };
    let entries = [status(10, "Won", Some(3), true), status(9, "Called", Some(2), false)];
    api.table().put_entries(&sender().account(), &entries).await.unwrap();
    let cases = [
        ("", json!([1, 9, 10])),
        ("sort_order=desc", json!([10, 9, 1])),
        ("sort_by=name", json!([9, 1, 10])),
        ("sort_by=updated_at", json!([1, 9, 10])),
        ("search=w", json!([1, 10])),
        ("is_default=1", json!([1])),
        ("is_default=false", json!([9, 10])),
        ("is_terminal=true", json!([10])),
        ("is_system=1", json!([])),
        ("is_system=", json!([1, 9, 10])),
    ];
    for (query, expected) in cases {
        let page = list(&api, "flextell-list-statuses", query).await;
        assert_eq!(json!(members(&page, "id")), expected, "{query}");
    }
    let won = json!({
        "id": 10, "name": "Won", "slug": "won", "color": "#000", "sort_order": 3,
        "is_default": false, "is_terminal": true, "is_system": false, "created_at": null,
        "updated_at": null,
    });
    assert_eq!(list(&api, "flextell-list-statuses", "search=won").await.body["data"], json!([won]));
}

#[tokio::test]
async fn reference_sources_are_listed_by_their_ids() {
    let api = TestApi::start().await;
    let fair = json!({ "id": 10, "name": "Fair", "external_id": "x-1", "color": "#fff" });
    let key = EntryKey::new("reference_source", EntryId::from(10));
    api.table().put_entries(&sender().account(), &[(key, fair)]).await.unwrap();
    let cases = [
        ("", json!([1, 10])),
        ("sort_order=desc", json!([10, 1])),
        ("sort_by=name", json!([10, 1])),
        ("search=WEB", json!([1])),
        ("color=%23fff", json!([10])),
        ("external_id=x-1", json!([10])),
        ("external_id=x", json!([])),
    ];
    for (query, expected) in cases {
        let page = list(&api, "flextell-list-reference-sources", query).await;
        assert_eq!(json!(members(&page, "id")), expected, "{query}");
    }
}

#[tokio::test]
async fn the_first_parameter_that_breaks_its_rule_is_named() {
    let api = TestApi::start().await;
    let long = format!("search={}", "x".repeat(256));
    let (leads, statuses) = ("flextell-list-leads", "flextell-list-statuses");
    let sources = "flextell-list-reference-sources";
    let cases = [
        (leads, "page=0", "'page' field must be an integer from 1 on."),
        (leads, "per_page=101", "'per_page' field must be an integer from 1 to 100."),
        (leads, "per_page=abc", "'per_page' field must be an integer from 1 to 100."),
        (leads, &long, "'search' field must not exceed 255 characters."),
        (leads, "lead_status_id=x", "'lead_status_id' field must be an integer from 1 on."),
        (leads, "sort_order=up", "'sort_order' field must be one of: asc, desc."),
        (statuses, "is_terminal=yes", "'is_terminal' field must be one of: true, false, 1, 0."),
        (sources, "color=123456789012345678901", "'color' field must not exceed 20 characters."),
    ];
    for (function, query, message) in cases {
        let answer = list(&api, function, query).await;
        let expected = json!({ "error": "validation_error", "message": format!("The {message}") });
        assert_eq!((answer.status, answer.body), (422, expected), "{query}");
    }
}
