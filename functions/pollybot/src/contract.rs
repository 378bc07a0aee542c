//! PollyBot's contract: the fields of a lead, their rules, and how they become a `Lead`.

use serde::{Deserialize, Serialize};
use shared::{
    delivery::{Delivery, LeadChange, LeadFields, Rejection, check_size},
    model::{Contact, Email, Lead, RawJson},
    request::{Change, Fields, rules},
};

/// The statuses of a lead. The first is the default.
pub const STATUSES: [&str; 6] = ["new", "contacted", "qualified", "converted", "lost", "follow_up"];

/// The request body.
pub(crate) struct CreateLead {
    pub(crate) name: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) source: Option<String>,
    pub(crate) status: Option<String>,
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

    fn read(body: &mut Fields<'_>) -> Self {
        Self {
            name: body.required_string("name", &[]),
            email: body.required_string("email", &[rules::email]),
            phone: body.string("phone", &[]),
            source: body.string("source", &[]),
            status: body.choice("status", &STATUSES),
            metadata: body.object("metadata"),
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

/// The request body of an update: the fields that change.
pub(crate) struct UpdateLead {
    name: Change<String>,
    email: Change<String>,
    phone: Change<String>,
    source: Change<String>,
    status: Change<String>,
    metadata: Change<RawJson>,
    extra: Option<RawJson>,
}

/// The members of a lead that no update changes. A client may send a whole lead.
const UNCHANGEABLE: [&str; 4] = ["id", "createdAt", "updatedAt", "workspaceId"];

impl LeadFields for UpdateLead {
    const PHONE: &'static str = "phone";

    fn read(body: &mut Fields<'_>) -> Self {
        body.ignore(&UNCHANGEABLE);
        Self {
            name: body.change("name", |body, name| body.required_string(name, &[])),
            email: body.change("email", |body, name| body.required_string(name, &[rules::email])),
            phone: body.change("phone", |body, name| body.string(name, &[])),
            source: body.change("source", |body, name| body.string(name, &[])),
            status: body.change("status", |body, name| body.choice(name, &STATUSES)),
            metadata: body.change("metadata", Fields::object),
            extra: body.unread(),
        }
    }

    fn email(&self) -> Option<&str> {
        self.email.set()
    }

    fn phone(&self) -> Option<&str> {
        self.phone.set()
    }
}

impl LeadChange for UpdateLead {
    type Details = Details;

    /// Objects are merged.
    fn apply(&self, lead: &mut Lead<Details>) -> Result<(), Rejection> {
        let Self { name, email, phone, source, status, metadata, extra } = self;
        name.apply(&mut lead.name);
        email.apply(&mut lead.email);
        phone.apply(&mut lead.phone);
        source.apply(&mut lead.source);
        match status {
            Change::Nothing => {}
            Change::Clear => lead.status = Some(STATUSES[0].to_owned()),
            Change::Set(status) => lead.status = Some(status.clone()),
        }
        metadata.merge(&mut lead.details.metadata);
        lead.merge_extra(extra.as_ref());
        check_size(lead.bytes() + lead.details.metadata.as_sent().len())
    }

    fn unique_contacts(lead: &Lead<Details>) -> Vec<Contact> {
        lead.email.as_deref().and_then(Email::read).map(Contact::from).into_iter().collect()
    }
}

impl CreateLead {
    pub(crate) fn into_lead(self, delivery: &Delivery<'_>) -> Lead<Details> {
        let metadata = self.metadata.unwrap_or_else(RawJson::empty_object);
        Lead {
            name: self.name,
            email: self.email,
            phone: self.phone,
            source: self.source,
            status: self.status.or_else(|| Some(STATUSES[0].to_owned())),
            extra: self.extra,
            ..delivery.new_lead(Details {
                workspace_id: delivery.account.id.to_string(),
                chatbot_id: delivery.target.map(str::to_owned),
                metadata,
            })
        }
    }
}
