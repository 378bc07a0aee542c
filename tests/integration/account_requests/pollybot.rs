//! PollyBot's lists of leads, and a lead.

use super::{CHATBOT, read};
use serde_json::{Value, json};
use shared::model::{EntryId, EntryKey, Provider};
use tests::{Answer, Delivery, Sender, TestApi};

const OTHER_CHATBOT: &str = "cb_other";

fn sender() -> &'static Sender {
    Sender::of(Provider::PollyBot)
}

async fn list(api: &TestApi, query: &str) -> Answer {
    read(api, Provider::PollyBot, Delivery::new("pollybot-list-leads", "").query(query)).await
}

/// The names on a page.
fn names(page: &Answer) -> Vec<&str> {
    assert_eq!(page.status, 200, "{}", page.text);
    let leads = page.body["data"]["leads"].as_array().unwrap().iter();
    leads.map(|lead| lead["name"].as_str().unwrap()).collect()
}

/// Three leads, a day between them: of a chatbot, of another one, and of none.
async fn fill(api: &TestApi) -> Vec<Value> {
    let other = EntryKey::new("chatbot", OTHER_CHATBOT.parse::<EntryId>().unwrap());
    api.table().put_entries(&sender().account(), &[(other, json!({}))]).await.unwrap();
    let leads = [
        (
            Some(CHATBOT),
            json!({ "name": "Zoe", "email": "a@example.com", "source": "website", "status": "qualified", "priority": "HIGH" }),
        ),
        (
            Some(OTHER_CHATBOT),
            json!({ "name": "Bob", "email": "C@example.com", "source": "webinar", "metadata": { "b": [1] }, "priority": "LOW" }),
        ),
        (None, json!({ "name": "adam", "email": "b@zoe.example", "status": "lost" })),
    ];
    let mut created = Vec::new();
    for (chatbot, lead) in leads {
        let delivery = sender().deliver(api, lead.to_string()).await;
        let delivery = chatbot.into_iter().fold(delivery, Delivery::chatbot);
        let answer = api.send(delivery).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        created.push(answer.body["data"].clone());
        api.advance(jiff::SignedDuration::from_hours(24));
    }
    created
}

#[tokio::test]
async fn a_list_has_the_leads_that_each_filter_wants_in_the_order_asked_for() {
    let api = TestApi::start().await;
    fill(&api).await;
    let cases: [(&str, &[&str]); 25] = [
        ("", &["adam", "Bob", "Zoe"]),
        ("unknown=1", &["adam", "Bob", "Zoe"]),
        ("priority=HIGH", &["Zoe"]),
        ("priority=high", &[]),
        ("sortBy=priority", &["Zoe", "Bob", "adam"]),
        ("status=qualified", &["Zoe"]),
        ("status=new", &["Bob"]),
        ("status=converted", &[]),
        ("status=", &["adam", "Bob", "Zoe"]),
        ("source=website", &["Zoe"]),
        ("source=Website", &[]),
        ("search=ZOE", &["adam", "Zoe"]),
        ("search=c%40example", &["Bob"]),
        ("search=website", &[]),
        ("sortOrder=asc", &["Zoe", "Bob", "adam"]),
        ("sortOrder=desc", &["adam", "Bob", "Zoe"]),
        ("sortBy=createdAt&sortOrder=asc", &["Zoe", "Bob", "adam"]),
        ("sortBy=updatedAt", &["adam", "Bob", "Zoe"]),
        ("sortBy=name&sortOrder=asc", &["adam", "Bob", "Zoe"]),
        ("sortBy=name", &["Zoe", "Bob", "adam"]),
        ("sortBy=email&sortOrder=asc", &["Zoe", "adam", "Bob"]),
        ("sortBy=status&sortOrder=asc", &["adam", "Bob", "Zoe"]),
        ("sortBy=name&sortOrder=asc&limit=1&page=2", &["Bob"]),
        ("page=2", &[]),
        ("page=18446744073709551615&limit=100", &[]),
    ];
    for (query, expected) in cases {
        assert_eq!(names(&list(&api, query).await), expected, "{query}");
    }
}

#[tokio::test]
async fn a_chatbot_lists_its_own_leads_and_shows_each_of_the_workspace() {
    let api = TestApi::start().await;
    let created = fill(&api).await;
    for (chatbot, expected) in [(CHATBOT, "Zoe"), (OTHER_CHATBOT, "Bob")] {
        let request = Delivery::new("pollybot-list-leads", "").chatbot(chatbot);
        let page = read(&api, Provider::PollyBot, request).await;
        assert_eq!(names(&page), [expected]);
        assert_eq!(page.body["data"]["pagination"]["total"], 1);
    }
    for lead in &created {
        let id = lead["id"].as_str().unwrap();
        for chatbot in [None, Some(CHATBOT), Some(OTHER_CHATBOT)] {
            let request = Delivery::new("pollybot-get-lead", "").parameter("leadId", id);
            let request = chatbot.into_iter().fold(request, Delivery::chatbot);
            let shown = read(&api, Provider::PollyBot, request).await;
            assert_eq!(shown.body, json!({ "success": true, "data": lead }), "{chatbot:?}");
        }
    }
    for function in ["pollybot-list-leads", "pollybot-get-lead"] {
        let request = Delivery::new(function, "").chatbot("unknown");
        let answer = read(&api, Provider::PollyBot, request.parameter("leadId", "x")).await;
        assert_eq!((answer.status, &answer.body["code"]), (404, &json!("CHATBOT_NOT_FOUND")));
    }
}

#[tokio::test]
async fn a_listed_lead_has_no_workspace() {
    let api = TestApi::start().await;
    let mut created = fill(&api).await.remove(0);
    let page = list(&api, "search=zoe&sortOrder=asc").await;
    assert_eq!(
        created.as_object_mut().unwrap().remove("workspaceId"),
        Some(json!(sender().account().id.as_str()))
    );
    assert_eq!(page.body["data"]["leads"][0], created);
}

#[tokio::test]
async fn a_page_has_its_place_and_the_totals() {
    let api = TestApi::start().await;
    fill(&api).await;
    let cases = [
        ("", json!([1, 10, 3, 1, false, false])),
        ("limit=2", json!([1, 2, 3, 2, true, false])),
        ("limit=2&page=2", json!([2, 2, 3, 2, false, true])),
        ("limit=2&page=9", json!([9, 2, 3, 2, false, true])),
        ("status=converted", json!([1, 10, 0, 1, false, false])),
    ];
    for (query, expected) in cases {
        let page = list(&api, query).await;
        let names = ["page", "limit", "total", "totalPages", "hasNext", "hasPrev"];
        let pagination = names.map(|name| &page.body["data"]["pagination"][name]);
        assert_eq!(json!(pagination), expected, "{query}");
    }
}

#[tokio::test]
async fn the_first_parameter_that_breaks_its_rule_is_named() {
    let api = TestApi::start().await;
    let statuses = "Must be one of: new, contacted, qualified, converted, lost, follow_up";
    let cases = [
        ("page=0", "page", "0", "Must be an integer from 1 on"),
        ("page=-1&limit=x", "page", "-1", "Must be an integer from 1 on"),
        ("limit=0", "limit", "0", "Must be an integer from 1 to 100"),
        ("limit=101", "limit", "101", "Must be an integer from 1 to 100"),
        ("limit=abc", "limit", "abc", "Must be an integer from 1 to 100"),
        ("status=NEW", "status", "NEW", statuses),
        ("sortOrder=up", "sortOrder", "up", "Must be one of: desc, asc"),
    ];
    for (query, field, value, message) in cases {
        let answer = list(&api, query).await;
        let details = json!({ "field": field, "value": value, "message": message });
        assert_eq!((answer.status, &answer.body["details"]), (400, &details), "{query}");
    }
}

#[tokio::test]
async fn an_id_that_no_lead_has_is_not_found() {
    let api = TestApi::start().await;
    let id = fill(&api).await[0]["id"].as_str().unwrap().to_owned();
    let upper = id.to_uppercase();
    let cases =
        ["", "1", "lead_0000000000000001", "lead_", &upper, &format!("{id}0"), "%00", "../leads"];
    for case in cases {
        let request = Delivery::new("pollybot-get-lead", "").parameter("leadId", case);
        sender().check_error("not_found", &read(&api, Provider::PollyBot, request).await, case);
    }
}
