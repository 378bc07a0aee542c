use crate::{
    answer::answer,
    directory::{Ids, ReferenceSource, Resolved, Status, User, resolve},
};
use jiff::Timestamp;
use lambda_http::{Body, Request, Response, http::HeaderMap};
use serde::{Deserialize, Serialize};
use shared::{
    Account, Claims, Context, Fields, Lead, LeadId, NewLead, Outcome, Provider, RawJson, Rejection,
    TokenHash, Violation, bearer_token, read_body, rules, telemetry,
};
use std::time::Instant;

/// Why Flextell refuses a delivery.
pub(crate) enum Refusal {
    /// For a reason any provider may have.
    Rejected(Rejection),
    /// `X-Tenant` is missing, or no number.
    BadTenant,
    /// The token may not act for the tenant.
    ForeignTenant,
}

/// Answers a request to `POST /api/v1/leads`.
pub async fn create_lead(context: &Context, request: &Request) -> Response<Body> {
    let started = Instant::now();
    let result = context.in_time(accept(context, request)).await;
    let outcome = result.as_ref().map_or_else(Refusal::as_str, Outcome::as_str);
    telemetry::log_delivery(Provider::Flextell, request, outcome, started);
    answer(result)
}

async fn accept(context: &Context, request: &Request) -> Result<Outcome<Details>, Refusal> {
    let Context { table, api_keys, directory, sources, replay_window, .. } = context;
    let now = sources.now();
    let token = TokenHash::of(bearer_token(request.headers())?);
    let tenants = api_keys.authenticate(Provider::Flextell, token, now).await?.tenants;
    let account = read_tenant(request.headers(), &tenants)?;
    let lead = CreateLead::read(read_body(request)?)?;
    let claims = Claims::of_delivery(request, now)?
        .replay(*replay_window, [&lead.email, &lead.phone_number]);
    let resolved = resolve(directory, &account, lead.ids, now).await?;
    let lead = lead.into_lead(sources.draw_lead_id(now), now, resolved);
    Ok(table.create_lead(NewLead { account, claims, lead }, sources).await?)
}

/// The account of the tenant that `X-Tenant` names, where it is one of `tenants`.
fn read_tenant(headers: &HeaderMap, tenants: &[u64]) -> Result<Account, Refusal> {
    let header = headers.get("x-tenant").and_then(|value| value.to_str().ok());
    let tenant = header.and_then(|text| text.trim().parse::<u64>().ok());
    let tenant = tenant.ok_or(Refusal::BadTenant)?;
    if !tenants.contains(&tenant) {
        return Err(Refusal::ForeignTenant);
    }
    Ok(Account { provider: Provider::Flextell, id: tenant.to_string() })
}

/// The request body. Unknown members are ignored.
struct CreateLead {
    last_name: String,
    first_name: Option<String>,
    phone_number: Option<String>,
    email: Option<String>,
    description: Option<String>,
    message: Option<String>,
    preferred_contact: Option<String>,
    source_page_url: Option<String>,
    ids: Ids,
    marketing_attribution: Option<RawJson>,
}

/// What Flextell knows of a lead and others do not.
#[derive(Serialize, Deserialize)]
pub(crate) struct Details {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) first_name: Option<String>,
    pub(crate) last_name: String,
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

impl CreateLead {
    fn read(mut body: Fields<'_>) -> Result<Self, Vec<Violation>> {
        let lead = Self {
            last_name: body.required_string("last_name", &[rules::max_length::<255>]),
            first_name: body.string("first_name", &[rules::max_length::<255>]),
            phone_number: body.string("phone_number", &[rules::max_length::<50>]),
            email: body.string("email", &[rules::email, rules::max_length::<255>]),
            description: body.string("description", &[]),
            message: body.string("message", &[]),
            preferred_contact: body.string("preferred_contact", &[rules::max_length::<50>]),
            source_page_url: body
                .string("source_page_url", &[rules::url, rules::max_length::<2048>]),
            ids: Ids {
                status: body.integer("lead_status_id"),
                reference_source: body.integer("lead_reference_source_id"),
                user: body.integer("assigned_user_id"),
                country: body.integer("country_id"),
            },
            marketing_attribution: body.string_items("marketing_attribution"),
        };
        body.finish(lead)
    }

    fn into_lead(self, id: LeadId, created_at: Timestamp, resolved: Resolved) -> Lead<Details> {
        let names = [self.first_name.as_deref().unwrap_or_default(), &self.last_name];
        let full_name = names.join(" ").trim().to_owned();
        let Resolved { status, reference_source, assigned_user, country } = resolved;
        Lead {
            id,
            created_at,
            name: Some(full_name),
            email: self.email,
            phone: self.phone_number,
            source: reference_source.as_ref().map(|source| source.name.clone()),
            status: status.as_ref().map(|status| status.name.clone()),
            details: Details {
                first_name: self.first_name,
                last_name: self.last_name,
                description: self.description,
                message: self.message,
                preferred_contact: self.preferred_contact,
                source_page_url: self.source_page_url,
                country_id: self.ids.country,
                country_name: country.map(|country| country.name),
                marketing_attribution: self
                    .marketing_attribution
                    .unwrap_or_else(RawJson::empty_array),
                status,
                reference_source,
                assigned_user,
            },
        }
    }
}

impl Refusal {
    /// The reason's name in logs.
    fn as_str(&self) -> &'static str {
        match self {
            Self::Rejected(rejection) => rejection.as_str(),
            Self::BadTenant => "bad_tenant",
            Self::ForeignTenant => "foreign_tenant",
        }
    }
}

impl<R: Into<Rejection>> From<R> for Refusal {
    fn from(rejection: R) -> Self {
        Self::Rejected(rejection.into())
    }
}
