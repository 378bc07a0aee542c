//! Integrabot's contract: the fields of a lead, their rules, and how they become a `Lead`.

use serde::{Deserialize, Serialize};
use shared::{
    delivery::{Delivery, LeadFields},
    model::{Lead, RawJson},
    request::{Fields, rules},
};

/// The channels a lead may come from. Older documents of the provider also name `whatsapp` and
/// `instagram`; the present ones do not.
pub const TYPES: [&str; 4] = ["web", "telegram", "email", "manual"];

/// The statuses of a lead. The first is that of a new one.
pub const STATUSES: [&str; 5] = ["new", "contacted", "qualified", "lost", "converted"];

/// The request body, schema `LeadInput`.
pub(crate) struct CreateLead {
    pub(crate) name: Option<String>,
    pub(crate) channel: Option<String>,
    pub(crate) phone_number: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) agent_id: Option<String>,
    pub(crate) custom_fields: Option<RawJson>,
    pub(crate) extra: Option<RawJson>,
}

/// The details that are stored as JSON text, as it was sent.
pub(crate) const JSON_DETAILS: [&str; 1] = ["custom_fields"];

/// The fields of a lead that only Integrabot has.
#[derive(Serialize, Deserialize)]
pub struct Details {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) agent_id: Option<String>,
    pub(crate) custom_fields: RawJson,
}

impl LeadFields for CreateLead {
    const PHONE: &'static str = "phone_number";

    fn read(body: &mut Fields<'_>) -> Self {
        Self {
            name: body.required_string("name", &[]),
            channel: body.required_choice("type", &TYPES),
            phone_number: body.formatted_string("phone_number", &[rules::digits]),
            email: body.formatted_string("email", &[rules::email]),
            agent_id: body.formatted_string("agent_id", &[rules::uuid]),
            custom_fields: body.string_members("custom_fields"),
            extra: body.unread(),
        }
    }

    fn email(&self) -> Option<&str> {
        self.email.as_deref()
    }

    fn phone(&self) -> Option<&str> {
        self.phone_number.as_deref()
    }
}

impl CreateLead {
    pub(crate) fn into_lead(self, delivery: &Delivery<'_>) -> Lead<Details> {
        Lead {
            name: self.name,
            email: self.email,
            phone: self.phone_number,
            source: self.channel,
            status: Some(STATUSES[0].to_owned()),
            extra: self.extra,
            ..delivery.new_lead(Details {
                agent_id: self.agent_id,
                custom_fields: self.custom_fields.unwrap_or_else(RawJson::empty_object),
            })
        }
    }
}
