//! The table: what one create writes, and what becomes of it when the wire or the table
//! fails.

use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Credentials, Region};
use aws_smithy_http_client::test_util::infallible_client_fn;
use jiff::Timestamp;
use lambda_http::http;
use serde_json::json;
use shared::{
    Account, Claim, Context, Lead, LeadTable, NewLead, Outcome, Provider, Sources, StoreError,
    dynamodb::{Patience, connect},
};
use std::sync::{
    Arc,
    atomic::{AtomicU64, AtomicUsize, Ordering::SeqCst},
};
use tests::{Delivery, Fault, World, send_to};

fn account() -> Account {
    Account { provider: Provider::Integrabot, id: "acme".to_owned() }
}

fn new_lead(sources: &Sources, claims: Vec<Claim>) -> NewLead<()> {
    let created_at = sources.now();
    let lead = Lead {
        id: sources.draw_lead_id(created_at),
        created_at,
        name: Some("Maria".to_owned()),
        email: None,
        phone: None,
        source: None,
        status: None,
        details: (),
    };
    NewLead { account: account(), claims, lead }
}

async fn create(world: &World, claims: Vec<Claim>) -> Result<Outcome<()>, StoreError> {
    let Context { table, sources, .. } = &*world.context;
    table.create_lead(new_lead(sources, claims), sources).await
}

fn maria() -> Vec<Claim> {
    vec![Claim::phone("5511"), Claim::email("maria@exemplo.com")]
}

fn is_created<D>(outcome: &Result<Outcome<D>, StoreError>) -> bool {
    matches!(outcome, Ok(Outcome::Created(_)))
}

#[tokio::test]
async fn a_lead_stands_beside_its_claims_at_the_documented_keys() {
    let world = World::start().await;
    let Ok(Outcome::Created(lead)) = create(&world, maria()).await else { panic!("not created") };
    let items = world.items("lead#").await;
    assert_eq!(items[0]["pk"].as_s().unwrap(), "lead#integrabot#acme");
    assert_eq!(items[0]["sk"].as_s().unwrap(), &format!("{:0>16}", lead.id.to_string()));
    let mut claims = world.items("claim#").await;
    claims.sort_by_key(|claim| claim["pk"].as_s().unwrap().clone());
    assert_eq!(claims.len(), 2);
    for (claim, kind) in claims.iter().zip(["email", "phone"]) {
        let pk = claim["pk"].as_s().unwrap();
        assert!(pk.starts_with(&format!("claim#integrabot#acme#{kind}#")), "{pk}");
        assert_eq!(claim["sk"].as_s().unwrap(), "claim");
        assert_eq!(claim["lead_id"].as_n().unwrap(), &lead.id.to_string());
    }
}

#[tokio::test]
async fn a_claim_that_is_taken_leaves_nothing_behind() {
    let world = World::start().await;
    assert!(is_created(&create(&world, vec![Claim::phone("5511")]).await));
    let clash = vec![Claim::email("new@exemplo.com"), Claim::phone("5511")];
    assert!(matches!(create(&world, clash).await, Ok(Outcome::Existing(_))));
    assert_eq!(world.items("lead#").await.len(), 1);
    assert_eq!(world.items("claim#").await.len(), 1);
}

#[tokio::test]
async fn a_lead_whose_id_is_taken_gets_another() {
    for (case, claims) in [("alone", vec![]), ("with claims", maria())] {
        let world = World::start().await;
        // Ids are drawn from low numbers that repeat, marks from high ones that do not.
        let drawn = Arc::new(AtomicU64::new(0));
        let random = move || {
            let n = u128::from(drawn.fetch_add(1, SeqCst));
            (n << 64) | (n / 4)
        };
        let now = world.now();
        let sources = Sources::new(move || now, random);
        let table = &world.context.table;
        let first = table.create_lead(new_lead(&sources, vec![]), &sources).await;
        let second = table.create_lead(new_lead(&sources, claims), &sources).await;
        let (Ok(Outcome::Created(first)), Ok(Outcome::Created(second))) = (first, second) else {
            panic!("{case}: not created");
        };
        assert_ne!(first.id, second.id, "{case}");
        assert_eq!(world.items("lead#").await.len(), 2, "{case}");
    }
}

#[tokio::test]
async fn a_lost_answer_is_not_a_duplicate() {
    let cases = [
        ("a transaction", "TransactWriteItems", maria(), Fault::AnswerLost),
        ("a transaction, its token forgotten", "TransactWriteItems", maria(), {
            Fault::AnswerAndTokenLost
        }),
        ("a single put", "PutItem", vec![], Fault::AnswerLost),
        ("a request that never arrived", "TransactWriteItems", maria(), Fault::RequestLost),
    ];
    for (case, operation, claims, fault) in cases {
        let world = World::start().await;
        let claimed = claims.len();
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
async fn a_claim_whose_lead_is_gone_never_names_a_lead() {
    let world = World::start().await;
    assert!(is_created(&create(&world, maria()).await));
    let lead = world.items("lead#").await.remove(0);
    let key = ["pk", "sk"].map(|name| (name.to_owned(), lead[name].clone()));
    let delete = world.direct_client().delete_item().table_name(world.context.table.name());
    delete.set_key(Some(key.into())).send().await.unwrap();
    let outcome = create(&world, maria()).await;
    assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{outcome:?}");
}

/// Statuses and bodies.
type CannedAnswers = &'static [(u16, &'static str)];

/// A context over a DynamoDB that gives these answers in turn, the last one for ever.
fn canned(answers: CannedAnswers) -> (Context, Arc<AtomicUsize>) {
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
    let table = LeadTable::new(connect(config, Patience::DEPLOYED), "leads");
    let sources = Sources::new(Timestamp::now, || 7);
    (Context::new(table, sources, Patience::DEPLOYED.answer), sent)
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
const INVALID: &str = r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","CancellationReasons":[{"Code":"ValidationError"},{"Code":"None"}]}"#;

/// Time is paused: the waits between attempts are real to the SDK, but take none.
#[tokio::test(start_paused = true)]
async fn conflicts_and_throttling_are_retried_and_end_in_success() {
    let cases: [(&str, Vec<Claim>, CannedAnswers); 6] = [
        ("conflict", maria(), &[(400, CONFLICT), (400, CONFLICT), (200, "{}")]),
        ("throttled inside", maria(), &[(400, CANCELED_THROTTLED), (200, "{}")]),
        ("in progress", maria(), &[(400, IN_PROGRESS), (200, "{}")]),
        ("throttled", maria(), &[(400, THROTTLED), (400, THROTTLED), (200, "{}")]),
        ("put conflict", vec![], &[(400, PUT_CONFLICT), (200, "{}")]),
        ("put broken", vec![], &[(500, BROKEN), (200, "{}")]),
    ];
    for (case, claims, answers) in cases {
        let (Context { table, sources, .. }, sent) = &canned(answers);
        let outcome = table.create_lead(new_lead(sources, claims), sources).await;
        assert!(is_created(&outcome), "{case}: {outcome:?}");
        assert_eq!(sent.load(SeqCst), answers.len(), "{case}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_does_not_pass_is_unavailable_after_a_few_attempts_inside_the_deadline() {
    let cases: [(&str, Vec<Claim>, CannedAnswers); 6] = [
        ("conflict", maria(), &[(400, CONFLICT)]),
        ("throttled inside", maria(), &[(400, CANCELED_THROTTLED)]),
        ("in progress", maria(), &[(400, IN_PROGRESS)]),
        ("throttled", maria(), &[(400, THROTTLED)]),
        ("put conflict", vec![], &[(400, PUT_CONFLICT)]),
        ("put broken", vec![], &[(500, BROKEN)]),
    ];
    for (case, claims, answers) in cases {
        let (Context { table, sources, .. }, sent) = &canned(answers);
        let started = tokio::time::Instant::now();
        let outcome = table.create_lead(new_lead(sources, claims), sources).await;
        assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{case}: {outcome:?}");
        assert!((2..=8).contains(&sent.load(SeqCst)), "{case}");
        assert!(started.elapsed() < Patience::DEPLOYED.answer, "{case}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_table_refuses_is_not_retried() {
    let cases: [(&str, CannedAnswers); 3] = [
        ("denied", &[(400, DENIED)]),
        ("no table", &[(400, NO_TABLE)]),
        ("invalid", &[(400, INVALID)]),
    ];
    for (case, answers) in cases {
        let (Context { table, sources, .. }, sent) = &canned(answers);
        let outcome = table.create_lead(new_lead(sources, maria()), sources).await;
        assert!(matches!(outcome, Err(StoreError::Unexpected(_))), "{case}: {outcome:?}");
        assert_eq!(sent.load(SeqCst), 1, "{case}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_sender_is_told_503_to_come_back_and_500_for_a_fault_of_ours() {
    let unavailable = json!({
        "error": "Service Unavailable",
        "message": "Serviço temporariamente indisponível. Tente novamente.",
    });
    let internal =
        json!({ "error": "Internal Server Error", "message": "Ocorreu um erro interno." });
    for (answers, status, body) in
        [(&[(400, THROTTLED)], 503, unavailable), (&[(400, DENIED)], 500, internal)]
    {
        let (context, _) = canned(answers);
        let delivery = Delivery::new("integrabot-create-lead", r#"{"name":"Ana","type":"web"}"#);
        let answer = send_to(&context, delivery.bearer("sk")).await;
        assert_eq!((answer.status, answer.body), (status, body));
        let retry_after = answer.headers.get("retry-after").and_then(|value| value.as_str());
        assert_eq!(retry_after, (status == 503).then_some("1"));
    }
}
