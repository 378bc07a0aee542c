//! The table: what one create writes, and its result if the connection fails.

use aws_sdk_dynamodb::types::TimeToLiveSpecification;
use serde_json::json;
use shared::{
    delivery::Context,
    model::{Account, Claims, ClockAndRandom, Lead, NewLead, Outcome, Provider, Standing},
    table::CreateLeadError,
};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::SeqCst},
};
use tests::{Delivery, Fault, TestApi, account};

fn acme() -> Account {
    account(Provider::Integrabot, "acme")
}

/// The values that a lead claims.
#[derive(Clone, Copy)]
pub(crate) struct Contacts {
    phone: Option<&'static str>,
    email: Option<&'static str>,
}

pub(crate) const NO_CONTACTS: Contacts = Contacts { phone: None, email: None };
pub(crate) const CONTACTS: Contacts =
    Contacts { phone: Some("5511"), email: Some("maria@exemplo.com") };

pub(crate) fn new_lead(
    system: &ClockAndRandom,
    Contacts { phone, email }: Contacts,
) -> NewLead<()> {
    let created_at = system.now();
    let (phone, email) = (phone.map(str::to_owned), email.map(str::to_owned));
    let claims = Claims::new(b"", None, None, created_at).unwrap();
    let claims = claims.phone(phone.as_deref()).email(email.as_deref());
    let lead = Lead {
        name: Some("Maria".to_owned()),
        email,
        phone,
        ..Lead::new(system.new_lead_id(created_at), created_at, ())
    };
    NewLead { account: acme(), claims, lead }
}

async fn create(api: &TestApi, contacts: Contacts) -> Result<Outcome<()>, CreateLeadError> {
    let Context { table, system, .. } = &*api.app.context;
    table.create_lead(new_lead(system, contacts), system).await
}

pub(crate) fn is_created<D>(outcome: &Result<Outcome<D>, CreateLeadError>) -> bool {
    matches!(outcome, Ok(Outcome { standing: Standing::New, replayed: false, .. }))
}

#[tokio::test]
async fn a_lead_and_its_claims_have_the_documented_keys() {
    let api = TestApi::start().await;
    let Outcome { lead, .. } = create(&api, CONTACTS).await.unwrap();
    let items = api.items("lead#").await;
    assert_eq!(items[0]["pk"].as_s().unwrap(), "lead#integrabot#acme");
    assert_eq!(items[0]["sk"].as_s().unwrap(), &format!("{:0>16}", lead.id.to_string()));
    let listed = items[0]["claims"].as_ss().unwrap();
    assert_eq!(listed.len(), 2);
    for kind in ["email", "phone"] {
        let claims = api.items(&format!("claim#integrabot#acme#{kind}#")).await;
        let [claim] = &claims[..] else { panic!("{kind}: {claims:?}") };
        assert!(listed.contains(claim["pk"].as_s().unwrap()), "{kind}");
        assert_eq!(claim["sk"].as_s().unwrap(), "claim");
        assert_eq!(claim["lead_id"].as_n().unwrap(), &lead.id.to_string());
    }
}

#[tokio::test]
async fn a_create_that_meets_a_taken_claim_writes_nothing() {
    let api = TestApi::start().await;
    assert!(is_created(&create(&api, Contacts { email: None, ..CONTACTS }).await));
    let clash = create(&api, CONTACTS).await.unwrap();
    assert_eq!(clash.standing, Standing::Known);
    assert_eq!(api.items("lead#").await.len(), 1);
    assert_eq!(api.items("claim#").await.len(), 1);
}

#[tokio::test]
async fn a_lead_whose_id_is_taken_gets_another_id() {
    for (case, claims) in [("alone", NO_CONTACTS), ("with claims", CONTACTS)] {
        let api = TestApi::start().await;
        // An id uses only the low bits of the random number, which repeat. A mark uses all bits.
        let counter = Arc::new(AtomicU64::new(0));
        let random = move || {
            let n = u128::from(counter.fetch_add(1, SeqCst));
            (n << 64) | (n / 4)
        };
        let now = api.now();
        let system = ClockAndRandom::new(move || now, random);
        let table = api.table();
        let first = table.create_lead(new_lead(&system, NO_CONTACTS), &system).await;
        let second = table.create_lead(new_lead(&system, claims), &system).await;
        assert!(is_created(&first) && is_created(&second), "{case}");
        assert_ne!(first.unwrap().lead.id, second.unwrap().lead.id, "{case}");
        assert_eq!(api.items("lead#").await.len(), 2, "{case}");
    }
}

#[tokio::test]
async fn a_lost_answer_makes_no_duplicate() {
    let cases = [
        ("a transaction", "TransactWriteItems", CONTACTS, Fault::AnswerLost),
        ("a transaction, its token forgotten", "TransactWriteItems", CONTACTS, {
            Fault::AnswerAndTokenLost
        }),
        ("a single put", "PutItem", NO_CONTACTS, Fault::AnswerLost),
        ("a request that never arrived", "TransactWriteItems", CONTACTS, Fault::RequestLost),
    ];
    for (case, operation, claims, fault) in cases {
        let api = TestApi::start().await;
        let claimed = [claims.phone, claims.email].into_iter().flatten().count();
        api.connection.fail_next(operation, fault);
        let outcome = create(&api, claims).await;
        assert!(is_created(&outcome), "{case}: {outcome:?}");
        assert_eq!(api.connection.take_operations(), [operation, operation], "{case}");
        assert_eq!(api.items("lead#").await.len(), 1, "{case}");
        assert_eq!(api.items("claim#").await.len(), claimed, "{case}");
    }
}

#[tokio::test]
async fn a_delivery_whose_first_answer_was_lost_is_answered_201() {
    let api = TestApi::start().await;
    for body in [
        json!({ "name": "Maria", "type": "web", "phone_number": "5511" }),
        json!({ "name": "Maria", "type": "web" }),
    ] {
        api.connection.fail_next("TransactWriteItems", Fault::AnswerLost);
        api.connection.fail_next("PutItem", Fault::AnswerLost);
        let delivery = Delivery::new("integrabot-create-lead", body.to_string());
        assert_eq!(api.send(delivery.bearer("sk_demo_integrabot")).await.status, 201, "{body}");
    }
    assert_eq!(api.items("lead#").await.len(), 2);
}

#[tokio::test]
async fn a_claim_whose_lead_was_deleted_refuses_nobody() {
    let api = TestApi::start().await;
    let phone = Contacts { email: None, ..CONTACTS };
    let email = Contacts { phone: None, ..CONTACTS };
    for contacts in [phone, email] {
        assert!(is_created(&create(&api, contacts).await));
    }
    api.delete_leads().await;
    assert!(is_created(&create(&api, CONTACTS).await));
    assert_eq!(create(&api, CONTACTS).await.unwrap().standing, Standing::Known);
    assert_eq!(api.items("lead#").await.len(), 1);
    assert_eq!(api.items("claim#").await.len(), 2);
}

#[tokio::test]
async fn a_conflict_while_a_left_claim_is_deleted_does_not_reach_the_sender() {
    let api = TestApi::start().await;
    assert!(is_created(&create(&api, CONTACTS).await));
    api.delete_leads().await;
    api.connection.fail_next("DeleteItem", Fault::Conflict);
    let outcome = create(&api, CONTACTS).await;
    assert!(is_created(&outcome), "{outcome:?}");
}

#[tokio::test]
async fn a_table_whose_creation_ended_early_gets_its_time_to_live() {
    let api = TestApi::start().await;
    let table = api.table();
    let off = TimeToLiveSpecification::builder().attribute_name("expires_at").enabled(false);
    let client = api.direct_client();
    let update = client.update_time_to_live().table_name(table.name());
    update.time_to_live_specification(off.build().unwrap()).send().await.unwrap();
    assert!(!table.has_time_to_live().await.unwrap());
    table.create().await.unwrap();
    assert!(table.has_time_to_live().await.unwrap());
}
