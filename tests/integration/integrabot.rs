//! Integrabot's rules, as docs.integrabot.ai states them.

use super::field_rules::check_field_rules;
use serde_json::{Value, json};
use shared::model::Provider;
use tests::{Answer, Delivery, TestApi, account};

const FUNCTION: &str = "integrabot-create-lead";
const TOKEN: &str = "sk_demo_integrabot";

fn delivery(body: &Value) -> Delivery {
    Delivery::new(FUNCTION, body.to_string()).bearer(TOKEN)
}

/// The example of the provider's page.
fn example() -> Value {
    json!({
        "name": "Maria Silva",
        "type": "web",
        "phone_number": "5511999998888",
        "email": "maria@exemplo.com",
        "agent_id": "a1b2c3d4-e5f6-7890-abcd-ef1234567890",
        "custom_fields": { "empresa": "Acme Ltda", "cidade": "São Paulo" },
    })
}

/// The example with one field replaced.
fn example_with(field: &str, value: Value) -> Value {
    let mut body = example();
    body[field] = value;
    body
}

fn validation_error(message: Value) -> Value {
    json!({ "error": "Validation Error", "message": message })
}

#[tokio::test]
async fn a_new_lead_is_answered_201_with_the_ten_documented_members() {
    let api = TestApi::start().await;
    let Answer { status, headers, mut body, .. } = api.send(delivery(&example())).await;
    assert_eq!(status, 201);
    assert_eq!(headers["content-type"], "application/json");
    let id = body["id"].take();
    assert!(id.as_u64().is_some_and(|id| id < 1 << 53), "{id}");
    let expected = json!({
        "id": null,
        "name": "Maria Silva",
        "type": "web",
        "phone_number": "5511999998888",
        "email": "maria@exemplo.com",
        "status": "new",
        "agent_id": "a1b2c3d4-e5f6-7890-abcd-ef1234567890",
        "custom_fields": { "empresa": "Acme Ltda", "cidade": "São Paulo" },
        "created_at": "2076-01-15T10:30:00Z",
        "updated_at": "2076-01-15T10:30:00Z",
    });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn members_that_are_not_given_are_null_and_custom_fields_an_empty_object() {
    let api = TestApi::start().await;
    let given = [
        ("absent", json!({ "name": "Ana", "type": "manual" })),
        (
            "null",
            json!({
                "name": "Ana", "type": "manual", "phone_number": null, "email": null,
                "agent_id": null, "custom_fields": null,
            }),
        ),
    ];
    for (case, body) in given {
        let answer = api.send(delivery(&body)).await;
        assert_eq!(answer.status, 201, "{case}");
        for field in ["phone_number", "email", "agent_id"] {
            assert_eq!(answer.body[field], Value::Null, "{case}: {field}");
        }
        assert_eq!(answer.body["custom_fields"], json!({}), "{case}");
    }
}

#[tokio::test]
async fn each_field_follows_its_rule() {
    let phone = "O campo phone_number deve estar em formato válido.";
    let email = "O campo email deve ser um endereço de e-mail válido.";
    let choice = "O campo type selecionado é inválido.";
    let uuid = "O campo agent_id deve ser um UUID válido.";
    let strings = "Os valores do campo custom_fields devem ser textos.";
    let rules = [
        ("name", "O campo name é obrigatório.", json!([null, "", " \t"])),
        ("name", "O campo name deve ser um texto.", json!([7, ["Maria"]])),
        ("name", "", json!(["M", "M".repeat(10_000)])),
        ("type", "O campo type é obrigatório.", json!([null, ""])),
        ("type", "O campo type deve ser um texto.", json!([true])),
        ("type", choice, json!(["whatsapp", "instagram", "WEB"])),
        ("type", "", json!(["web", "telegram", "email", "manual"])),
        ("phone_number", "O campo phone_number deve ser um texto.", json!([5_511_999_998_888_u64])),
        ("phone_number", phone, json!(["+5511999998888", "55 11 99999-8888", "٥٥١١"])),
        ("phone_number", "", json!(["1", "9".repeat(40)])),
        ("email", "O campo email deve ser um texto.", json!([{}])),
        ("email", email, json!(["maria", "maria@", "@exemplo.com", "maria silva@exemplo.com"])),
        ("email", "", json!(["MARIA@exemplo.com", " maria@exemplo.com "])),
        ("email", "", json!(["maria+feira@exemplo.com.br", "maria@ação.com.br"])),
        ("agent_id", "O campo agent_id deve ser um texto.", json!([1])),
        ("agent_id", uuid, json!(["a1b2c3d4", "a1b2c3d4e5f67890abcdef1234567890"])),
        ("agent_id", uuid, json!(["g1b2c3d4-e5f6-7890-abcd-ef1234567890"])),
        ("agent_id", uuid, json!(["{a1b2c3d4-e5f6-7890-abcd-ef123456789}"])),
        ("agent_id", "", json!(["A1B2C3D4-E5F6-7890-ABCD-EF1234567890"])),
        ("custom_fields", "O campo custom_fields deve ser um objeto.", json!([[null], "x"])),
        ("custom_fields", strings, json!([{ "n": 1 }, { "n": null }, { "n": { "m": "x" } }])),
        ("custom_fields", "", json!([{}, { "": "", "n": "1" }])),
    ];
    let error =
        |field: &str, _: &Value, text: &str| (422, validation_error(json!({ field: [text] })));
    check_field_rules(Provider::Integrabot, example(), rules, error).await;
}

#[tokio::test]
async fn all_invalid_fields_are_named_at_once() {
    let api = TestApi::start().await;
    let body = json!({
        "type": "fax", "phone_number": "+55", "email": "x", "agent_id": "x", "custom_fields": 1,
    });
    let answer = api.send(delivery(&body)).await;
    assert_eq!(answer.status, 422);
    let expected = json!({
        "name": ["O campo name é obrigatório."],
        "type": ["O campo type selecionado é inválido."],
        "phone_number": ["O campo phone_number deve estar em formato válido."],
        "email": ["O campo email deve ser um endereço de e-mail válido."],
        "agent_id": ["O campo agent_id deve ser um UUID válido."],
        "custom_fields": ["O campo custom_fields deve ser um objeto."],
    });
    assert_eq!(answer.body, validation_error(expected));
}

#[tokio::test]
async fn unknown_members_are_not_answered_and_the_last_duplicate_counts() {
    let api = TestApi::start().await;
    let body = r#"{"name": "First", "status": "lost", "id": 1, "name": "Last", "type": "web"}"#;
    let answer = api.send(Delivery::new(FUNCTION, body).bearer(TOKEN)).await;
    assert_eq!((answer.status, &answer.body["name"]), (201, &json!("Last")));
    assert_eq!(answer.body["status"], "new");
    assert_ne!(answer.body["id"], 1);
}

#[tokio::test]
async fn custom_fields_are_returned_exactly_as_sent() {
    let api = TestApi::start().await;
    let sent = r#"{"z":"1","a" : "S\u00e3o","":"\ud83d\ude00"}"#;
    let body = format!(r#"{{"name":"Ana","type":"web","custom_fields":{sent}}}"#);
    let answer = api.send(Delivery::new(FUNCTION, body).bearer(TOKEN)).await;
    assert!(answer.text.contains(&format!(r#""custom_fields":{sent},"#)), "{}", answer.text);
}

#[tokio::test]
async fn a_known_phone_or_email_is_answered_200_with_the_lead_untouched() {
    let api = TestApi::start().await;
    let first = api.send(delivery(&example())).await;
    let again = [
        ("all the same", example()),
        ("another e-mail", example_with("email", json!("outra@exemplo.com"))),
        ("e-mail in capitals, no phone", {
            json!({ "name": "M", "type": "email", "email": " MARIA@EXEMPLO.COM" })
        }),
        ("only the phone", json!({ "name": "M", "type": "web", "phone_number": "5511999998888" })),
    ];
    for (case, body) in again {
        api.advance(jiff::SignedDuration::from_hours(1));
        let answer = api.send(delivery(&body)).await;
        assert_eq!((answer.status, &answer.text), (200, &first.text), "{case}");
    }
    assert_eq!(api.items("lead#").await.len(), 1);
    assert_eq!(api.items("claim#").await.len(), 2);
}

#[tokio::test]
async fn if_phone_and_email_belong_to_two_leads_the_phone_decides() {
    let api = TestApi::start().await;
    let by_phone = json!({ "name": "A", "type": "web", "phone_number": "5511" });
    let by_email = json!({ "name": "B", "type": "web", "email": "b@exemplo.com" });
    let first = api.send(delivery(&by_phone)).await;
    api.send(delivery(&by_email)).await;
    let both =
        json!({ "name": "C", "type": "web", "phone_number": "5511", "email": "b@exemplo.com" });
    let answer = api.send(delivery(&both)).await;
    assert_eq!((answer.status, answer.text), (200, first.text));
}

#[tokio::test]
async fn a_lead_of_one_account_is_no_duplicate_in_another() {
    let api = TestApi::start().await;
    let other = account(Provider::Integrabot, "other");
    api.open_account("sk_other", other).await;
    let body = example().to_string();
    let first = api.send(delivery(&example())).await;
    let second = api.send(Delivery::new(FUNCTION, body).bearer("sk_other")).await;
    assert_eq!((first.status, second.status), (201, 201));
    assert_ne!(first.body["id"], second.body["id"]);
}

#[tokio::test]
async fn an_invalid_body_never_shows_an_existing_lead() {
    let api = TestApi::start().await;
    api.send(delivery(&example())).await;
    let answer = api.send(delivery(&example_with("type", json!("fax")))).await;
    assert_eq!(answer.status, 422);
}

#[tokio::test]
async fn hostile_members_are_refused_or_ignored() {
    let api = TestApi::start().await;
    let deep = format!("{}\"x\"{}", r#"{"a":"#.repeat(200), "}".repeat(200));
    let cases = [
        ("half a surrogate pair", r#"{"name":"\ud800","type":"web"}"#.to_owned(), 201, Value::Null),
        (
            "200 levels in custom_fields",
            format!(r#"{{"name":"Ana","type":"web","custom_fields":{deep}}}"#),
            422,
            json!({ "custom_fields": ["Os valores do campo custom_fields devem ser textos."] }),
        ),
        (
            "200 levels in an unknown member",
            format!(r#"{{"name":"Ana","type":"web","x":{deep}}}"#),
            201,
            Value::Null,
        ),
        (
            "a byte order mark",
            "\u{feff}{\"name\":\"Ana\",\"type\":\"web\"}".to_owned(),
            201,
            Value::Null,
        ),
        ("a NUL", r#"{"name":"\u0000Ana","type":"web"}"#.to_owned(), 201, Value::Null),
    ];
    for (case, body, status, message) in cases {
        let answer = api.send(Delivery::new(FUNCTION, body).bearer(TOKEN)).await;
        assert_eq!(answer.status, status, "{case}");
        if status == 422 {
            assert_eq!(answer.body, validation_error(message), "{case}");
        }
    }
}
