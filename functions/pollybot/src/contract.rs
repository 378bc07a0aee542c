//! PollyBot's contract: the fields of a lead, their rules, and how they become a `Lead`.

use serde::{Deserialize, Serialize};
use shared::{
    delivery::{Delivery, LeadFields, Rejection},
    model::{Lead, RawJson},
    request::{Change, Fields, MAX_BODY_BYTES, Violation, rules},
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

/// The request body of an update: the fields that change.
pub(crate) struct UpdateLead {
    name: Option<String>,
    email: Option<String>,
    phone: Change<String>,
    source: Change<String>,
    status: Change<&'static str>,
    metadata: Change<RawJson>,
    extra: Option<RawJson>,
}

/// The members of a lead that no update changes. A client may send a whole lead.
const UNCHANGEABLE: [&str; 4] = ["id", "createdAt", "updatedAt", "workspaceId"];

impl LeadFields for UpdateLead {
    const PHONE: &'static str = "phone";

    fn read(mut body: Fields<'_>) -> Result<Self, Vec<Violation>> {
        body.ignore(&UNCHANGEABLE);
        let lead = Self {
            name: body.has("name").then(|| body.required_string("name", &[])),
            email: body.has("email").then(|| body.required_string("email", &[rules::email])),
            phone: body.change("phone", |body, name| body.string(name, &[])),
            source: body.change("source", |body, name| body.string(name, &[])),
            status: body.change("status", |body, name| body.choice(name, &STATUSES)),
            metadata: body.change("metadata", Fields::object),
            extra: body.unread(),
        };
        body.finish(lead)
    }

    fn email(&self) -> Option<&str> {
        self.email.as_deref()
    }

    fn phone(&self) -> Option<&str> {
        match &self.phone {
            Change::Set(phone) => Some(phone),
            Change::Nothing | Change::Clear => None,
        }
    }
}

impl UpdateLead {
    /// Changes a lead. Objects are merged.
    ///
    /// # Errors
    /// If the lead becomes too large.
    pub(crate) fn change(&self, lead: &mut Lead<Details>) -> Result<(), Rejection> {
        let Self { name, email, phone, source, status, metadata, extra } = self;
        lead.name = name.clone().or(lead.name.take());
        lead.email = email.clone().or(lead.email.take());
        phone.apply(&mut lead.phone);
        source.apply(&mut lead.source);
        match status {
            Change::Nothing => {}
            Change::Clear => lead.status = Some(STATUSES[0].to_owned()),
            Change::Set(status) => lead.status = Some((*status).to_owned()),
        }
        let known = &mut lead.details.metadata;
        match metadata {
            Change::Nothing => {}
            Change::Clear => *known = RawJson::empty_object(),
            Change::Set(changes) => *known = known.merged(changes),
        }
        if let Some(changes) = extra {
            let known = lead.extra.take().unwrap_or_else(RawJson::empty_object);
            let merged = known.merged(changes);
            lead.extra = (merged.as_sent() != "{}").then_some(merged);
        }
        let texts = [&lead.name, &lead.email, &lead.phone, &lead.source].into_iter().flatten();
        let json = [Some(&lead.details.metadata), lead.extra.as_ref()].into_iter().flatten();
        let bytes = texts.map(String::len).chain(json.map(|json| json.as_sent().len()));
        if bytes.sum::<usize>() > MAX_BODY_BYTES { Err(Rejection::BodyTooLarge) } else { Ok(()) }
    }
}

impl CreateLead {
    pub(crate) fn into_lead(self, delivery: &Delivery<'_>) -> Lead<Details> {
        let metadata = self.metadata.unwrap_or_else(RawJson::empty_object);
        Lead {
            id: delivery.new_lead_id(),
            created_at: delivery.received_at,
            name: Some(self.name),
            email: Some(self.email),
            phone: self.phone,
            source: self.source,
            status: Some(self.status.unwrap_or(STATUSES[0]).to_owned()),
            extra: self.extra,
            updates: Vec::new(),
            details: Details {
                workspace_id: delivery.account.id.to_string(),
                chatbot_id: delivery.target.map(str::to_owned),
                metadata,
            },
        }
    }
}
