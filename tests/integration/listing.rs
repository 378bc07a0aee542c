//! A list has all leads up to its limit, although a page of DynamoDB ends at 1 MB.

use jiff::SignedDuration;
use proptest::{
    collection::vec,
    sample::select,
    test_runner::{Config, TestRunner},
};
use serde_json::json;
use shared::model::{Account, ApiKey, LeadId, LeadSpan, Provider};
use std::env;
use tests::{Delivery, World};
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
async fn fill(world: &World, leads: &[Lead]) -> Vec<(usize, LeadId)> {
    for n in 0..ACCOUNTS {
        world.put_key(&format!("token-{n}"), ApiKey::new(account(n))).await;
    }
    let mut ids = Vec::new();
    for (owner, size) in leads {
        world.advance(SignedDuration::from_secs(1));
        let body = json!({ "custom": { "note": "x".repeat(*size) } }).to_string();
        let delivery = Delivery::new("rdstation-create-lead", body);
        let answer = world.send(delivery.bearer(&format!("token-{owner}"))).await;
        assert_eq!(answer.status, 200);
        ids.push((*owner, rdstation::LEAD_ID.read(answer.body["id"].as_str().unwrap()).unwrap()));
    }
    ids
}

async fn check(leads: &[Lead], asked: &[usize], limit: usize, skip: usize) {
    let world = World::start().await;
    let mut expected = fill(&world, leads).await;
    expected.reverse();
    expected.retain(|(owner, _)| asked.contains(owner));
    let before = expected.get(skip).map(|(_, id)| *id);
    let span = before.map_or(Some(LeadSpan::ALL), |id| LeadSpan::ALL.before(id)).unwrap();
    expected.retain(|(_, id)| before.is_none_or(|before| *id < before));
    expected.truncate(limit);
    let accounts: Vec<_> = asked.iter().map(|n| account(*n)).collect();
    let listed = world.app.context.table.newest_leads(&accounts, span, limit).await.unwrap();
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
    let world = World::start().await;
    let ids = fill(&world, &[(0, 250_000); 90]).await;
    let wanted: Vec<_> = ids.into_iter().map(|(owner, id)| (account(owner), id)).collect();
    assert_eq!(world.app.context.table.get_leads(&wanted).await.unwrap().len(), 90);
}
