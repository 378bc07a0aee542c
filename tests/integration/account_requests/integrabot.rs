//! Integrabot's leads and agents.

use super::{AGENT, create_leads, read};
use serde_json::{Value, json};
use shared::model::Provider;
use shared::model::{EntryId, EntryKey};
use tests::{Answer, Delivery, Sender, TestApi};

fn sender() -> &'static Sender {
    Sender::of(Provider::Integrabot)
}

async fn list(api: &TestApi, query: &str) -> Answer {
    let request = Delivery::new("integrabot-list-leads", "").query(query);
    api.send(request.bearer("sk_demo_integrabot")).await
}

async fn get(api: &TestApi, id: &str) -> Answer {
    let request = Delivery::new("integrabot-get-lead", "").parameter("id", id);
    api.send(request.bearer("sk_demo_integrabot")).await
}

/// The names on a page.
fn names(page: &Answer) -> Vec<&str> {
    assert_eq!(page.status, 200, "{}", page.text);
    let data = page.body["data"].as_array().unwrap().iter();
    data.map(|lead| lead["name"].as_str().unwrap()).collect()
}

/// Three leads, a day between them.
async fn fill(api: &TestApi) {
    let leads = [
        json!({ "name": "Ana", "type": "web", "email": "Ana@Exemplo.com", "agent_id": AGENT }),
        json!({ "name": "Bia", "type": "email", "phone_number": "5511988887777" }),
        json!({ "name": "Caio de Ana", "type": "web", "phone_number": "5511988886666" }),
    ];
    for lead in leads {
        assert_eq!(sender().send(api, lead.to_string()).await.status, 201);
        api.advance(jiff::SignedDuration::from_hours(24));
    }
}

#[tokio::test]
async fn a_lead_is_shown_as_its_create_was_answered() {
    let api = TestApi::start().await;
    let lead = json!({
        "name": "Ana", "type": "web", "email": "ana@exemplo.com", "phone_number": "5511988887777",
        "agent_id": AGENT, "custom_fields": { "b": "2", "a": "1" }, "unknown": 1,
    });
    let created = sender().send(&api, lead.to_string()).await;
    let shown = get(&api, &created.body["id"].to_string()).await;
    assert_eq!((shown.status, &shown.text), (200, &created.text));
    let page = list(&api, "").await;
    let meta = json!({ "current_page": 1, "per_page": 25, "total": 1, "last_page": 1 });
    assert_eq!(page.body, json!({ "data": [created.body], "meta": meta }));
}

#[tokio::test]
async fn an_id_that_no_lead_has_is_not_found() {
    let api = TestApi::start().await;
    let id = sender().create(&api, 1).await.to_string();
    assert_eq!(get(&api, &id).await.status, 200);
    let with_zero = format!("0{id}");
    let cases = [
        "1",
        "0",
        "-1",
        "",
        " ",
        "abc",
        "1.0",
        "1e3",
        "9007199254740992",
        "18446744073709551616",
        &with_zero,
        "lead_0017e5d49712ef42",
        "c00000000000000",
        "../leads",
        "%00",
        "\u{0}",
    ];
    for case in cases {
        sender().check_error("not_found", &get(&api, case).await, case);
    }
}

#[tokio::test]
async fn a_list_has_the_leads_that_each_filter_wants() {
    let api = TestApi::start().await;
    fill(&api).await;
    let other = "a1b2c3d4-e5f6-7890-abcd-ef1234567891";
    // The clock of the tests begins on 2076-01-15.
    let cases: [(&str, &[&str]); 29] = [
        ("", &["Caio de Ana", "Bia", "Ana"]),
        ("unknown=1", &["Caio de Ana", "Bia", "Ana"]),
        ("status=new", &["Caio de Ana", "Bia", "Ana"]),
        ("status=converted", &[]),
        ("status=", &["Caio de Ana", "Bia", "Ana"]),
        ("type=web", &["Caio de Ana", "Ana"]),
        ("type=email", &["Bia"]),
        ("type=web&type=email", &["Bia"]),
        (&format!("agent_id={AGENT}"), &["Ana"]),
        (&format!("agent_id={}", AGENT.to_uppercase()), &["Ana"]),
        (&format!("agent_id={other}"), &[]),
        ("search=ana", &["Caio de Ana", "Ana"]),
        ("search=ANA%40exemplo", &["Ana"]),
        ("search=de+ana", &["Caio de Ana"]),
        ("search=98888", &["Caio de Ana", "Bia"]),
        ("search=7777", &["Bia"]),
        ("search=nobody", &[]),
        ("search=%20", &["Caio de Ana", "Bia", "Ana"]),
        ("date_from=2076-01-16", &["Caio de Ana", "Bia"]),
        ("date_to=2076-01-16", &["Bia", "Ana"]),
        ("date_from=2076-01-16&date_to=2076-01-16", &["Bia"]),
        ("date_from=2076-01-17&date_to=2076-01-16", &[]),
        ("date_from=0001-01-01&date_to=9999-12-31", &["Caio de Ana", "Bia", "Ana"]),
        ("date_to=-009999-01-01", &[]),
        ("date_from=9999-12-31", &[]),
        ("type=web&search=ana&date_from=2076-01-16", &["Caio de Ana"]),
        ("page=2", &[]),
        ("page=1000000000000000000", &[]),
        ("page=217550113196049989200717503528960", &[]),
    ];
    for (query, expected) in cases {
        assert_eq!(names(&list(&api, query).await), expected, "{query}");
    }
}

#[tokio::test]
async fn a_page_has_its_place_and_the_totals() {
    let api = TestApi::start().await;
    fill(&api).await;
    let meta = |page: u64, size: u64, total: u64, last: u64| json!({ "current_page": page, "per_page": size, "total": total, "last_page": last });
    let cases: [(&str, &[&str], Value); 6] = [
        ("per_page=2", &["Caio de Ana", "Bia"], meta(1, 2, 3, 2)),
        ("per_page=2&page=2", &["Ana"], meta(2, 2, 3, 2)),
        ("per_page=2&page=3", &[], meta(3, 2, 3, 2)),
        ("per_page=100&page=1", &["Caio de Ana", "Bia", "Ana"], meta(1, 100, 3, 1)),
        ("per_page=1&type=web&page=2", &["Ana"], meta(2, 1, 2, 2)),
        ("status=lost", &[], meta(1, 25, 0, 1)),
    ];
    for (query, expected, meta) in cases {
        let page = list(&api, query).await;
        assert_eq!(names(&page), expected, "{query}");
        assert_eq!(page.body["meta"], meta, "{query}");
    }
}

#[tokio::test]
async fn a_parameter_that_breaks_its_rule_is_named() {
    let api = TestApi::start().await;
    let (from, to) = ("a partir de 1", "de 1 a 100");
    let number =
        |name: &str, range: &str| format!("O campo {name} deve ser um número inteiro {range}.");
    let date = |name: &str| format!("O campo {name} deve ser uma data válida, como 2027-01-31.");
    let cases = [
        ("page=0", "page", number("page", from)),
        ("page=-1", "page", number("page", from)),
        ("page=1.5", "page", number("page", from)),
        ("page=abc", "page", number("page", from)),
        ("page=+1", "page", number("page", from)),
        ("per_page=18446744073709551616", "per_page", number("per_page", to)),
        ("per_page=0", "per_page", number("per_page", to)),
        ("per_page=101", "per_page", number("per_page", to)),
        ("per_page=abc", "per_page", number("per_page", to)),
        ("date_from=2027-02-30", "date_from", date("date_from")),
        ("date_from=yesterday", "date_from", date("date_from")),
        ("date_to=31%2F01%2F2027", "date_to", date("date_to")),
        ("status=open", "status", "O campo status selecionado é inválido.".to_owned()),
        ("type=whatsapp", "type", "O campo type selecionado é inválido.".to_owned()),
        ("agent_id=7", "agent_id", "O campo agent_id deve ser um UUID válido.".to_owned()),
    ];
    for (query, field, text) in cases {
        let answer = list(&api, query).await;
        let expected = json!({ "error": "Validation Error", "message": { field: [text] } });
        assert_eq!((answer.status, answer.body), (422, expected), "{query}");
    }
}

/// Stores an agent with this id.
async fn put_agent(api: &TestApi, id: &str, entry: Value) {
    let key = EntryKey::new("agent", id.parse::<EntryId>().unwrap());
    api.table().put_entries(&sender().account(), &[(key, entry)]).await.unwrap();
}

#[tokio::test]
async fn an_account_shows_its_agents() {
    const OTHER: &str = "b1b2c3d4-e5f6-7890-abcd-ef1234567890";
    let api = TestApi::start().await;
    let full = json!({
        "name": "Bia", "is_active": false, "model": "gpt-4o", "communication_style": "formal",
        "tools_count": 2, "created_at": "2025-01-10T09:00:00Z",
    });
    put_agent(&api, OTHER, full.clone()).await;
    put_agent(&api, AGENT, json!({ "name": "Ana", "is_active": true })).await;
    let ana = json!({
        "uuid": AGENT, "name": "Ana", "is_active": true, "model": null,
        "communication_style": null, "tools_count": null, "created_at": null,
    });
    let mut bia = full;
    bia["uuid"] = OTHER.into();
    let list = Delivery::new("integrabot-list-agents", "");
    let listed = read(&api, Provider::Integrabot, list).await;
    assert_eq!((listed.status, listed.body), (200, json!([ana, bia])));
    let get = |id: &str| Delivery::new("integrabot-get-agent", "").parameter("uuid", id);
    for (id, expected) in [(AGENT.to_uppercase().as_str(), ana), (OTHER, bia)] {
        let shown = read(&api, Provider::Integrabot, get(id)).await;
        assert_eq!((shown.status, shown.body), (200, expected), "{id}");
    }
    for id in ["", "1", "default", "a1b2c3d4-e5f6-7890-abcd-ef1234567891", "%00", "../leads"] {
        let answer = read(&api, Provider::Integrabot, get(id)).await;
        sender().check_error("not_found", &answer, id);
    }
}

/// An account without agents accepts any id.
#[tokio::test]
async fn an_agent_is_checked_if_the_account_has_agents() {
    let other = "a1b2c3d4-e5f6-7890-abcd-ef1234567891";
    for (has_agents, id, status) in [
        (false, AGENT, 201),
        (false, other, 201),
        (true, AGENT, 201),
        (true, &AGENT.to_uppercase(), 201),
        (true, other, 422),
        (true, "", 201),
    ] {
        let api = TestApi::start().await;
        if has_agents {
            create_leads(&api, 1).await;
        }
        let lead = json!({ "name": "Ana", "type": "web", "agent_id": id });
        let answer = sender().send(&api, lead.to_string()).await;
        assert_eq!(answer.status, status, "{has_agents} {id}");
        if status == 422 {
            let text = "O campo agent_id selecionado é inválido.";
            assert_eq!(answer.body["message"], json!({ "agent_id": [text] }));
        }
    }
}
