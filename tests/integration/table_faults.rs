//! Answers of DynamoDB that are faults: which are tried again, and what the sender gets.

use super::table::{CONTACTS, Contacts, NO_CONTACTS, is_created, new_lead};
use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Credentials, Region};
use aws_smithy_http_client::test_util::infallible_client_fn;
use jiff::Timestamp;
use lambda_http::http;
use providers::App;
use serde_json::json;
use shared::{
    delivery::{Context, SenderTimeouts},
    model::{ClockAndRandom, EntryKey, Provider},
    table::{CreateLeadError, LeadTable, StoreError, Timeouts, connect},
};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};
use tests::{Delivery, SENDERS, Sender, account, looked_up_token, new_app, send_to};

/// Statuses and bodies.
type CannedAnswers = &'static [(u16, &'static str)];

/// A context with a DynamoDB that gives these answers in order, and then the last one forever.
fn canned(answers: CannedAnswers) -> (App, Arc<AtomicUsize>) {
    let sent = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&sent);
    let http_client = infallible_client_fn(move |_| {
        let (status, body) = answers[counter.fetch_add(1, SeqCst).min(answers.len() - 1)];
        let answer = http::Response::builder().status(status);
        answer.header("content-type", "application/x-amz-json-1.0").body(body).unwrap()
    });
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .region(Region::new("us-east-1"))
        .http_client(http_client);
    let table = LeadTable::new(connect(config, Timeouts::DEPLOYED), "leads");
    let system = ClockAndRandom::new(Timestamp::now, || 7);
    (new_app(table, system, SenderTimeouts::DEPLOYED), sent)
}

const CONFLICT: &str = r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","CancellationReasons":[{"Code":"None"},{"Code":"TransactionConflict"}]}"#;
const CANCELED_THROTTLED: &str = r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","CancellationReasons":[{"Code":"ThrottlingError"},{"Code":"ConditionalCheckFailed"}]}"#;
const IN_PROGRESS: &str =
    r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionInProgressException"}"#;
const PUT_CONFLICT: &str =
    r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionConflictException"}"#;
const THROTTLED: &str =
    r#"{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"}"#;
const BROKEN: &str = r#"{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError"}"#;
const DENIED: &str = r#"{"__type":"com.amazon.coral.service#AccessDeniedException"}"#;
const NO_TABLE: &str = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException"}"#;
const NO_JSON: &str = "<html>Service Unavailable</html>";
const INVALID: &str = r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","CancellationReasons":[{"Code":"ValidationError"},{"Code":"None"}]}"#;

/// The clock is paused, so the waits between attempts take no time.
#[tokio::test(start_paused = true)]
async fn conflicts_and_throttling_are_retried_and_end_in_success() {
    let cases: [(&str, Contacts, CannedAnswers); 6] = [
        ("conflict", CONTACTS, &[(400, CONFLICT), (400, CONFLICT), (200, "{}")]),
        ("throttled inside", CONTACTS, &[(400, CANCELED_THROTTLED), (200, "{}")]),
        ("in progress", CONTACTS, &[(400, IN_PROGRESS), (200, "{}")]),
        ("throttled", CONTACTS, &[(400, THROTTLED), (400, THROTTLED), (200, "{}")]),
        ("put conflict", NO_CONTACTS, &[(400, PUT_CONFLICT), (200, "{}")]),
        ("put broken", NO_CONTACTS, &[(500, BROKEN), (200, "{}")]),
    ];
    for (case, claims, answers) in cases {
        let (app, sent) = &canned(answers);
        let Context { table, system, .. } = &*app.context;
        let outcome = table.create_lead(new_lead(system, claims), system).await;
        assert!(is_created(&outcome), "{case}: {outcome:?}");
        assert_eq!(sent.load(SeqCst), answers.len(), "{case}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lasting_fault_is_unavailable_after_a_few_attempts_within_the_deadline() {
    let cases: [(&str, Contacts, CannedAnswers); 8] = [
        ("a proxy's error", CONTACTS, &[(503, NO_JSON)]),
        ("an empty error", NO_CONTACTS, &[(500, "")]),
        ("conflict", CONTACTS, &[(400, CONFLICT)]),
        ("throttled inside", CONTACTS, &[(400, CANCELED_THROTTLED)]),
        ("in progress", CONTACTS, &[(400, IN_PROGRESS)]),
        ("throttled", CONTACTS, &[(400, THROTTLED)]),
        ("put conflict", NO_CONTACTS, &[(400, PUT_CONFLICT)]),
        ("put broken", NO_CONTACTS, &[(500, BROKEN)]),
    ];
    for (case, claims, answers) in cases {
        let (app, sent) = &canned(answers);
        let Context { table, system, .. } = &*app.context;
        let started = tokio::time::Instant::now();
        let outcome = table.create_lead(new_lead(system, claims), system).await;
        assert!(
            matches!(outcome, Err(CreateLeadError::Store(StoreError::Unavailable(_)))),
            "{case}: {outcome:?}"
        );
        assert!((2..=12).contains(&sent.load(SeqCst)), "{case}");
        assert!(started.elapsed() < SenderTimeouts::DEPLOYED.answer, "{case}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_the_table_is_not_retried() {
    let cases: [(&str, CannedAnswers, &str); 3] = [
        ("denied", &[(400, DENIED)], "these credentials may not do this"),
        ("no table", &[(400, NO_TABLE)], "there is no such table"),
        ("invalid", &[(400, INVALID)], "the table refused a request: ValidationError"),
    ];
    for (case, answers, expected) in cases {
        let (app, sent) = &canned(answers);
        let Context { table, system, .. } = &*app.context;
        let outcome = table.create_lead(new_lead(system, CONTACTS), system).await;
        assert_eq!(outcome.unwrap_err().to_string(), expected, "{case}");
        assert_eq!(sent.load(SeqCst), 1, "{case}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_busy_table_is_503_and_an_unexpected_fault_is_500() {
    let functions = SENDERS.iter().map(|sender| (sender, sender.function));
    let token = (Sender::of(Provider::Keyspot), "keyspot-issue-token");
    for (sender, function) in functions.chain([token]) {
        for (answers, error) in
            [(&[(400, THROTTLED)], "unavailable"), (&[(400, DENIED)], "internal")]
        {
            let (app, _) = canned(answers);
            let delivery =
                Delivery::new(function, "{}").bearer(&looked_up_token(sender.account().provider));
            let delivery = delivery.header("x-api-key", "k").header("x-api-secret", "s");
            let answer = send_to(&app, delivery.header("x-tenant", "1")).await;
            sender.check_error(error, &answer, function);
        }
    }
}

/// The SDK does not read again what is missing in the answer of a batch.
#[tokio::test(start_paused = true)]
async fn unread_items_of_a_batch_are_read_again() {
    const LEFT_OUT: &str = r#"{"Responses":{},"UnprocessedKeys":{"leads":{"Keys":[{"pk":{"S":"directory#flextell#1"},"sk":{"S":"country#76"}}]}}}"#;
    const FOUND: &str = r#"{"Responses":{"leads":[{"pk":{"S":"directory#flextell#1"},"sk":{"S":"country#76"},"id":{"N":"76"}}]}}"#;
    let tenant = account(Provider::Flextell, "1");
    let key = EntryKey::new("country", 76);
    for (case, answers, found) in [
        ("left out once", &[(200, LEFT_OUT), (200, FOUND)][..], true),
        ("left out for ever", &[(200, LEFT_OUT)], false),
    ] {
        let (app, _) = canned(answers);
        let Context { directory, system, .. } = &*app.context;
        let entries = directory.find(&tenant, vec![key.clone()], system.now()).await;
        assert_eq!(entries.is_ok(), found, "{case}");
        if let Ok(entries) = entries {
            let country: serde_json::Value = entries.get(&key).unwrap().unwrap();
            assert_eq!(country["id"], 76, "{case}");
        }
    }
}

/// Many large items need more than a few attempts. They continue while some items are written.
#[tokio::test(start_paused = true)]
async fn unwritten_items_of_a_batch_are_written_again_while_there_is_progress() {
    let left = |count: usize| {
        let delete =
            json!({ "DeleteRequest": { "Key": { "pk": { "S": "p" }, "sk": { "S": "s" } } } });
        let answer = json!({ "UnprocessedItems": { "leads": vec![delete; count] } });
        (200, &*answer.to_string().leak())
    };
    let account = account(Provider::Flextell, "1");
    let ids: Vec<_> = (10..35).map(|n| format!("invalid-{n}").parse().unwrap()).collect();
    let slowly: Vec<_> = (0..25).rev().map(left).collect();
    for (case, answers, erased) in
        [("slowly", slowly, Some(25)), ("not at all", vec![left(25)], None)]
    {
        let (app, _) = canned(answers.leak());
        let done = app.context.table.erase_held(&account, &ids).await;
        assert_eq!(done.ok().map(|erased| erased.held), erased, "{case}");
    }
}
