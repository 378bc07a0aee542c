use crate::{
    delivery::{Answer, Delivery},
    events::read_errors,
    test_api::TestApi,
};
use jiff::SignedDuration;
use providers::read_id;
use serde_json::{Value, json};
use shared::{
    model::{Account, AccountId, LeadId, LeadSpan, Provider, StoredLead},
    table::Order,
};
use std::{collections::HashMap, sync::LazyLock};

/// How to send deliveries to a provider, and which answers it gives.
pub struct Sender {
    /// The function that receives its deliveries.
    pub function: &'static str,
    /// Its demo account.
    pub account: (Provider, &'static str),
    /// The status of a new lead.
    pub created: u16,
    /// The contacts by which the provider recognizes a known person.
    pub unique: &'static [&'static str],
    /// A body that names a person. It differs for each `n`.
    pub body: fn(n: usize) -> Value,
    /// A body with this name, e-mail and phone. A contact that the provider requires is there.
    pub person: fn(String, Option<String>, Option<String>) -> Value,
    /// The part of the answer with the lead.
    pub lead: fn(&Value) -> &Value,
    /// The statuses it documents.
    pub statuses: &'static [u16],
    /// The name of the field with the person's phone. The e-mail is always in `email`.
    pub phone: &'static str,
    /// The fields that the answer repeats as they were sent.
    pub echoed: &'static [&'static str],
    /// Members with JSON or text that is stored as it was sent.
    pub as_sent: &'static [&'static str],
    /// The members of every error.
    pub errors: &'static [&'static str],
    /// Its credentials; empty: a Keyspot token.
    pub headers: &'static [(&'static str, &'static str)],
}

/// A sender for each provider, to its demo account.
pub static SENDERS: &[Sender] = &[
    Sender {
        function: "integrabot-create-lead",
        account: (Provider::Integrabot, "demo"),
        created: 201,
        unique: &["phone", "email"],
        body: |n| json!({ "name": "Ana", "type": "web", "email": format!("a{n}@x.com") }),
        person: |name, email, phone| json!({ "name": name, "type": "web", "email": email, "phone_number": phone }),
        lead: |answer| answer,
        statuses: &[200, 201, 401, 413, 422, 500, 503],
        phone: "phone_number",
        echoed: &["name", "type", "phone_number", "email", "agent_id", "custom_fields"],
        as_sent: &[r#""custom_fields":{"z":"S\u00e3o","z":"\ud83d", "\ude00" : ""}"#],
        errors: &["error", "message"],
        headers: &[("authorization", "Bearer sk_demo_integrabot")],
    },
    Sender {
        function: "rdstation-create-lead",
        account: (Provider::RdStation, "wpc_demo"),
        created: 200,
        unique: &[],
        body: |n| json!({ "email": format!("a{n}@x.com") }),
        person: |name, email, phone| json!({ "name": name, "email": email, "phone": phone }),
        lead: |answer| answer,
        statuses: &[200, 400, 401, 413, 422, 500, 503],
        phone: "phone",
        echoed: &[
            "agentId", "name", "email", "phone", "company", "site", "custom", "utm", "capture",
        ],
        as_sent: &[
            r#""custom":{"n":1.10,"n":12345678901234567890123}"#,
            r#""utm":{ "a" : 1e400, "b":"\ud83d" }"#,
            r#""company":"cut \ud83d""#,
        ],
        errors: &["message", "code"],
        headers: &[("authorization", "Bearer demo-rdstation")],
    },
    Sender {
        function: "pollybot-create-lead",
        account: (Provider::PollyBot, "ws_your_workspace_id"),
        created: 201,
        unique: &["email"],
        body: |n| json!({ "name": "Ana", "email": format!("a{n}@x.com") }),
        person: |name, email, phone| json!({ "name": name, "email": required(email), "phone": phone }),
        lead: |answer| &answer["data"],
        statuses: &[201, 400, 401, 404, 409, 413, 422, 500, 503],
        phone: "phone",
        echoed: &["name", "email", "phone", "source", "status", "metadata"],
        as_sent: &[
            r#""metadata":{"n":[1.10,1e400],"n":{"\ud83d":null}}"#,
            r#""source":"S\u00e3o""#,
        ],
        errors: &["success", "error", "code"],
        headers: &[("authorization", "Bearer sk-workspace_your_api_key")],
    },
    Sender {
        function: "keyspot-create-lead",
        account: (Provider::Keyspot, "demo"),
        created: 201,
        unique: &[],
        body: |n| json!({ "name": "A", "email": "a@x.com", "phone": n.to_string(), "message": "m" }),
        person: |name, email, phone| json!({ "name": name, "email": required(email), "phone": required(phone), "message": "m" }),
        lead: |answer| &answer["data"],
        statuses: &[201, 400, 401, 403, 413, 422, 500, 503],
        phone: "phone",
        echoed: &["name", "email", "phone", "message", "source"],
        as_sent: &[r#""trafficOrigin":"cut \ud83d""#],
        errors: &["error", "code"],
        headers: &[],
    },
    Sender {
        function: "flextell-create-lead",
        account: (Provider::Flextell, "1"),
        created: 201,
        unique: &[],
        body: |n| json!({ "last_name": "Smith", "phone_number": n.to_string() }),
        person: |name, email, phone| json!({ "last_name": name, "email": email, "phone_number": phone }),
        lead: |answer| &answer["data"],
        statuses: &[201, 400, 401, 403, 413, 422, 500, 503],
        phone: "phone_number",
        echoed: &[
            "first_name",
            "last_name",
            "phone_number",
            "email",
            "description",
            "message",
            "preferred_contact",
            "source_page_url",
            "marketing_attribution",
        ],
        as_sent: &[
            r#""marketing_attribution":["\ud83d", "S\u00e3o" ]"#,
            r#""description":"a\nb \ud83d""#,
        ],
        errors: &["error", "message"],
        headers: &[("authorization", "Bearer demo-flextell"), ("x-tenant", "1")],
    },
];

/// A contact that must be there.
fn required(contact: Option<String>) -> String {
    contact.unwrap_or_else(|| "a@b.example".to_owned())
}

impl Sender {
    /// The sender to a provider's demo account.
    ///
    /// # Panics
    /// If [`SENDERS`] has none.
    pub fn of(provider: Provider) -> &'static Self {
        let sender = SENDERS.iter().find(|sender| sender.account.0 == provider);
        sender.unwrap_or_else(|| panic!("no sender to {}", provider.as_str()))
    }

    /// The `n`th body with this value in a field.
    pub fn body_with(&self, n: usize, field: &str, value: impl Into<Value>) -> String {
        let mut body = (self.body)(n);
        body[field] = value.into();
        body.to_string()
    }

    /// The `n`th body and these members, as they are written.
    pub fn body_and(&self, n: usize, members: &str) -> String {
        let body = (self.body)(n).to_string();
        format!("{},{members}}}", body.trim_end_matches('}'))
    }

    /// The leads of its account, the oldest first.
    pub async fn leads(&self, api: &TestApi) -> Vec<StoredLead> {
        let (account, all) = (self.account(), LeadSpan::ALL);
        let page = api.table().leads(&account, all, Order::OldestFirst, None).await;
        page.unwrap().leads
    }

    /// The `n`th delivery.
    pub async fn delivery(&self, api: &TestApi, n: usize) -> Delivery {
        self.deliver(api, (self.body)(n).to_string()).await
    }

    /// A delivery of this body.
    pub async fn deliver(&self, api: &TestApi, body: impl Into<Vec<u8>>) -> Delivery {
        let mut delivery = Delivery::new(self.function, body);
        for (name, value) in self.headers {
            delivery = delivery.header(name, value);
        }
        if self.headers.is_empty() {
            delivery = delivery.bearer(&api.keyspot_token().await);
        }
        delivery
    }

    /// The answer to a delivery of this body.
    pub async fn send(&self, api: &TestApi, body: impl Into<Vec<u8>>) -> Answer {
        api.send(self.deliver(api, body).await).await
    }

    /// The answer to the `n`th delivery.
    pub async fn send_nth(&self, api: &TestApi, n: usize) -> Answer {
        api.send(self.delivery(api, n).await).await
    }

    /// Sends the `n`th delivery, which must become a lead. Returns the lead's id.
    ///
    /// # Panics
    /// If it does not become a lead.
    pub async fn create(&self, api: &TestApi, n: usize) -> LeadId {
        let answer = self.send_nth(api, n).await;
        assert_eq!(answer.status, self.created, "{}: {}", self.function, answer.text);
        self.lead_id(&answer).unwrap()
    }

    /// Creates leads with a second between them. Returns their ids, the oldest first.
    pub async fn create_leads(&self, api: &TestApi, count: usize) -> Vec<LeadId> {
        let mut ids = Vec::new();
        for n in 0..count {
            api.advance(SignedDuration::from_secs(1));
            ids.push(self.create(api, n).await);
        }
        ids
    }

    /// Whether the provider accepts a person only once.
    pub fn is_unique(&self) -> bool {
        !self.unique.is_empty()
    }

    /// The account it delivers to.
    pub fn account(&self) -> Account {
        let (provider, id) = self.account;
        Account { provider, id: AccountId::from_static(id) }
    }

    /// The lead in an answer.
    pub fn lead_of<'a>(&self, answer: &'a Answer) -> &'a Value {
        (self.lead)(&answer.body)
    }

    /// The id of the lead in an answer.
    pub fn lead_id(&self, answer: &Answer) -> Option<LeadId> {
        let existing = &answer.body["details"]["existingLeadId"];
        let id = [&self.lead_of(answer)["id"], existing].into_iter().find(|id| !id.is_null())?;
        let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
        read_id(&id).map(|(_, id)| id)
    }

    /// The status and body of one of the provider's errors that do not depend on its fields.
    ///
    /// # Panics
    /// If it has none of this name.
    pub fn error(&self, name: &str) -> (u16, &'static Value) {
        static ERRORS: LazyLock<HashMap<&str, Value>> = LazyLock::new(|| {
            SENDERS.iter().map(|sender| (sender.function, read_errors(sender.function))).collect()
        });
        let error = &ERRORS[self.function][name];
        let status = error[0].as_u64().unwrap_or_else(|| panic!("no error {name}"));
        (status.try_into().unwrap(), &error[1])
    }

    /// Checks that an answer is one of the provider's errors that do not depend on its fields, with
    /// the headers that its status needs.
    ///
    /// # Panics
    /// If it is not.
    pub fn check_error(&self, name: &str, answer: &Answer, case: &str) {
        let (expected, function) = (self.error(name), self.function);
        assert_eq!((answer.status, &answer.body), expected, "{function}: {case}");
        for (header, value, status) in
            [("www-authenticate", "Bearer", 401), ("retry-after", "1", 503)]
        {
            let found = answer.headers.get(header).and_then(Value::as_str);
            assert_eq!(found, (expected.0 == status).then_some(value), "{function}: {case}");
        }
    }
}
