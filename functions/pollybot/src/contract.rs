//! PollyBot's contract: the fields of a lead, their rules, and how they become a `Lead`.

use serde::{Deserialize, Serialize};
use shared::{
    delivery::{Delivery, LeadFields},
    model::{Lead, RawJson},
    request::{Fields, Violation, rules},
};

/// The statuses of a lead. The first is the default.
pub const STATUSES: [&str; 6] = ["new", "contacted", "qualified", "converted", "lost", "follow_up"];

/// The request body.
pub(crate) struct CreateLead {
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) phone: Option<String>,
    pub(crate) source: Option<String>,
    pub(crate) status: Option<&'static str>,
    pub(crate) metadata: Option<RawJson>,
    pub(crate) extra: Option<RawJson>,
}

/// The details that are stored as JSON text, as it was sent.
pub(crate) const JSON_DETAILS: [&str; 1] = ["metadata"];

/// The fields of a lead that only PollyBot has.
#[derive(Serialize, Deserialize)]
pub struct Details {
    pub(crate) workspace_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) chatbot_id: Option<String>,
    pub(crate) metadata: RawJson,
}

impl LeadFields for CreateLead {
    const PHONE: &'static str = "phone";

    fn read(mut body: Fields<'_>) -> Result<Self, Vec<Violation>> {
        let lead = Self {
            name: body.required_string("name", &[]),
            email: body.required_string("email", &[rules::email]),
            phone: body.string("phone", &[]),
            source: body.string("source", &[]),
            status: body.choice("status", &STATUSES),
            metadata: body.object("metadata"),
            extra: body.unread(),
        };
        body.finish(lead)
    }

    fn email(&self) -> Option<&str> {
        Some(&self.email)
    }

    fn phone(&self) -> Option<&str> {
        self.phone.as_deref()
    }
}

impl CreateLead {
    pub(crate) fn into_lead(self, delivery: &Delivery<'_>) -> Lead<Details> {
        let metadata = self.metadata.unwrap_or_else(RawJson::empty_object);
        Lead {
            id: delivery.new_lead_id(),
            created_at: delivery.received_at,
            updated_at: None,
            name: Some(self.name),
            email: Some(self.email),
            phone: self.phone,
            source: self.source,
            status: Some(self.status.unwrap_or(STATUSES[0]).to_owned()),
            extra: self.extra,
            details: Details {
                workspace_id: delivery.account.id.to_string(),
                chatbot_id: delivery.target.map(str::to_owned),
                metadata,
            },
        }
    }
}
