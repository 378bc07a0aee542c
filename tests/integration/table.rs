//! The table: what one create writes, and its result if the connection or the table fails.

use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Credentials, Region};
use aws_smithy_http_client::test_util::infallible_client_fn;
use jiff::Timestamp;
use keyspot::SigningSecret;
use lambda_http::http;
use providers::App;
use serde_json::json;
use shared::{
    delivery::{Context, DEFAULT_REPLAY_WINDOW, SenderTimeouts},
    model::{
        Account, AccountId, Claims, EntryKey, Lead, NewLead, Outcome, Provider, Sources, Standing,
    },
    table::{CreateLeadError, LeadTable, StoreError, Timeouts, connect},
};
use std::sync::{
    Arc,
    atomic::{AtomicU64, AtomicUsize, Ordering::SeqCst},
};
use tests::{Delivery, Fault, SIGNING_KEY, World, send_to, sign_keyspot_token};

fn account() -> Account {
    Account { provider: Provider::Integrabot, id: AccountId::from_static("acme") }
}

/// The values that a lead claims.
#[derive(Clone, Copy)]
struct Maria {
    phone: Option<&'static str>,
    email: Option<&'static str>,
}

const NOBODY: Maria = Maria { phone: None, email: None };
const MARIA: Maria = Maria { phone: Some("5511"), email: Some("maria@exemplo.com") };

fn new_lead(sources: &Sources, Maria { phone, email }: Maria) -> NewLead<()> {
    let created_at = sources.now();
    let (phone, email) = (phone.map(str::to_owned), email.map(str::to_owned));
    let claims = Claims::new(b"", None, None, created_at).unwrap();
    let claims = claims.phone(phone.as_deref()).email(email.as_deref());
    let lead = Lead {
        id: sources.draw_lead_id(created_at),
        created_at,
        name: Some("Maria".to_owned()),
        email,
        phone,
        source: None,
        status: None,
        extra: None,
        details: (),
    };
    NewLead { account: account(), claims, lead }
}

async fn create(world: &World, maria: Maria) -> Result<Outcome<()>, CreateLeadError> {
    let Context { table, sources, .. } = &*world.app.context;
    table.create_lead(new_lead(sources, maria), sources).await
}

fn is_created<D>(outcome: &Result<Outcome<D>, CreateLeadError>) -> bool {
    matches!(outcome, Ok(Outcome { standing: Standing::New, replayed: false, .. }))
}

#[tokio::test]
async fn a_lead_and_its_claims_have_the_documented_keys() {
    let world = World::start().await;
    let Outcome { lead, .. } = create(&world, MARIA).await.unwrap();
    let items = world.items("lead#").await;
    assert_eq!(items[0]["pk"].as_s().unwrap(), "lead#integrabot#acme");
    assert_eq!(items[0]["sk"].as_s().unwrap(), &format!("{:0>16}", lead.id.to_string()));
    let listed = items[0]["claims"].as_ss().unwrap();
    assert_eq!(listed.len(), 2);
    for kind in ["email", "phone"] {
        let claims = world.items(&format!("claim#integrabot#acme#{kind}#")).await;
        let [claim] = &claims[..] else { panic!("{kind}: {claims:?}") };
        assert!(listed.contains(claim["pk"].as_s().unwrap()), "{kind}");
        assert_eq!(claim["sk"].as_s().unwrap(), "claim");
        assert_eq!(claim["lead_id"].as_n().unwrap(), &lead.id.to_string());
    }
}

#[tokio::test]
async fn a_create_that_meets_a_taken_claim_writes_nothing() {
    let world = World::start().await;
    assert!(is_created(&create(&world, Maria { email: None, ..MARIA }).await));
    let clash = create(&world, MARIA).await.unwrap();
    assert_eq!(clash.standing, Standing::Known);
    assert_eq!(world.items("lead#").await.len(), 1);
    assert_eq!(world.items("claim#").await.len(), 1);
}

#[tokio::test]
async fn a_lead_whose_id_is_taken_gets_another_id() {
    for (case, claims) in [("alone", NOBODY), ("with claims", MARIA)] {
        let world = World::start().await;
        // An id uses only the low bits of the random number, which repeat. A mark uses all bits.
        let drawn = Arc::new(AtomicU64::new(0));
        let random = move || {
            let n = u128::from(drawn.fetch_add(1, SeqCst));
            (n << 64) | (n / 4)
        };
        let now = world.now();
        let sources = Sources::new(move || now, random);
        let table = &world.app.context.table;
        let first = table.create_lead(new_lead(&sources, NOBODY), &sources).await;
        let second = table.create_lead(new_lead(&sources, claims), &sources).await;
        assert!(is_created(&first) && is_created(&second), "{case}");
        assert_ne!(first.unwrap().lead.id, second.unwrap().lead.id, "{case}");
        assert_eq!(world.items("lead#").await.len(), 2, "{case}");
    }
}

#[tokio::test]
async fn a_lost_answer_makes_no_duplicate() {
    let cases = [
        ("a transaction", "TransactWriteItems", MARIA, Fault::AnswerLost),
        ("a transaction, its token forgotten", "TransactWriteItems", MARIA, {
            Fault::AnswerAndTokenLost
        }),
        ("a single put", "PutItem", NOBODY, Fault::AnswerLost),
        ("a request that never arrived", "TransactWriteItems", MARIA, Fault::RequestLost),
    ];
    for (case, operation, claims, fault) in cases {
        let world = World::start().await;
        let claimed = [claims.phone, claims.email].into_iter().flatten().count();
        world.wire.fail_next(operation, fault);
        let outcome = create(&world, claims).await;
        assert!(is_created(&outcome), "{case}: {outcome:?}");
        assert_eq!(world.wire.take_operations(), [operation, operation], "{case}");
        assert_eq!(world.items("lead#").await.len(), 1, "{case}");
        assert_eq!(world.items("claim#").await.len(), claimed, "{case}");
    }
}

#[tokio::test]
async fn a_delivery_whose_first_answer_was_lost_is_answered_201() {
    let world = World::start().await;
    for body in [
        json!({ "name": "Maria", "type": "web", "phone_number": "5511" }),
        json!({ "name": "Maria", "type": "web" }),
    ] {
        world.wire.fail_next("TransactWriteItems", Fault::AnswerLost);
        world.wire.fail_next("PutItem", Fault::AnswerLost);
        let delivery = Delivery::new("integrabot-create-lead", body.to_string());
        assert_eq!(world.send(delivery.bearer("sk_demo_integrabot")).await.status, 201, "{body}");
    }
    assert_eq!(world.items("lead#").await.len(), 2);
}

#[tokio::test]
async fn a_claim_whose_lead_was_deleted_refuses_nobody() {
    let world = World::start().await;
    let phone = Maria { email: None, ..MARIA };
    let email = Maria { phone: None, ..MARIA };
    for maria in [phone, email] {
        assert!(is_created(&create(&world, maria).await));
    }
    world.delete_leads().await;
    assert!(is_created(&create(&world, MARIA).await));
    assert_eq!(create(&world, MARIA).await.unwrap().standing, Standing::Known);
    assert_eq!(world.items("lead#").await.len(), 1);
    assert_eq!(world.items("claim#").await.len(), 2);
}

#[tokio::test]
async fn a_conflict_while_a_left_claim_is_deleted_does_not_reach_the_sender() {
    let world = World::start().await;
    assert!(is_created(&create(&world, MARIA).await));
    world.delete_leads().await;
    world.wire.fail_next("DeleteItem", Fault::Conflict);
    let outcome = create(&world, MARIA).await;
    assert!(is_created(&outcome), "{outcome:?}");
}

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
    let sources = Sources::new(Timestamp::now, || 7);
    let context = Context::new(table, sources, DEFAULT_REPLAY_WINDOW, SenderTimeouts::DEPLOYED);
    (App::new(context, SigningSecret::fixed(SIGNING_KEY).unwrap()), sent)
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
    let cases: [(&str, Maria, CannedAnswers); 6] = [
        ("conflict", MARIA, &[(400, CONFLICT), (400, CONFLICT), (200, "{}")]),
        ("throttled inside", MARIA, &[(400, CANCELED_THROTTLED), (200, "{}")]),
        ("in progress", MARIA, &[(400, IN_PROGRESS), (200, "{}")]),
        ("throttled", MARIA, &[(400, THROTTLED), (400, THROTTLED), (200, "{}")]),
        ("put conflict", NOBODY, &[(400, PUT_CONFLICT), (200, "{}")]),
        ("put broken", NOBODY, &[(500, BROKEN), (200, "{}")]),
    ];
    for (case, claims, answers) in cases {
        let (app, sent) = &canned(answers);
        let Context { table, sources, .. } = &*app.context;
        let outcome = table.create_lead(new_lead(sources, claims), sources).await;
        assert!(is_created(&outcome), "{case}: {outcome:?}");
        assert_eq!(sent.load(SeqCst), answers.len(), "{case}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lasting_fault_is_unavailable_after_a_few_attempts_within_the_deadline() {
    let cases: [(&str, Maria, CannedAnswers); 8] = [
        ("a proxy's error", MARIA, &[(503, NO_JSON)]),
        ("an empty error", NOBODY, &[(500, "")]),
        ("conflict", MARIA, &[(400, CONFLICT)]),
        ("throttled inside", MARIA, &[(400, CANCELED_THROTTLED)]),
        ("in progress", MARIA, &[(400, IN_PROGRESS)]),
        ("throttled", MARIA, &[(400, THROTTLED)]),
        ("put conflict", NOBODY, &[(400, PUT_CONFLICT)]),
        ("put broken", NOBODY, &[(500, BROKEN)]),
    ];
    for (case, claims, answers) in cases {
        let (app, sent) = &canned(answers);
        let Context { table, sources, .. } = &*app.context;
        let started = tokio::time::Instant::now();
        let outcome = table.create_lead(new_lead(sources, claims), sources).await;
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
        let Context { table, sources, .. } = &*app.context;
        let outcome = table.create_lead(new_lead(sources, MARIA), sources).await;
        assert_eq!(outcome.unwrap_err().to_string(), expected, "{case}");
        assert_eq!(sent.load(SeqCst), 1, "{case}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_busy_table_is_503_and_an_unexpected_fault_is_500() {
    let keyspot = [
        json!({ "error": "Service temporarily unavailable", "code": "SERVICE_UNAVAILABLE" }),
        json!({ "error": "Internal server error", "code": "INTERNAL_ERROR" }),
    ];
    let cases = [
        (
            "integrabot-create-lead",
            [
                json!({
                    "error": "Service Unavailable",
                    "message": "Serviço temporariamente indisponível. Tente novamente.",
                }),
                json!({ "error": "Internal Server Error", "message": "Ocorreu um erro interno." }),
            ],
        ),
        (
            "rdstation-create-lead",
            [
                json!({ "message": "Service unavailable", "code": "SERVICE_UNAVAILABLE" }),
                json!({ "message": "Internal server error", "code": "INTERNAL_SERVER_ERROR" }),
            ],
        ),
        (
            "pollybot-create-lead",
            [
                json!({
                    "success": false, "error": "Service temporarily unavailable",
                    "code": "SERVICE_UNAVAILABLE",
                }),
                json!({ "success": false, "error": "Internal server error", "code": "INTERNAL_ERROR" }),
            ],
        ),
        ("keyspot-issue-token", keyspot.clone()),
        ("keyspot-create-lead", keyspot),
        (
            "flextell-create-lead",
            [
                json!({
                    "error": "service_unavailable",
                    "message": "The service is temporarily unavailable.",
                }),
                json!({ "error": "server_error", "message": "An internal error occurred." }),
            ],
        ),
    ];
    for (function, [unavailable, internal]) in cases {
        for (answers, status, body) in
            [(&[(400, THROTTLED)], 503, &unavailable), (&[(400, DENIED)], 500, &internal)]
        {
            let (app, _) = canned(answers);
            let delivery = Delivery::new(function, "{}").bearer(&sign_keyspot_token("key"));
            let delivery = delivery.header("x-api-key", "k").header("x-api-secret", "s");
            let answer = send_to(&app, delivery.header("x-tenant", "1")).await;
            assert_eq!((answer.status, &answer.body), (status, body), "{function}");
            let retry_after = answer.headers.get("retry-after").and_then(|value| value.as_str());
            assert_eq!(retry_after, (status == 503).then_some("1"), "{function}");
        }
    }
}

/// The SDK does not read again what is missing in the answer of a batch.
#[tokio::test(start_paused = true)]
async fn unread_items_of_a_batch_are_read_again() {
    const LEFT_OUT: &str = r#"{"Responses":{},"UnprocessedKeys":{"leads":{"Keys":[{"pk":{"S":"directory#flextell#1"},"sk":{"S":"country#76"}}]}}}"#;
    const FOUND: &str = r#"{"Responses":{"leads":[{"pk":{"S":"directory#flextell#1"},"sk":{"S":"country#76"},"id":{"N":"76"}}]}}"#;
    let tenant = Account { provider: Provider::Flextell, id: AccountId::from_static("1") };
    let key = EntryKey::new("country", 76);
    for (case, answers, found) in [
        ("left out once", &[(200, LEFT_OUT), (200, FOUND)][..], true),
        ("left out for ever", &[(200, LEFT_OUT)], false),
    ] {
        let (app, _) = canned(answers);
        let Context { directory, sources, .. } = &*app.context;
        let entries = directory.find(&tenant, vec![key.clone()], sources.now()).await;
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
    let account = Account { provider: Provider::Flextell, id: AccountId::from_static("1") };
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
