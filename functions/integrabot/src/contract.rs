//! Integrabot's contract: the fields of a lead, their rules, and how they become a `Lead`.

use serde::{Deserialize, Serialize};
use shared::{
    delivery::{Delivery, LeadChange, LeadFields, Rejection, check_size},
    model::{Contact, Email, Lead, Phone, RawJson},
    request::{Change, Fields, rules},
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

/// The fields of a lead that the operator changes with a held repeat. The provider's documents have
/// no update.
pub(crate) struct UpdateLead {
    name: Change<String>,
    channel: Change<String>,
    phone_number: Change<String>,
    email: Change<String>,
    agent_id: Change<String>,
    custom_fields: Change<RawJson>,
    extra: Option<RawJson>,
}

impl LeadFields for UpdateLead {
    const PHONE: &'static str = CreateLead::PHONE;

    fn read(body: &mut Fields<'_>) -> Self {
        Self {
            name: body.change("name", |body, name| body.required_string(name, &[])),
            channel: body.change("type", |body, name| body.required_choice(name, &TYPES)),
            phone_number: body
                .change(Self::PHONE, |body, name| body.formatted_string(name, &[rules::digits])),
            email: body.change("email", |body, name| body.formatted_string(name, &[rules::email])),
            agent_id: body
                .change("agent_id", |body, name| body.formatted_string(name, &[rules::uuid])),
            custom_fields: body.change("custom_fields", Fields::string_members),
            extra: body.unread(),
        }
    }

    fn email(&self) -> Option<&str> {
        self.email.set()
    }

    fn phone(&self) -> Option<&str> {
        self.phone_number.set()
    }
}

impl LeadChange for UpdateLead {
    type Details = Details;

    fn apply(&self, lead: &mut Lead<Details>) -> Result<(), Rejection> {
        let Self { name, channel, phone_number, email, agent_id, custom_fields, extra } = self;
        name.apply(&mut lead.name);
        channel.apply(&mut lead.source);
        phone_number.apply(&mut lead.phone);
        email.apply(&mut lead.email);
        agent_id.apply(&mut lead.details.agent_id);
        custom_fields.merge(&mut lead.details.custom_fields);
        lead.merge_extra(extra.as_ref());
        check_size(lead.bytes() + lead.details.custom_fields.as_sent().len())
    }

    fn unique_contacts(lead: &Lead<Details>) -> Vec<Contact> {
        let phone = lead.phone.as_deref().and_then(Phone::read).map(Contact::from);
        let email = lead.email.as_deref().and_then(Email::read).map(Contact::from);
        phone.into_iter().chain(email).collect()
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
