//! Lists of leads: their pages, their totals and their cost.

use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use jiff::{SignedDuration, Timestamp};
use shared::{
    account_request::LISTED,
    model::{LeadId, Provider},
};
use tests::{Delivery, Sender, TestApi};

/// The ids on a page of a list, and its total.
async fn page(api: &TestApi, number: usize, size: usize) -> (Vec<u64>, u64) {
    let query = format!("page={number}&per_page={size}");
    let request = Delivery::new("integrabot-list-leads", "").query(query);
    let answer = api.send(request.bearer("sk_demo_integrabot")).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let data = answer.body["data"].as_array().unwrap().iter();
    let ids = data.map(|lead| lead["id"].as_u64().unwrap()).collect();
    (ids, answer.body["meta"]["total"].as_u64().unwrap())
}

fn number(id: LeadId) -> u64 {
    id.to_string().parse().unwrap()
}

#[tokio::test]
async fn all_pages_together_have_each_lead_once_the_newest_first() {
    let api = TestApi::start().await;
    let ids = Sender::of(Provider::Integrabot).create_leads(&api, 23).await;
    let expected: Vec<_> = ids.into_iter().rev().map(number).collect();
    for size in [1, 7, 22, 23, 24, 100] {
        let mut listed = Vec::new();
        for n in 1..=24 {
            let (ids, total) = page(&api, n, size).await;
            assert_eq!(total, 23, "page {n} of {size}");
            assert!(ids.len() <= size, "page {n} of {size}");
            listed.extend(ids);
        }
        assert_eq!(listed, expected, "pages of {size}");
    }
}

/// Leads of this name that are put into the table directly, the oldest first, a second apart.
async fn put_leads(api: &TestApi, count: usize, name: &str) -> Vec<LeadId> {
    let first: Timestamp = "2026-01-15T10:30:00Z".parse().unwrap();
    let times = (0..).take(count).map(|n| first + SignedDuration::from_secs(n));
    let ids: Vec<_> = times.map(|at| LeadId::new(at, 0)).collect();
    let account = Sender::of(Provider::Integrabot).account();
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let write = |id: &LeadId| {
        let details = [("custom_fields".to_owned(), text("{}"))];
        let put = PutRequest::builder()
            .item("pk", text(&format!("lead#{account}")))
            .item("sk", text(&format!("{:016}", number(*id))))
            .item("id", AttributeValue::N(id.to_string()))
            .item("created_at", text(&id.time().to_string()))
            .item("name", text(name))
            .item("source", text("web"))
            .item("status", text("new"))
            .item("details", AttributeValue::M(details.into()));
        WriteRequest::builder().put_request(put.build().unwrap()).build()
    };
    for batch in ids.chunks(25) {
        let writes = batch.iter().map(write).collect();
        let client = api.direct_client();
        let written = client.batch_write_item().request_items(api.table().name(), writes);
        assert!(written.send().await.unwrap().unprocessed_items.is_none_or(|left| left.is_empty()));
    }
    ids
}

/// The newest 10,000 are on pages and in the total. `docs/performance.md` has what they cost.
#[tokio::test]
async fn a_list_of_many_leads_ends_after_the_newest() {
    let api = TestApi::start().await;
    let ids = put_leads(&api, LISTED + 150, "Maria Silva").await;
    let newest: Vec<_> = ids.iter().rev().copied().map(number).collect();
    api.connection.take_operations();
    api.connection.take_consumed_units();
    assert_eq!(page(&api, 1, 100).await, (newest[..100].to_vec(), LISTED as u64));
    let operations = api.connection.take_operations();
    // The first request also reads the key, and notes its use.
    assert_eq!(operations, ["GetItem", "UpdateItem", "Query", "Query"]);
    let units = api.connection.take_consumed_units();
    assert!(units < 400.0, "{units}");
    let last = page(&api, LISTED / 100, 100).await;
    assert_eq!(last, (newest[LISTED - 100..LISTED].to_vec(), LISTED as u64));
    assert_eq!(page(&api, LISTED / 100 + 1, 100).await, (Vec::new(), LISTED as u64));
    // Dates and ids reach the others.
    let oldest = ids[0].to_string();
    let request = Delivery::new("integrabot-get-lead", "").parameter("id", &oldest);
    assert_eq!(api.send(request.bearer("sk_demo_integrabot")).await.status, 200);
}

/// Ten requests to the table are made at most, each for 1 MB.
#[tokio::test]
async fn a_list_of_large_leads_ends_after_ten_megabytes() {
    let api = TestApi::start().await;
    let ids = put_leads(&api, 60, &"x".repeat(250_000)).await;
    let newest: Vec<_> = ids.iter().rev().copied().map(number).collect();
    let (listed, total) = page(&api, 1, 100).await;
    assert_eq!(listed, newest[..listed.len()]);
    assert_eq!(total, listed.len() as u64);
    assert!((35..=50).contains(&listed.len()), "{total}");
}
