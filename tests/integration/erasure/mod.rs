//! Erases a person whose contact is in any member of any body, in any form that people and programs
//! write. Nobody else may be erased. `ERASURE_CASES` sets how many cases are tried.

mod case;
mod leads;

use case::{Case, Erased, case};
use jiff::Timestamp;
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use providers::App;
use shared::{
    model::LeadSpan,
    person_search::Person,
    table::{Order, WhichHeld},
};
use std::{
    collections::BTreeMap,
    env,
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
};
use tests::{SENDERS, Sender, TestApi, random_mark, send_to};

const CASES_VARIABLE: &str = "ERASURE_CASES";
/// How many cases use one table. Each case reads the whole table.
const DEFAULT_CASES: u32 = 50;

/// Every item of the table as text, by its key.
async fn items(api: &TestApi) -> BTreeMap<String, String> {
    let items = api.items("").await.into_iter();
    items.map(|item| (format!("{:?} {:?}", item["pk"], item["sk"]), format!("{item:?}"))).collect()
}

/// Whether an item has the erased person's contact. It has none if the provider ignores the member
/// with it.
fn holds(item: &str, erased: &Erased) -> bool {
    let mut text = item.replace("\\\\", "\\");
    for c in ' '..='~' {
        text = text.replace(&format!("\\u{:04x}", u32::from(c)), &c.to_string());
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    text.to_lowercase().contains(&erased.email) || digits.contains(&erased.digits)
}

/// What `leads erase` does in one account.
async fn erase(api: &TestApi, sender: &Sender, person: &Person) {
    let (table, account) = (api.table(), sender.account());
    let (mut rest, mut leads, mut held) = (Some(LeadSpan::ALL), Vec::new(), Vec::new());
    while let Some(span) = rest {
        let page = table.leads(&account, span, Order::OldestFirst, None).await.unwrap();
        let found = page.leads.iter().filter(|lead| !person.places_in_lead(lead).is_empty());
        leads.extend(found.map(|lead| lead.id));
        rest = page.rest;
    }
    let take = |delivery| {
        if !person.places_in_held(&delivery).is_empty() {
            held.push(delivery.id);
        }
    };
    table.each_held(&account, &WhichHeld::All, Timestamp::UNIX_EPOCH, take).await.unwrap();
    table.erase_held(&account, &held).await.unwrap();
    for lead in leads {
        table.erase_lead(&account, lead, Timestamp::UNIX_EPOCH, &random_mark()).await.unwrap();
    }
}

/// Checks one case. An error says what was wrong.
async fn check(api: &TestApi, case: &Case, next: &AtomicUsize) -> Result<(), String> {
    let (sender, erased) = (&SENDERS[case.sender], Erased::new(next.load(SeqCst)));
    let person = erased.person();
    let deliver = async |instance: &App, text: &str| {
        let body = case.body(next.fetch_add(1, SeqCst), text);
        let delivery = sender.deliver(api, body).await;
        send_to(instance, delivery).await.status
    };
    deliver(&api.app, &erased.others()).await;
    let before = items(api).await;
    let status = deliver(&api.app, &case.text(&erased)).await;
    if items(api).await == before {
        return Err(format!("{status}, and nothing is kept"));
    }
    erase(api, sender, &person).await;
    let after = items(api).await;
    if before.keys().any(|key| !after.contains_key(key)) {
        return Err("somebody else is erased".to_owned());
    }
    let mut left = after.iter().filter(|(key, _)| !before.contains_key(*key));
    if let Some((key, _)) = left.find(|(key, item)| key.contains("held#") || holds(item, &erased)) {
        return Err(format!("{status}, and left at {key}"));
    }
    let (table, account) = (api.table(), sender.account());
    table.block(&account, &person.contacts()).await.unwrap();
    deliver(&api.another_instance(), &case.text(&erased)).await;
    let held = api.items("held#").await.len();
    table.unblock(&account, &person.contacts()).await.unwrap();
    erase(api, sender, &person).await;
    let left = api.items("held#").await.len();
    if held == left { Ok(()) } else { Err("held, though blocked".to_owned()) }
}

#[test]
fn an_erasure_finds_every_form_of_a_contact_and_no_other_person() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let cases = env::var(CASES_VARIABLE).map_or(DEFAULT_CASES, |cases| cases.parse().unwrap());
    for _ in 0..cases.div_ceil(DEFAULT_CASES) {
        let (api, next) = (runtime.block_on(TestApi::start()), AtomicUsize::new(1));
        let config =
            Config { cases: DEFAULT_CASES, failure_persistence: None, ..Config::default() };
        let outcome = TestRunner::new(config).run(&case(), |case| {
            runtime.block_on(check(&api, &case, &next)).map_err(|fault| {
                let body = case.body(0, &case.text(&Erased::new(0)));
                TestCaseError::fail(format!("{fault}: {}", String::from_utf8_lossy(&body)))
            })
        });
        assert!(outcome.is_ok(), "{}", outcome.unwrap_err());
    }
}
