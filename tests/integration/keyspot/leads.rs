//! The rules of Keyspot's lead address.

use super::{super::field_rules::check_field_rules, FUNCTION, error, example, example_with};
use serde_json::{Value, json};
use shared::model::Provider;
use tests::{Delivery, TestApi, TestTable};

const SOURCES: [&str; 20] = [
    "WEBSITE",
    "WHATSAPP",
    "PHONE",
    "EMAIL",
    "SOCIAL_MEDIA",
    "INSTAGRAM",
    "FACEBOOK",
    "PORTAL",
    "PORTAL_VIVAREAL",
    "PORTAL_ZAPIMOVEIS",
    "PORTAL_OLX",
    "PORTAL_IMOVELWEB",
    "PORTAL_CHAVESNAMAO",
    "META_ADS",
    "GOOGLE_ADS",
    "RD_STATION",
    "REFERRAL",
    "REAL_ESTATE",
    "OTHER",
    "API",
];

async fn deliver(api: &TestApi, body: &Value) -> tests::Answer {
    let token = api.keyspot_token().await;
    api.send(Delivery::new(FUNCTION, body.to_string()).bearer(&token)).await
}

#[tokio::test]
async fn a_new_lead_is_answered_201_with_the_twelve_documented_members() {
    let api = TestApi::start().await;
    let mut answer = deliver(&api, &example()).await;
    assert_eq!(answer.status, 201);
    let id = answer.body["data"]["id"].take();
    let id = id.as_str().unwrap();
    assert!(id.starts_with('c') && id.len() == 15, "{id}");
    assert!(keyspot::LEAD_ID.read(id).is_some(), "{id}");
    let expected = json!({ "data": {
        "id": null,
        "name": "João Silva",
        "email": "joao@example.com",
        "phone": "11999999999",
        "message": "Tenho interesse neste imóvel, gostaria de mais informações.",
        "source": "API",
        "status": "NEW_LEAD",
        "priority": "MEDIUM",
        "propertyId": null,
        "interestedPropertyTitle": null,
        "createdAt": TestTable::BEGINNING,
        "updatedAt": TestTable::BEGINNING,
    } });
    assert_eq!(answer.body, expected);
}

#[tokio::test]
async fn each_field_follows_its_rule() {
    let source = format!("source must be one of: {}", SOURCES.join(", "));
    // The provider's page says: one character or more.
    let texts = json!([" ", "\u{a0}\n", "x", "x".repeat(9_000)]);
    let rules = [
        ("name", "name is required", json!([null, ""])),
        ("name", "name must be a string", json!([5])),
        ("name", "", texts.clone()),
        ("email", "email is required", json!([null])),
        ("email", "email must be a string", json!([5])),
        ("email", "email must be a valid email address", json!(["", "joao"])),
        ("phone", "phone is required", json!([null, ""])),
        ("phone", "phone must be a string", json!([5])),
        ("phone", "", json!(["any form"])),
        ("phone", "", texts.clone()),
        ("message", "message is required", json!([null, ""])),
        ("message", "message must be a string", json!([5])),
        ("message", "", texts),
        ("source", "source must be a string", json!([1])),
        ("source", &source, json!(["LANDING_PAGE", "api"])),
        ("source", "", json!(SOURCES)),
        ("propertyCode", "propertyCode must be a string", json!([false])),
        ("interestedPropertyTitle", "interestedPropertyTitle must be a string", json!([false])),
        ("trafficOrigin", "trafficOrigin must be a string", json!([false])),
    ];
    let error = |_: &str, _: &Value, text: &str| (400, error(text, "VALIDATION_ERROR"));
    check_field_rules(Provider::Keyspot, example(), rules, error).await;
}

#[tokio::test]
async fn a_required_field_must_be_there() {
    let api = TestApi::start().await;
    for field in ["name", "email", "phone", "message"] {
        let mut body = example();
        body.as_object_mut().unwrap().remove(field);
        let answer = deliver(&api, &body).await;
        let expected = error(&format!("{field} is required"), "VALIDATION_ERROR");
        assert_eq!((answer.status, answer.body), (400, expected));
    }
}

#[tokio::test]
async fn optional_fields_may_be_null_and_unknown_ones_are_ignored() {
    let api = TestApi::start().await;
    let mut body = example();
    for field in ["source", "propertyCode", "interestedPropertyTitle", "trafficOrigin"] {
        body[field] = Value::Null;
    }
    body["operationType"] = "RENT".into();
    body["status"] = "WON".into();
    let answer = deliver(&api, &body).await;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.body["data"]["source"], "API");
    assert_eq!(answer.body["data"]["status"], "NEW_LEAD");
    assert_eq!(answer.body["data"].as_object().unwrap().len(), 12);
}

#[tokio::test]
async fn a_property_code_links_the_property_and_fills_the_title() {
    let (id, title) = ("clp0demo0ap001", "Apartamento 2 quartos, Pinheiros");
    let known = json!({ "propertyCode": "AP001" });
    let titled = json!({ "propertyCode": "AP001", "interestedPropertyTitle": "Cobertura" });
    let empty_titled = json!({ "propertyCode": "AP001", "interestedPropertyTitle": "" });
    let untitled = json!({ "interestedPropertyTitle": " " });
    let unknown = json!({ "propertyCode": "AP999" });
    let unknown_titled = json!({ "propertyCode": "AP999", "interestedPropertyTitle": "Casa" });
    let cases = [
        ("known", known, json!([id, title])),
        ("known, with a title", titled, json!([id, "Cobertura"])),
        ("unknown", unknown, json!([null, null])),
        ("unknown, with a title", unknown_titled, json!([null, "Casa"])),
        ("empty", json!({ "propertyCode": "" }), json!([null, null])),
        ("known, with an empty title", empty_titled, json!([id, title])),
        ("no code, with an empty title", untitled, json!([null, " "])),
        ("longer than a key", json!({ "propertyCode": "A".repeat(9_000) }), json!([null, null])),
    ];
    let api = TestApi::start().await;
    for (n, (case, given, expected)) in cases.into_iter().enumerate() {
        let mut body = example_with("phone", n.to_string().into());
        body.as_object_mut().unwrap().extend(given.as_object().unwrap().clone());
        let answer = deliver(&api, &body).await;
        let data = &answer.body["data"];
        assert_eq!(answer.status, 201, "{case}");
        assert_eq!(
            json!([data["propertyId"], data["interestedPropertyTitle"]]),
            expected,
            "{case}"
        );
    }
}

#[tokio::test]
async fn the_directory_is_read_once_and_cached() {
    let api = TestApi::start().await;
    let token = api.keyspot_token().await;
    let send = |n: u32| {
        let mut body = example_with("propertyCode", json!("AP001"));
        body["phone"] = n.to_string().into();
        api.send(Delivery::new(FUNCTION, body.to_string()).bearer(&token))
    };
    api.connection.take_operations();
    assert_eq!(send(1).await.status, 201);
    assert_eq!(api.connection.take_operations(), ["BatchGetItem", "TransactWriteItems"]);
    assert_eq!(send(2).await.status, 201);
    assert_eq!(api.connection.take_operations(), ["TransactWriteItems"]);
}

#[tokio::test]
async fn the_same_person_again_is_a_new_lead() {
    let api = TestApi::start().await;
    let first = deliver(&api, &example()).await;
    let second = deliver(&api, &example_with("message", json!("Outra pergunta"))).await;
    assert_eq!((first.status, second.status), (201, 201));
    assert_ne!(first.body["data"]["id"], second.body["data"]["id"]);
}
