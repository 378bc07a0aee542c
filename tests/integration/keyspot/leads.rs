//! The rules of Keyspot's lead address.

use super::{FUNCTION, error, example, example_with};
use jiff::SignedDuration;
use serde_json::{Value, json};
use tests::{Delivery, World};

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

async fn deliver(world: &World, body: &Value) -> tests::Answer {
    let token = world.keyspot_token().await;
    world.send(Delivery::new(FUNCTION, body.to_string()).bearer(&token)).await
}

#[tokio::test]
async fn a_new_lead_is_answered_201_with_the_twelve_documented_members() {
    let world = World::start().await;
    let mut answer = deliver(&world, &example()).await;
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
        "createdAt": World::BEGINNING,
        "updatedAt": World::BEGINNING,
    } });
    assert_eq!(answer.body, expected);
}

#[tokio::test]
async fn each_field_follows_its_rule() {
    let source = format!("source must be one of: {}", SOURCES.join(", "));
    let mut cases = vec![
        ("email", json!("joao"), "email must be a valid email address".to_owned()),
        ("phone", json!("any form"), String::new()),
        ("source", json!("LANDING_PAGE"), source.clone()),
        ("source", json!("api"), source),
        ("source", json!(1), "source must be a string".to_owned()),
    ];
    for field in ["name", "email", "phone", "message"] {
        let required = format!("{field} is required");
        let empty =
            if field == "email" { "email must be a valid email address" } else { &required };
        cases.push((field, json!(null), required.clone()));
        cases.push((field, json!(""), empty.to_owned()));
        cases.push((field, json!(5), format!("{field} must be a string")));
    }
    for field in ["name", "phone", "message"] {
        // The provider's page says: one character or more.
        cases.push((field, json!(" "), String::new()));
        cases.push((field, json!("\u{a0}\n"), String::new()));
        cases.push((field, json!("x"), String::new()));
        cases.push((field, json!("x".repeat(9_000)), String::new()));
    }
    for field in ["propertyCode", "interestedPropertyTitle", "trafficOrigin"] {
        cases.push((field, json!(false), format!("{field} must be a string")));
    }
    cases.extend(SOURCES.map(|source| ("source", json!(source), String::new())));
    let world = World::start().await.with_replay_window(SignedDuration::ZERO);
    for (field, value, text) in cases {
        let case = format!("{field}: {value}");
        let answer = deliver(&world, &example_with(field, value.clone())).await;
        if text.is_empty() {
            assert_eq!((answer.status, &answer.body["data"][field]), (201, &value), "{case}");
        } else {
            assert_eq!(
                (answer.status, answer.body),
                (400, error(&text, "VALIDATION_ERROR")),
                "{case}"
            );
        }
    }
    for field in ["name", "email", "phone", "message"] {
        let mut body = example();
        body.as_object_mut().unwrap().remove(field);
        let answer = deliver(&world, &body).await;
        let text = format!("{field} is required");
        assert_eq!((answer.status, answer.body), (400, error(&text, "VALIDATION_ERROR")));
    }
}

#[tokio::test]
async fn optional_fields_may_be_null_and_unknown_ones_are_ignored() {
    let world = World::start().await;
    let mut body = example();
    for field in ["source", "propertyCode", "interestedPropertyTitle", "trafficOrigin"] {
        body[field] = Value::Null;
    }
    body["operationType"] = "RENT".into();
    body["status"] = "WON".into();
    let answer = deliver(&world, &body).await;
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
    for (case, given, expected) in cases {
        let world = World::start().await;
        let mut body = example();
        body.as_object_mut().unwrap().extend(given.as_object().unwrap().clone());
        let answer = deliver(&world, &body).await;
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
    let world = World::start().await;
    let token = world.keyspot_token().await;
    let send = |n: u32| {
        let mut body = example_with("propertyCode", json!("AP001"));
        body["phone"] = n.to_string().into();
        world.send(Delivery::new(FUNCTION, body.to_string()).bearer(&token))
    };
    world.wire.take_operations();
    assert_eq!(send(1).await.status, 201);
    assert_eq!(world.wire.take_operations(), ["BatchGetItem", "TransactWriteItems"]);
    assert_eq!(send(2).await.status, 201);
    assert_eq!(world.wire.take_operations(), ["TransactWriteItems"]);
}

#[tokio::test]
async fn the_same_person_again_is_a_new_lead() {
    let world = World::start().await;
    let first = deliver(&world, &example()).await;
    let second = deliver(&world, &example_with("message", json!("Outra pergunta"))).await;
    assert_eq!((first.status, second.status), (201, 201));
    assert_ne!(first.body["data"]["id"], second.body["data"]["id"]);
}

#[tokio::test]
async fn a_body_without_a_json_object_is_400_and_a_large_one_is_413() {
    let world = World::start().await;
    let token = world.keyspot_token().await;
    let expected = error("The body must be a JSON object", "VALIDATION_ERROR");
    for body in ["", "{", "[]", "null", "7"] {
        let answer = world.send(Delivery::new(FUNCTION, body).bearer(&token)).await;
        assert_eq!((answer.status, &answer.body), (400, &expected), "{body}");
    }
    let body = vec![b' '; shared::request::MAX_BODY_BYTES + 1];
    let answer = world.send(Delivery::new(FUNCTION, body).bearer(&token)).await;
    let too_large = error("The body must not exceed 256 KiB", "PAYLOAD_TOO_LARGE");
    assert_eq!((answer.status, answer.body), (413, too_large));
}
