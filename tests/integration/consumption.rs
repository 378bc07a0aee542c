//! The DynamoDB requests of each create, as in `docs/performance.md`.

use serde_json::{Value, json};
use tests::{Delivery, World};

const KEY: &str = "idempotency-key";
const TRANSACTION: &[&str] = &["TransactWriteItems"];
/// The first delivery of a day also writes the key's day of last use.
const COLD: &[&str] = &["GetItem", "UpdateItem", "TransactWriteItems"];
const MET: &[&str] = &["TransactWriteItems", "GetItem"];

fn integrabot(body: Value) -> Delivery {
    Delivery::new("integrabot-create-lead", body.to_string()).bearer("sk_demo_integrabot")
}

fn rdstation(body: Value) -> Delivery {
    Delivery::new("rdstation-create-lead", body.to_string()).bearer("demo-rdstation")
}

fn pollybot(body: Value) -> Delivery {
    let delivery = Delivery::new("pollybot-create-lead", body.to_string());
    delivery.bearer("sk-workspace_your_api_key").chatbot("cb_1234567890abcdef")
}

fn keyspot(token: &str, body: Value) -> Delivery {
    Delivery::new("keyspot-create-lead", body.to_string()).bearer(token)
}

fn flextell(body: Value) -> Delivery {
    let delivery = Delivery::new("flextell-create-lead", body.to_string());
    delivery.bearer("demo-flextell").header("x-tenant", "1")
}

/// The cases run one after the other on one instance. So only the first case of each provider has
/// empty caches.
#[tokio::test]
async fn a_create_consumes_what_the_documents_say() {
    let world = World::start().await;
    let token = world.keyspot_token().await;
    let maria = |n: u32| {
        json!({
            "name": "Maria Silva", "type": "web", "phone_number": format!("551199999{n:04}"),
            "email": format!("maria{n}@exemplo.com"),
        })
    };
    let mut large = maria(9);
    large["custom_fields"] = json!({ "notes": "x".repeat(10 * 1024) });
    let rd = |n: u32| json!({ "name": "Maria Silva", "email": format!("maria{n}@exemplo.com") });
    let john = |n: u32| json!({ "name": "John Doe", "email": format!("john{n}@example.com") });
    let joao = |n: u32| {
        json!({
            "name": "João Silva", "email": "joao@example.com", "phone": n.to_string(),
            "message": "Tenho interesse.", "propertyCode": "AP001",
        })
    };
    let smith = |n: u32| json!({ "last_name": "Smith", "phone_number": n.to_string() });
    let cases: Vec<(&str, Delivery, &[&str], f64)> = vec![
        ("integrabot: cold", integrabot(maria(0)), COLD, 8.0),
        ("integrabot: new", integrabot(maria(1)), TRANSACTION, 6.0),
        ("integrabot: new, with a key", integrabot(maria(2)).header(KEY, "a"), TRANSACTION, 8.0),
        ("integrabot: new, 10 KiB", integrabot(large), TRANSACTION, 26.0),
        (
            "integrabot: new, nothing to claim",
            integrabot(json!({ "name": "M", "type": "web" })),
            &["PutItem"],
            1.0,
        ),
        ("integrabot: known", integrabot(maria(1)), MET, 1.0),
        ("integrabot: replayed by its key", integrabot(maria(2)).header(KEY, "a"), MET, 1.0),
        (
            "integrabot: known, with a key",
            integrabot(maria(1)).header(KEY, "b"),
            &["TransactWriteItems", "GetItem", "PutItem"],
            2.0,
        ),
        (
            "integrabot: known, says more",
            integrabot({
                let mut more = maria(1);
                more["custom_fields"] = json!({ "again": "yes" });
                more
            }),
            &["TransactWriteItems", "GetItem", "PutItem"],
            2.0,
        ),
        ("integrabot: refused", integrabot(json!({ "name": 5 })), &["PutItem"], 1.0),
        ("rdstation: cold", rdstation(rd(0)), COLD, 6.0),
        ("rdstation: new", rdstation(rd(1)), TRANSACTION, 4.0),
        ("rdstation: new, with a key", rdstation(rd(2)).header(KEY, "a"), TRANSACTION, 6.0),
        ("rdstation: new, names nobody", rdstation(json!({})), &["PutItem"], 1.0),
        ("rdstation: replayed", rdstation(rd(1)), MET, 1.0),
        (
            "pollybot: cold",
            pollybot(john(0)),
            &["GetItem", "UpdateItem", "BatchGetItem", "TransactWriteItems"],
            7.0,
        ),
        ("pollybot: new", pollybot(john(1)), TRANSACTION, 4.0),
        ("pollybot: new, with a key", pollybot(john(2)).header(KEY, "a"), TRANSACTION, 6.0),
        ("pollybot: known", pollybot(john(1)), MET, 1.0),
        ("keyspot: cold", keyspot(&token, joao(0)), &["BatchGetItem", "TransactWriteItems"], 5.0),
        ("keyspot: new", keyspot(&token, joao(1)), TRANSACTION, 4.0),
        ("keyspot: new, with a key", keyspot(&token, joao(2)).header(KEY, "a"), TRANSACTION, 6.0),
        ("keyspot: replayed", keyspot(&token, joao(1)), MET, 1.0),
        (
            "flextell: cold",
            flextell(smith(0)),
            &["GetItem", "UpdateItem", "GetItem", "BatchGetItem", "TransactWriteItems"],
            8.0,
        ),
        ("flextell: new", flextell(smith(1)), TRANSACTION, 4.0),
        ("flextell: new, with a key", flextell(smith(2)).header(KEY, "a"), TRANSACTION, 6.0),
        ("flextell: replayed", flextell(smith(1)), MET, 1.0),
        (
            "flextell: an id that the tenant does not have",
            flextell(json!({ "last_name": "Smith", "lead_status_id": 9 })),
            &["BatchGetItem", "Query", "PutItem"],
            // AWS counts one unit more, for the missing item of the batch.
            2.0,
        ),
    ];
    for (case, delivery, operations, units) in cases {
        world.wire.take_operations();
        world.wire.take_consumed_units();
        world.send(delivery).await;
        assert_eq!(world.wire.take_operations(), operations, "{case}");
        // Amazon's DynamoDB Local counts every transaction as 4 units.
        let consumed = world.wire.take_consumed_units();
        assert!(consumed == units || !world.is_embedded(), "{case}: {consumed}");
    }
}
