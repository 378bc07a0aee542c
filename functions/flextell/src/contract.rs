//! Flextell's contract: the fields of a lead, their rules, and how they become a `Lead`.

use crate::directory::{Ids, ReferenceSource, Resolved, Status, User};
use serde::{Deserialize, Serialize};
use shared::{
    delivery::{Delivery, LeadFields},
    model::{Lead, RawJson},
    request::{Fields, rules},
};

/// The request body.
pub(crate) struct CreateLead {
    pub(crate) last_name: Option<String>,
    pub(crate) first_name: Option<String>,
    pub(crate) phone_number: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) preferred_contact: Option<String>,
    pub(crate) source_page_url: Option<String>,
    pub(crate) ids: Ids,
    pub(crate) marketing_attribution: Option<RawJson>,
    pub(crate) extra: Option<RawJson>,
}

/// The details that are stored as JSON text, as it was sent.
pub(crate) const JSON_DETAILS: [&str; 1] = ["marketing_attribution"];

/// The fields of a lead that only Flextell has.
#[derive(Serialize, Deserialize)]
pub struct Details {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) first_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) last_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) preferred_contact: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) source_page_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) country_id: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) country_name: Option<String>,
    pub(crate) marketing_attribution: RawJson,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<Status>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reference_source: Option<ReferenceSource>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) assigned_user: Option<User>,
}

impl LeadFields for CreateLead {
    const PHONE: &'static str = "phone_number";

    fn read(body: &mut Fields<'_>) -> Self {
        Self {
            last_name: body.required_string("last_name", &[rules::max_length::<255>]),
            first_name: body.string("first_name", &[rules::max_length::<255>]),
            phone_number: body.string("phone_number", &[rules::max_length::<50>]),
            email: body.formatted_string("email", &[rules::email, rules::max_length::<255>]),
            description: body.string("description", &[]),
            message: body.string("message", &[]),
            preferred_contact: body.string("preferred_contact", &[rules::max_length::<50>]),
            source_page_url: body
                .formatted_string("source_page_url", &[rules::url, rules::max_length::<2048>]),
            ids: Ids {
                status: body.integer("lead_status_id"),
                reference_source: body.integer("lead_reference_source_id"),
                user: body.integer("assigned_user_id"),
                country: body.integer("country_id"),
            },
            marketing_attribution: body.string_items("marketing_attribution"),
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
    pub(crate) fn into_lead(self, delivery: &Delivery<'_>, resolved: Resolved) -> Lead<Details> {
        let names = [self.first_name.as_deref(), self.last_name.as_deref()];
        let full_name = names.map(Option::unwrap_or_default).join(" ").trim().to_owned();
        let Resolved { status, reference_source, assigned_user, country } = resolved;
        Lead {
            name: Some(full_name).filter(|name| !name.is_empty()),
            email: self.email,
            phone: self.phone_number,
            source: reference_source.as_ref().and_then(|source| source.name.clone()),
            status: status.as_ref().and_then(|status| status.name.clone()),
            extra: self.extra,
            ..delivery.new_lead(Details {
                first_name: self.first_name,
                last_name: self.last_name,
                description: self.description,
                message: self.message,
                preferred_contact: self.preferred_contact,
                source_page_url: self.source_page_url,
                country_id: self.ids.country,
                country_name: country.and_then(|country| country.name),
                marketing_attribution: self
                    .marketing_attribution
                    .unwrap_or_else(RawJson::empty_array),
                status,
                reference_source,
                assigned_user,
            })
        }
    }
}
