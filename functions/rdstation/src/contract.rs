//! RD Station's contract: the fields of a lead, their rules, and how they become a `Lead`.

use serde::{Deserialize, Serialize};
use shared::{
    delivery::{Delivery, LeadFields},
    model::{Lead, RawJson},
    request::{Fields, JsonType},
};

/// How much of a lead the assistant has captured. The first is the default.
pub const CAPTURES: [&str; 2] = ["completed", "partial"];

/// The request body. Every member is optional.
pub(crate) struct CreateLead {
    pub(crate) agent_id: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) company: Option<String>,
    pub(crate) site: Option<String>,
    pub(crate) custom: Option<RawJson>,
    pub(crate) utm: Option<RawJson>,
    pub(crate) capture: Option<String>,
    pub(crate) extra: Option<RawJson>,
}

/// The details that are stored as JSON text, as it was sent.
pub(crate) const JSON_DETAILS: [&str; 2] = ["custom", "utm"];

/// The fields of a lead that only RD Station has.
#[derive(Serialize, Deserialize)]
pub struct Details {
    pub(crate) workspace_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) agent_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) company: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) site: Option<String>,
    pub(crate) custom: RawJson,
    pub(crate) utm: RawJson,
}

impl LeadFields for CreateLead {
    const PHONE: &'static str = "phone";

    fn read(body: &mut Fields<'_>) -> Self {
        Self {
            agent_id: body.string("agentId", &[]),
            name: body.string("name", &[]),
            email: body.string("email", &[]),
            phone: body.string("phone", &[]),
            company: body.string("company", &[]),
            site: body.string("site", &[]),
            custom: body.not_null("custom", JsonType::Object).object("custom"),
            utm: body.not_null("utm", JsonType::Object).object("utm"),
            capture: body.not_null("capture", JsonType::String).choice("capture", &CAPTURES),
            extra: body.unread(),
        }
    }

    fn email(&self) -> Option<&str> {
        self.email.as_deref()
    }

    fn phone(&self) -> Option<&str> {
        self.phone.as_deref()
    }
}

impl CreateLead {
    pub(crate) fn into_lead(self, delivery: &Delivery<'_>) -> Lead<Details> {
        Lead {
            name: self.name,
            email: self.email,
            phone: self.phone,
            status: self.capture.or_else(|| Some(CAPTURES[0].to_owned())),
            extra: self.extra,
            ..delivery.new_lead(Details {
                workspace_id: delivery.account.id.to_string(),
                agent_id: self.agent_id,
                company: self.company,
                site: self.site,
                custom: self.custom.unwrap_or_else(RawJson::empty_object),
                utm: self.utm.unwrap_or_else(RawJson::empty_object),
            })
        }
    }
}
