//! The tenant's directory, which has the ids that a lead may name.

use super::{FUNCTION, delivery, error};
use serde_json::{Value, json};
use shared::model::{EntryKey, Provider};
use tests::{Answer, Delivery, TestApi, account};

/// A delivery to a tenant without a directory, by an instance with empty caches.
async fn send_to_tenant_7(api: &TestApi, ids: &Value) -> Answer {
    let mut body = json!({ "last_name": "Smith" });
    body.as_object_mut().unwrap().extend(ids.as_object().unwrap().clone());
    let request = Delivery::new(FUNCTION, body.to_string()).bearer("seven");
    api.another_instance_answers(request.header("x-tenant", "7")).await
}

fn all_ids() -> Value {
    json!({
        "lead_status_id": 5, "lead_reference_source_id": 6, "assigned_user_id": 7, "country_id": 8,
    })
}

#[tokio::test]
async fn a_tenant_without_a_default_status_has_leads_without_one() {
    let api = TestApi::start().await;
    api.open_tenants("seven", &[7]).await;
    let answer = send_to_tenant_7(&api, &json!({})).await;
    assert_eq!((answer.status, &answer.body["data"]["status"]), (201, &Value::Null));
}

/// So a client that changes to leadhook works before its directory is imported.
#[tokio::test]
async fn without_a_directory_any_id_is_accepted() {
    let api = TestApi::start().await;
    api.open_tenants("seven", &[7]).await;
    let answer = send_to_tenant_7(&api, &all_ids()).await;
    assert_eq!(answer.status, 201);
    let lead = &answer.body["data"];
    let nothing =
        json!({ "id": 5, "name": null, "slug": null, "color": null, "is_terminal": null });
    assert_eq!(lead["status"], nothing);
    assert_eq!(lead["reference_source"], json!({ "id": 6, "name": null, "external_id": null }));
    assert_eq!(lead["assigned_user"], json!({ "id": 7, "name": null }));
    assert_eq!((&lead["country_id"], &lead["country_name"]), (&json!(8), &Value::Null));
}

#[tokio::test]
async fn with_one_entry_of_a_kind_the_ids_of_this_kind_are_checked_and_no_others() {
    let api = TestApi::start().await;
    api.open_tenants("seven", &[7]).await;
    let (tenant, entry) = (account(Provider::Flextell, "7"), json!({ "id": 1, "name": "One" }));
    // The first kind at fault is named, so they come in reverse order.
    for (kind, field) in [
        ("country", "country_id"),
        ("user", "assigned_user_id"),
        ("reference_source", "lead_reference_source_id"),
        ("status", "lead_status_id"),
    ] {
        let key = EntryKey::new(kind, 1);
        api.direct.put_new_entry(&tenant, &key, &entry).await.unwrap();
        let answer = send_to_tenant_7(&api, &all_ids()).await;
        let text = format!("The '{field}' field must be the id of something that exists.");
        assert_eq!((answer.status, answer.body), (422, error("validation_error", &text)));
        let known = send_to_tenant_7(&api, &json!({ field: 1 })).await;
        assert_eq!(known.status, 201, "{field}");
    }
}

#[tokio::test]
async fn the_directory_is_read_in_one_batch_and_cached() {
    let api = TestApi::start().await;
    let send = |n: u32| {
        api.send(delivery(&json!({
            "last_name": "Smith", "phone_number": n.to_string(), "lead_status_id": 1,
            "lead_reference_source_id": 1, "assigned_user_id": 1, "country_id": 76,
        })))
    };
    api.connection.take_operations();
    assert_eq!(send(1).await.status, 201);
    assert_eq!(
        api.connection.take_operations(),
        ["GetItem", "UpdateItem", "GetItem", "BatchGetItem", "TransactWriteItems"]
    );
    assert_eq!(send(2).await.status, 201);
    assert_eq!(api.connection.take_operations(), ["TransactWriteItems"]);
}
