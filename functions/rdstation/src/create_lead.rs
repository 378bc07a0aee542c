use crate::answer::answer;
use jiff::Timestamp;
use lambda_http::{Body, Request, Response};
use serde::{Deserialize, Serialize};
use shared::{
    Claims, Context, Fields, JsonType, Lead, LeadId, NewLead, Outcome, Provider, RawJson,
    Rejection, TokenHash, Violation, bearer_token, read_body, telemetry,
};
use std::time::Instant;

/// How much of a lead its assistant has captured. The first is the default.
const CAPTURES: [&str; 2] = ["completed", "partial"];

/// Answers a request to `POST /rest/leads`.
pub async fn create_lead(context: &Context, request: &Request) -> Response<Body> {
    let started = Instant::now();
    let result = context.in_time(accept(context, request)).await;
    let outcome = result.as_ref().map_or_else(Rejection::as_str, Outcome::as_str);
    telemetry::log_delivery(Provider::RdStation, request, outcome, started);
    answer(result)
}

async fn accept(context: &Context, request: &Request) -> Result<Outcome<Details>, Rejection> {
    let Context { table, api_keys, sources, replay_window, .. } = context;
    let now = sources.now();
    let token = TokenHash::of(bearer_token(request.headers())?);
    let account = api_keys.authenticate(Provider::RdStation, token, now).await?.account;
    let lead = CreateLead::read(read_body(request)?)?;
    let claims =
        Claims::of_delivery(request, now)?.replay(*replay_window, [&lead.email, &lead.phone]);
    let lead = lead.into_lead(sources.draw_lead_id(now), now, account.id.clone());
    Ok(table.create_lead(NewLead { account, claims, lead }, sources).await?)
}

/// The request body. Every member is optional; unknown ones are ignored.
struct CreateLead {
    agent_id: Option<String>,
    name: Option<String>,
    email: Option<String>,
    phone: Option<String>,
    company: Option<String>,
    site: Option<String>,
    custom: Option<RawJson>,
    utm: Option<RawJson>,
    capture: Option<&'static str>,
}

/// What RD Station knows of a lead and others do not.
#[derive(Serialize, Deserialize)]
pub(crate) struct Details {
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

impl CreateLead {
    fn read(mut body: Fields<'_>) -> Result<Self, Vec<Violation>> {
        let lead = Self {
            agent_id: body.string("agentId", &[]),
            name: body.string("name", &[]),
            email: body.string("email", &[]),
            phone: body.string("phone", &[]),
            company: body.string("company", &[]),
            site: body.string("site", &[]),
            custom: body.not_null("custom", JsonType::Object).object("custom"),
            utm: body.not_null("utm", JsonType::Object).object("utm"),
            capture: body.not_null("capture", JsonType::String).choice("capture", &CAPTURES),
        };
        body.finish(lead)
    }

    fn into_lead(self, id: LeadId, created_at: Timestamp, workspace_id: String) -> Lead<Details> {
        Lead {
            id,
            created_at,
            name: self.name,
            email: self.email,
            phone: self.phone,
            source: None,
            status: Some(self.capture.unwrap_or(CAPTURES[0]).to_owned()),
            details: Details {
                workspace_id,
                agent_id: self.agent_id,
                company: self.company,
                site: self.site,
                custom: self.custom.unwrap_or_else(RawJson::empty_object),
                utm: self.utm.unwrap_or_else(RawJson::empty_object),
            },
        }
    }
}
