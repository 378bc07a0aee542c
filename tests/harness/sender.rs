use crate::{Answer, Delivery, World};
use serde_json::{Value, json};
use shared::model::{Account, AccountId, Provider};

/// How to send deliveries to a provider, and which answers it gives.
pub struct Sender {
    /// The function that receives its deliveries.
    pub function: &'static str,
    /// Its demo account.
    pub account: (Provider, &'static str),
    /// The status of a new lead.
    pub created: u16,
    /// Whether the provider recognizes a known person.
    pub unique: bool,
    /// A body that names a person. It differs for each `n`.
    pub body: fn(n: usize) -> Value,
    /// The part of the answer with the lead.
    pub lead: fn(&Value) -> &Value,
    /// The statuses it documents.
    pub statuses: &'static [u16],
    /// The name of the field with the person's phone. The e-mail is always in `email`.
    pub phone: &'static str,
    /// The fields that the answer repeats as they were sent.
    pub echoed: &'static [&'static str],
    /// Its credentials; empty: a Keyspot token.
    pub headers: &'static [(&'static str, &'static str)],
}

/// A sender for each provider, to its demo account.
pub static SENDERS: [Sender; 5] = [
    Sender {
        function: "integrabot-create-lead",
        account: (Provider::Integrabot, "demo"),
        created: 201,
        unique: true,
        body: |n| json!({ "name": "Ana", "type": "web", "email": format!("a{n}@x.com") }),
        lead: |answer| answer,
        statuses: &[200, 201, 401, 413, 422, 500, 503],
        phone: "phone_number",
        echoed: &["name", "type", "phone_number", "email", "agent_id", "custom_fields"],
        headers: &[("authorization", "Bearer sk_demo_integrabot")],
    },
    Sender {
        function: "rdstation-create-lead",
        account: (Provider::RdStation, "wpc_demo"),
        created: 200,
        unique: false,
        body: |n| json!({ "email": format!("a{n}@x.com") }),
        lead: |answer| answer,
        statuses: &[200, 400, 401, 413, 422, 500, 503],
        phone: "phone",
        echoed: &[
            "agentId", "name", "email", "phone", "company", "site", "custom", "utm", "capture",
        ],
        headers: &[("authorization", "Bearer demo-rdstation")],
    },
    Sender {
        function: "pollybot-create-lead",
        account: (Provider::PollyBot, "ws_your_workspace_id"),
        created: 201,
        unique: true,
        body: |n| json!({ "name": "Ana", "email": format!("a{n}@x.com") }),
        lead: |answer| &answer["data"],
        statuses: &[201, 400, 401, 404, 409, 413, 422, 500, 503],
        phone: "phone",
        echoed: &["name", "email", "phone", "source", "status", "metadata"],
        headers: &[("authorization", "Bearer sk-workspace_your_api_key")],
    },
    Sender {
        function: "keyspot-create-lead",
        account: (Provider::Keyspot, "demo"),
        created: 201,
        unique: false,
        body: |n| json!({ "name": "A", "email": "a@x.com", "phone": n.to_string(), "message": "m" }),
        lead: |answer| &answer["data"],
        statuses: &[201, 400, 401, 403, 413, 422, 500, 503],
        phone: "phone",
        echoed: &["name", "email", "phone", "message", "source"],
        headers: &[],
    },
    Sender {
        function: "flextell-create-lead",
        account: (Provider::Flextell, "1"),
        created: 201,
        unique: false,
        body: |n| json!({ "last_name": "Smith", "phone_number": n.to_string() }),
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
        headers: &[("authorization", "Bearer demo-flextell"), ("x-tenant", "1")],
    },
];

impl Sender {
    /// The sender to a provider's demo account.
    ///
    /// # Panics
    /// If [`SENDERS`] has none.
    pub fn of(provider: Provider) -> &'static Self {
        let sender = SENDERS.iter().find(|sender| sender.account.0 == provider);
        sender.unwrap_or_else(|| panic!("no sender to {}", provider.as_str()))
    }

    /// The `n`th delivery.
    pub async fn delivery(&self, world: &World, n: usize) -> Delivery {
        self.deliver(world, (self.body)(n).to_string()).await
    }

    /// A delivery of this body.
    pub async fn deliver(&self, world: &World, body: impl Into<Vec<u8>>) -> Delivery {
        let mut delivery = Delivery::new(self.function, body);
        for (name, value) in self.headers {
            delivery = delivery.header(name, value);
        }
        if self.headers.is_empty() {
            delivery = delivery.bearer(&world.keyspot_token().await);
        }
        delivery
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
}
