use crate::{Keyspot, Refusal, answer::answer_lead, check_network};
use jiff::Timestamp;
use lambda_http::{Body, Request, Response};
use serde::{Deserialize, Serialize};
use shared::{
    Account, Claims, Context, EntryKey, Fields, Lead, LeadId, NewLead, Outcome, Provider,
    Rejection, Unauthorized, Violation, bearer_token, read_body, rules, telemetry,
};
use std::time::Instant;

/// The kind of a property in the directory of an account, found by its code.
pub const PROPERTY: &str = "property";

/// Where a lead may come from.
const SOURCES: [&str; 20] = [
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
/// The status of a lead that nobody has worked on yet.
const NEW_LEAD: &str = "NEW_LEAD";

/// Answers a request to `POST /v1/leads`.
pub async fn create_lead(keyspot: &Keyspot, request: &Request) -> Response<Body> {
    let started = Instant::now();
    let result = keyspot.context.in_time(accept(keyspot, request)).await;
    let outcome = result.as_ref().map_or_else(Refusal::as_str, Outcome::as_str);
    telemetry::log_delivery(Provider::Keyspot, request, outcome, started);
    answer_lead(result)
}

async fn accept(keyspot: &Keyspot, request: &Request) -> Result<Outcome<Details>, Refusal> {
    let Keyspot { context, signing_keys } = keyspot;
    let Context { table, api_keys, sources, replay_window, .. } = context;
    let now = sources.now();
    let token = bearer_token(request.headers())?;
    let issued_to = signing_keys.verify(token, now).ok_or(Unauthorized::Invalid)?;
    let api_key = api_keys.authenticate(Provider::Keyspot, issued_to, now).await?;
    check_network(&api_key, request)?;
    let account = api_key.account;
    let lead = CreateLead::read(read_body(request)?)?;
    let claims = Claims::of_delivery(request, now)?
        .replay(*replay_window, [&Some(lead.email.clone()), &Some(lead.phone.clone())]);
    let property = find_property(context, &account, lead.property_code.as_ref(), now).await?;
    let lead = lead.into_lead(sources.draw_lead_id(now), now, property);
    Ok(table.create_lead(NewLead { account, claims, lead }, sources).await?)
}

/// A property of an account, as it stands in the directory.
#[derive(Serialize, Deserialize)]
pub struct Property {
    /// The id a linked lead shows.
    pub property_id: String,
    /// The title a lead gets that has none of its own.
    pub title: String,
}

/// The property with this code; a code that is unknown is no fault.
async fn find_property(
    context: &Context,
    account: &Account,
    code: Option<&String>,
    now: Timestamp,
) -> Result<Option<Property>, Rejection> {
    let Some(code) = code else { return Ok(None) };
    let key = EntryKey::new(PROPERTY, code);
    let entries = context.directory.find(account, vec![key.clone()], now).await?;
    Ok(entries.get(&key)?)
}

/// The request body. Unknown members are ignored.
struct CreateLead {
    name: String,
    email: String,
    phone: String,
    message: String,
    source: Option<&'static str>,
    property_code: Option<String>,
    interested_property_title: Option<String>,
    traffic_origin: Option<String>,
}

/// What Keyspot knows of a lead and others do not.
#[derive(Serialize, Deserialize)]
pub(crate) struct Details {
    pub(crate) message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    property_code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) property_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) interested_property_title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    traffic_origin: Option<String>,
}

impl CreateLead {
    fn read(mut body: Fields<'_>) -> Result<Self, Vec<Violation>> {
        let lead = Self {
            name: body.required_string("name", &[]),
            email: body.required_string("email", &[rules::email]),
            phone: body.required_string("phone", &[]),
            message: body.required_string("message", &[]),
            source: body.choice("source", &SOURCES),
            property_code: body.string("propertyCode", &[]),
            interested_property_title: body.string("interestedPropertyTitle", &[]),
            traffic_origin: body.string("trafficOrigin", &[]),
        };
        body.finish(lead)
    }

    fn into_lead(
        self,
        id: LeadId,
        created_at: Timestamp,
        property: Option<Property>,
    ) -> Lead<Details> {
        let (property_id, title) = property.map(|found| (found.property_id, found.title)).unzip();
        Lead {
            id,
            created_at,
            name: Some(self.name),
            email: Some(self.email),
            phone: Some(self.phone),
            source: Some(self.source.unwrap_or(DEFAULT_SOURCE).to_owned()),
            status: Some(NEW_LEAD.to_owned()),
            details: Details {
                message: self.message,
                property_code: self.property_code,
                property_id,
                interested_property_title: self.interested_property_title.or(title),
                traffic_origin: self.traffic_origin,
            },
        }
    }
}
