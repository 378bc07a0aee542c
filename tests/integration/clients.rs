//! The requests of the public clients, in their order, with a key that allows what they need. Each is
//! written down from the client's published code; nothing else is changed for it.

use jiff::SignedDuration;
use serde_json::{Value, json};
use shared::model::{ApiKey, Provider, Scope, TokenHash};
use tests::{Answer, Delivery, Sender, TestApi};

const CHATBOT: &str = "cb_1234567890abcdef";

/// The connector of an automation product to PollyBot.
struct Connector {
    api: TestApi,
    token: &'static str,
}

impl Connector {
    async fn start(is_lenient: bool) -> Self {
        let (api, token) = (TestApi::start().await, "sk-workspace_connector");
        let account = Sender::of(Provider::PollyBot).account();
        let scopes = Scope::ALL.into();
        api.put_key(token, ApiKey { scopes, is_lenient, ..ApiKey::new(account) }).await;
        Self { api, token }
    }

    /// It takes any 2xx for success, and shows `error`, `code` and `details` of all else.
    async fn send(&self, request: Delivery) -> Answer {
        let request = request.bearer(self.token).chatbot(CHATBOT);
        request.header("accept", "application/json").answer_of(&self.api.app).await
    }

    async fn create(&self, lead: Value) -> Value {
        let answer = self.send(Delivery::new("pollybot-create-lead", lead.to_string())).await;
        assert_eq!(answer.status, 201, "{lead}: {}", answer.text);
        answer.body["data"].clone()
    }

    async fn of_lead(&self, function: &'static str, lead: &Value, body: &str) -> Answer {
        let id = lead["id"].as_str().unwrap();
        self.send(Delivery::new(function, body).parameter("leadId", id)).await
    }

    /// The names of the leads on a page.
    async fn list(&self, query: &str) -> Vec<String> {
        let answer = self.send(Delivery::new("pollybot-list-leads", "").query(query)).await;
        assert_eq!(answer.status, 200, "{query}: {}", answer.text);
        let leads = answer.body["data"]["leads"].as_array().unwrap().iter();
        leads.map(|lead| lead["name"].as_str().unwrap().to_owned()).collect()
    }
}

#[tokio::test]
async fn the_pollybot_connector_checks_creates_reads_updates_lists_and_deletes() {
    let connector = Connector::start(true).await;
    assert!(connector.list("limit=1").await.is_empty(), "the check of a new connection");
    let first = connector
        .create(json!({
            "name": "Ana", "email": "ana@exemplo.com", "phone": "+55 11 99999-0001",
            "source": "website", "status": "NEW", "metadata": { "campaign": "spring" },
        }))
        .await;
    assert_eq!((&first["status"], &first["email"]), (&json!("NEW"), &json!("ana@exemplo.com")));
    connector.api.advance(SignedDuration::from_secs(1));
    let second = connector
        .create(json!({
            "name": "Bia", "company": "Acme", "message": "Oi", "discord": "bia#1",
            "preferredMethod": "discord", "urgency": "high", "priority": "HIGH",
            "customFields": { "budget": 10 }, "tags": ["vip"],
        }))
        .await;
    assert_eq!(second["email"], Value::Null);
    let shown = connector.of_lead("pollybot-get-lead", &first, "").await;
    assert_eq!((shown.status, &shown.body["data"]["id"]), (200, &first["id"]));
    connector.api.advance(SignedDuration::from_secs(1));
    for update in [
        json!({ "name": "Ana Lima", "email": "ana.lima@exemplo.com", "phone": "11999990009",
                "source": "call", "status": "CONTACTED", "metadata": { "calls": 1 } }),
        json!({ "priority": "URGENT", "notes": "Call again", "tags": ["a"], "customFields": {} }),
    ] {
        let updated = connector.of_lead("pollybot-update-lead", &first, &update.to_string()).await;
        assert_eq!(updated.status, 200, "{update}: {}", updated.text);
        let metadata = json!({ "campaign": "spring", "calls": 1 });
        assert_eq!(updated.body["data"]["metadata"], metadata, "{update}");
    }
    let lists: &[(&str, &[&str])] = &[
        ("page=1&limit=50", &["Bia", "Ana Lima"]),
        ("page=1&limit=100&status=CONTACTED", &["Ana Lima"]),
        ("page=1&limit=50&status=UNRESPONSIVE", &[]),
        ("page=1&limit=50&priority=HIGH", &["Bia"]),
        ("page=1&limit=50&priority=LOW", &[]),
        ("page=1&limit=50&search=lima", &["Ana Lima"]),
        ("page=1&limit=50&sortBy=createdAt&sortOrder=asc", &["Ana Lima", "Bia"]),
        ("page=1&limit=50&sortBy=updatedAt&sortOrder=desc", &["Ana Lima", "Bia"]),
        ("page=1&limit=50&sortBy=name&sortOrder=desc", &["Bia", "Ana Lima"]),
        ("page=1&limit=50&sortBy=email&sortOrder=asc", &["Bia", "Ana Lima"]),
        ("page=1&limit=50&sortBy=status&sortOrder=asc", &["Ana Lima", "Bia"]),
        ("page=1&limit=50&sortBy=priority&sortOrder=desc", &["Ana Lima", "Bia"]),
        ("page=2&limit=50", &[]),
    ];
    for (query, expected) in lists {
        assert_eq!(connector.list(query).await, *expected, "{query}");
    }
    for (lead, left) in [(&first, 1), (&second, 0)] {
        let deleted = connector.of_lead("pollybot-delete-lead", lead, "").await;
        assert_eq!(deleted.status, 200, "{}", deleted.text);
        assert_eq!(connector.list("page=1&limit=50").await.len(), left);
    }
}

/// What `keys create` says of a key without `read`, and why the connector's key is lenient.
#[tokio::test]
async fn the_pollybot_connector_is_told_why_a_key_is_not_enough() {
    let connector = Connector::start(false).await;
    let status = json!({ "name": "Ana", "email": "ana@exemplo.com", "status": "NEW" });
    let refused = connector.send(Delivery::new("pollybot-create-lead", status.to_string())).await;
    assert_eq!((refused.status, &refused.body["details"]["field"]), (400, &json!("status")));
    let token = TokenHash::of(connector.token);
    let key = ApiKey::new(Sender::of(Provider::PollyBot).account());
    connector.api.table().update_api_key(&token, &key).await.unwrap();
    connector.api.advance(SignedDuration::from_mins(1));
    let check = Delivery::new("pollybot-list-leads", "").query("limit=1");
    let refused = connector.send(check).await;
    assert_eq!((refused.status, &refused.body["code"]), (403, &json!("FORBIDDEN")));
}

/// It gets a token for 50 minutes and sends it with each lead of its form.
#[tokio::test]
async fn the_keyspot_form_sends_its_leads_with_one_token() {
    let api = TestApi::start().await;
    let secret = Some(TokenHash::of("form-secret"));
    let account = Sender::of(Provider::Keyspot).account();
    api.put_key("form-key", ApiKey { secret, is_lenient: true, ..ApiKey::new(account) }).await;
    let request = Delivery::new("keyspot-issue-token", "").header("x-api-key", "form-key");
    let issued = api.send(request.header("x-api-secret", "form-secret")).await;
    let token = issued.body["data"]["token"].as_str().unwrap();
    let lead = |name: &str| {
        json!({
            "name": name, "email": "ana@exemplo.com", "phone": "11999990001",
            "source": "LANDING_PAGE", "operationType": "SALE",
        })
    };
    let mut with_all = lead("Bia");
    for name in ["message", "source_url", "utm_source", "utm_medium", "utm_campaign"] {
        with_all[name] = json!(format!("a {name}"));
    }
    for (minutes, lead) in [(0, lead("Ana")), (49, with_all)] {
        api.advance(SignedDuration::from_mins(minutes));
        let request = Delivery::new("keyspot-create-lead", lead.to_string()).bearer(token);
        let answer = request.answer_of(&api.app).await;
        assert!(answer.status == 201 && answer.body["data"]["id"].is_string(), "{}", answer.text);
        assert_eq!(answer.body["data"]["source"], "LANDING_PAGE");
    }
    let leads = Sender::of(Provider::Keyspot).leads(&api).await;
    let kept: Value = serde_json::from_str(leads[1].extra.as_ref().unwrap().as_sent()).unwrap();
    assert_eq!(
        (&kept["operationType"], &kept["utm_medium"]),
        (&json!("SALE"), &json!("a utm_medium"))
    );
}
