//! Keyspot's `GET /v1/values/{entity}/{field}`.

use super::read;
use serde_json::json;
use shared::model::Provider;
use tests::{Delivery, TestApi};

#[tokio::test]
async fn the_values_of_each_documented_field_are_listed() {
    let api = TestApi::start().await;
    let statuses = json!(["AVAILABLE", "RENTED", "RESERVED", "SOLD", "UNAVAILABLE"]);
    let entity =
        |name| json!({ "error": format!("Invalid entity: {name}"), "code": "VALIDATION_ERROR" });
    let field =
        |name| json!({ "error": format!("Invalid field: {name}"), "code": "VALIDATION_ERROR" });
    let cases = [
        ("properties", "status", Ok(statuses)),
        ("properties", "operationType", Ok(json!([]))),
        ("properties", "propertyType", Ok(json!([]))),
        ("properties", "highlight", Ok(json!([]))),
        ("properties", "source", Err(field("source"))),
        ("properties", "", Err(field(""))),
        ("leads", "status", Ok(json!(["NEW_LEAD"]))),
        ("leads", "source", Ok(json!(keyspot::SOURCES))),
        ("leads", "priority", Ok(json!(["MEDIUM"]))),
        ("leads", "highlight", Err(field("highlight"))),
        ("Leads", "status", Err(entity("Leads"))),
        ("", "status", Err(entity(""))),
        ("%00", "status", Err(entity("\u{0}"))),
    ];
    for (entity, field, expected) in cases {
        let request = Delivery::new("keyspot-list-values", "");
        let request = request.parameter("entity", entity).parameter("field", field);
        let answer = read(&api, Provider::Keyspot, request).await;
        let expected = match expected {
            Ok(values) => {
                (200, json!({ "data": { "entity": entity, "field": field, "values": values } }))
            }
            Err(error) => (400, error),
        };
        assert_eq!((answer.status, answer.body), expected, "{entity} {field}");
    }
}

/// A function URL has no path parameters.
#[tokio::test]
async fn entity_and_field_are_read_from_the_path() {
    let api = TestApi::start().await;
    let request = Delivery::new("keyspot-list-values", "").path("/v1/values/leads/priority");
    let answer = read(&api, Provider::Keyspot, request).await;
    assert_eq!(answer.body["data"]["values"], json!(["MEDIUM"]));
}
