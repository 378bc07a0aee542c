//! Keyspot's contract: the fields of a lead, their rules, and how they become a `Lead`.

use serde::{Deserialize, Serialize};
use shared::{
    delivery::{Delivery, LeadFields},
    model::{Lead, RawJson},
    request::{Fields, rules},
};

/// The kind of a property in the directory. Its id is the property's code.
pub(crate) const PROPERTY: &str = "property";

/// The sources a lead may come from.
pub const SOURCES: [&str; 20] = [
    "WEBSITE",
    "WHATSAPP",
    "PHONE",
    "EMAIL",
    "SOCIAL_MEDIA",
    "INSTAGRAM",
    "FACEBOOK",
    "PORTAL",
    "PORTAL_VIVAREAL",
    "PORTAL_ZAPIMOVEIS",
    "PORTAL_OLX",
    "PORTAL_IMOVELWEB",
    "PORTAL_CHAVESNAMAO",
    "META_ADS",
    "GOOGLE_ADS",
    "RD_STATION",
    "REFERRAL",
    "REAL_ESTATE",
    "OTHER",
    "API",
];
const DEFAULT_SOURCE: &str = "API";
/// The status of a new lead.
pub(crate) const NEW_LEAD: &str = "NEW_LEAD";

/// A property in the directory of an account.
#[derive(Serialize, Deserialize)]
pub(crate) struct Property {
    /// The id that the answer for a lead shows.
    pub(crate) property_id: String,
    /// The title for leads that are sent without one.
    pub(crate) title: String,
}

/// The request body.
pub(crate) struct CreateLead {
    pub(crate) name: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) source: Option<String>,
    pub(crate) property_code: Option<String>,
    pub(crate) interested_property_title: Option<String>,
    pub(crate) traffic_origin: Option<String>,
    pub(crate) extra: Option<RawJson>,
}

/// The fields of a lead that only Keyspot has.
#[derive(Serialize, Deserialize)]
pub struct Details {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    property_code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) property_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) interested_property_title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    traffic_origin: Option<String>,
}

impl LeadFields for CreateLead {
    const PHONE: &'static str = "phone";

    fn read(body: &mut Fields<'_>) -> Self {
        Self {
            // The documents say "Min length: 1", so white space is allowed.
            name: body.non_empty_string("name", &[]),
            email: body.non_empty_string("email", &[rules::email]),
            phone: body.non_empty_string("phone", &[]),
            message: body.non_empty_string("message", &[]),
            source: body.choice("source", &SOURCES),
            property_code: body.string("propertyCode", &[]),
            interested_property_title: body.string("interestedPropertyTitle", &[]),
            traffic_origin: body.string("trafficOrigin", &[]),
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
    pub(crate) fn into_lead(
        self,
        delivery: &Delivery<'_>,
        property: Option<Property>,
    ) -> Lead<Details> {
        let (property_id, title) = property.map(|found| (found.property_id, found.title)).unzip();
        let is_empty = |text: &str| text.trim().is_empty();
        let sent = self.interested_property_title;
        Lead {
            name: self.name,
            email: self.email,
            phone: self.phone,
            source: self.source.or_else(|| Some(DEFAULT_SOURCE.to_owned())),
            status: Some(NEW_LEAD.to_owned()),
            extra: self.extra,
            ..delivery.new_lead(Details {
                message: self.message,
                property_code: self.property_code,
                property_id,
                interested_property_title: match &sent {
                    Some(text) if !is_empty(text) => sent,
                    _ => title.or(sent),
                },
                traffic_origin: self.traffic_origin,
            })
        }
    }
}
