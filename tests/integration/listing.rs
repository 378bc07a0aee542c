//! Lists and pages of leads. A list has all leads up to its limit, although a page of DynamoDB ends
//! at 1 MB.

use jiff::SignedDuration;
use proptest::{
    collection::vec,
    sample::select,
    test_runner::{Config, TestRunner},
};
use serde_json::json;
use shared::{
    model::{Account, ApiKey, LeadId, LeadSpan, Provider},
    table::{LeadPage, Order},
};
use std::env;
use tests::{Delivery, Sender, TestApi};
use tokio::runtime::Runtime;

/// The variable that sets how many tables are filled and listed.
const CASES_VARIABLE: &str = "LISTING_CASES";
const DEFAULT_CASES: u32 = 6;
const ACCOUNTS: usize = 3;

/// The account of a lead, and its number of bytes of text.
type Lead = (usize, usize);

fn account(n: usize) -> Account {
    Account { provider: Provider::RdStation, id: format!("wpc_{n}").parse().unwrap() }
}

/// Stores leads with a second between them, the oldest first. Returns their ids.
async fn fill(api: &TestApi, leads: &[Lead]) -> Vec<(usize, LeadId)> {
    for n in 0..ACCOUNTS {
        api.put_key(&format!("token-{n}"), ApiKey::new(account(n))).await;
    }
    let mut ids = Vec::new();
    for (owner, size) in leads {
        api.advance(SignedDuration::from_secs(1));
        let body = json!({ "custom": { "note": "x".repeat(*size) } }).to_string();
        let delivery = Delivery::new("rdstation-create-lead", body);
        let answer = api.send(delivery.bearer(&format!("token-{owner}"))).await;
        assert_eq!(answer.status, 200);
        ids.push((*owner, rdstation::LEAD_ID.read(answer.body["id"].as_str().unwrap()).unwrap()));
    }
    ids
}

async fn check(leads: &[Lead], asked: &[usize], limit: usize, skip: usize) {
    let api = TestApi::start().await;
    let mut expected = fill(&api, leads).await;
    expected.reverse();
    expected.retain(|(owner, _)| asked.contains(owner));
    let before = expected.get(skip).map(|(_, id)| *id);
    let span = before.map_or(Some(LeadSpan::ALL), |id| LeadSpan::ALL.before(id)).unwrap();
    expected.retain(|(_, id)| before.is_none_or(|before| *id < before));
    expected.truncate(limit);
    let accounts: Vec<_> = asked.iter().map(|n| account(*n)).collect();
    let listed = api.table().newest_leads(&accounts, span, limit).await.unwrap();
    let listed: Vec<_> = listed.iter().map(|(owner, lead)| (owner.clone(), lead.id)).collect();
    let expected: Vec<_> = expected.iter().map(|(owner, id)| (account(*owner), *id)).collect();
    assert_eq!(listed, expected);
}

#[test]
fn a_list_has_every_lead_up_to_its_limit() {
    let cases = env::var(CASES_VARIABLE).map_or(DEFAULT_CASES, |cases| cases.parse().unwrap());
    let mut runner =
        TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let size = select(vec![10, 10, 50_000, 250_000]);
    let leads = vec((0..ACCOUNTS, size), 0..40);
    let asked = select(vec![vec![0], vec![0, 1], vec![0, 1, 2]]);
    let outcome =
        runner.run(&(leads, asked, 1..50_usize, 0..60_usize), |(leads, asked, limit, skip)| {
            Runtime::new().unwrap().block_on(check(&leads, &asked, limit, skip));
            Ok(())
        });
    assert!(outcome.is_ok(), "{}", outcome.unwrap_err());
}

#[tokio::test]
async fn large_leads_are_all_listed() {
    check(&[(0, 50_000); 50], &[0], 50, 100).await;
    let mut leads = vec![(0, 10); 50];
    leads.extend([(0, 250_000); 5]);
    check(&leads, &[0], 55, 100).await;
}

#[tokio::test]
async fn a_batch_of_large_items_is_read_to_its_end() {
    let api = TestApi::start().await;
    let ids = fill(&api, &[(0, 250_000); 90]).await;
    let wanted: Vec<_> = ids.into_iter().map(|(owner, id)| (account(owner), id)).collect();
    assert_eq!(api.table().get_leads(&wanted).await.unwrap().len(), 90);
}

/// The ids on the newest page of 20 leads, and the page's read units.
async fn newest_page(api: &TestApi, account: &Account) -> (Vec<LeadId>, f64) {
    let table = api.table();
    let page: LeadPage =
        table.leads(account, LeadSpan::ALL, Order::NewestFirst, Some(20)).await.unwrap();
    (page.leads.iter().map(|lead| lead.id).collect(), page.units)
}

#[tokio::test]
async fn a_page_of_leads_costs_one_query_however_many_there_are() {
    let (api, sender) = (TestApi::start().await, Sender::of(Provider::RdStation));
    let mut units = Vec::new();
    for count in [21, 99] {
        let mut ids = sender.create_leads(&api, count).await;
        ids.reverse();
        api.connection.take_operations();
        let (page, used) = newest_page(&api, &sender.account()).await;
        assert_eq!(page, ids[..20]);
        assert_eq!(api.connection.take_operations(), ["Query"]);
        units.push(used);
    }
    assert_eq!(units[0], units[1]);
}

#[tokio::test]
async fn a_lead_is_found_by_its_id_in_one_request() {
    let (api, sender) = (TestApi::start().await, Sender::of(Provider::RdStation));
    let ids = sender.create_leads(&api, 3).await;
    api.connection.take_operations();
    let found = api.table().get_leads(&[(sender.account(), ids[1])]).await.unwrap();
    assert_eq!((found.len(), found[0].1.id), (1, ids[1]));
    assert_eq!(api.connection.take_operations(), ["BatchGetItem"]);
}

#[tokio::test]
async fn pages_in_both_orders_have_each_lead_of_their_span_once() {
    let (api, sender) = (TestApi::start().await, Sender::of(Provider::Integrabot));
    let table = api.table();
    let ids = sender.create_leads(&api, 7).await;
    let seventh = api.now();
    let cases = [
        ("all", LeadSpan::ALL, 0..7),
        ("before the seventh", LeadSpan::of_time(None, Some(seventh)).unwrap(), 0..6),
        ("the seventh", LeadSpan::of_time(Some(seventh), None).unwrap(), 6..7),
        ("after the second", LeadSpan::ALL.after(ids[1]).unwrap(), 2..7),
    ];
    for (case, span, expected) in cases {
        for order in [Order::OldestFirst, Order::NewestFirst] {
            let mut read = Vec::new();
            let mut rest = Some(span);
            while let Some(span) = rest {
                let page: LeadPage =
                    table.leads(&sender.account(), span, order, Some(2)).await.unwrap();
                read.extend(page.leads.iter().map(|lead| lead.id));
                rest = page.rest;
            }
            let mut expected = ids[expected.clone()].to_vec();
            if order == Order::NewestFirst {
                expected.reverse();
            }
            assert_eq!(read, expected, "{case}, {order:?}");
        }
    }
    assert_eq!(LeadSpan::of_time(Some(seventh), Some(seventh)), None);
}

#[tokio::test]
async fn leads_are_counted_up_to_a_number() {
    let (api, sender) = (TestApi::start().await, Sender::of(Provider::Integrabot));
    let (table, account) = (api.table(), sender.account());
    let ids = sender.create_leads(&api, 5).await;
    let count = |span, most| table.count_leads(&account, span, most);
    assert_eq!(count(LeadSpan::ALL, 10).await.unwrap(), 5);
    assert_eq!(count(LeadSpan::ALL.after(ids[1]).unwrap(), 10).await.unwrap(), 3);
    assert!(count(LeadSpan::ALL, 2).await.unwrap() > 2);
    assert_eq!(count(LeadSpan::ALL.after(ids[4]).unwrap(), 10).await.unwrap(), 0);
}
