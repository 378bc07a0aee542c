use crate::answer::answer;
use jiff::Timestamp;
use lambda_http::{Body, Request, Response};
use serde::{Deserialize, Serialize};
use shared::{
    Claims, Context, Fields, Lead, LeadId, NewLead, Outcome, Provider, RawJson, Rejection,
    TokenHash, Violation, bearer_token, read_body, rules, telemetry,
};
use std::time::Instant;

/// The channels a lead may come from. Older pages of the provider name `whatsapp` and
/// `instagram` too; its present one does not.
const TYPES: [&str; 4] = ["web", "telegram", "email", "manual"];

/// The status of a lead that nobody has worked on yet.
const NEW: &str = "new";

/// Answers a request to `POST /v1/leads`.
pub async fn create_lead(context: &Context, request: &Request) -> Response<Body> {
    let started = Instant::now();
    let result = context.in_time(accept(context, request)).await;
    let outcome = result.as_ref().map_or_else(Rejection::as_str, Outcome::as_str);
    telemetry::log_delivery(Provider::Integrabot, request, outcome, started);
    answer(result)
}

async fn accept(context: &Context, request: &Request) -> Result<Outcome<Details>, Rejection> {
    let Context { table, api_keys, sources, .. } = context;
    let now = sources.now();
    let token = TokenHash::of(bearer_token(request.headers())?);
    let account = api_keys.authenticate(Provider::Integrabot, token, now).await?.account;
    let lead = CreateLead::read(read_body(request)?)?;
    let claims = Claims::of_delivery(request, now)?.phone(&lead.phone_number).email(&lead.email);
    let lead = lead.into_lead(sources.draw_lead_id(now), now);
    Ok(table.create_lead(NewLead { account, claims, lead }, sources).await?)
}

/// The request body, schema `LeadInput`. Unknown members are ignored.
struct CreateLead {
    name: String,
    channel: &'static str,
    phone_number: Option<String>,
    email: Option<String>,
    agent_id: Option<String>,
    custom_fields: Option<RawJson>,
}

/// What Integrabot knows of a lead and others do not.
#[derive(Serialize, Deserialize)]
pub(crate) struct Details {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) agent_id: Option<String>,
    pub(crate) custom_fields: RawJson,
}

impl CreateLead {
    fn read(mut body: Fields<'_>) -> Result<Self, Vec<Violation>> {
        let lead = Self {
            name: body.required_string("name", &[]),
            channel: body.required_choice("type", &TYPES),
            phone_number: body.string("phone_number", &[rules::digits]),
            email: body.string("email", &[rules::email]),
            agent_id: body.string("agent_id", &[rules::uuid]),
            custom_fields: body.string_members("custom_fields"),
        };
        body.finish(lead)
    }

    fn into_lead(self, id: LeadId, created_at: Timestamp) -> Lead<Details> {
        Lead {
            id,
            created_at,
            name: Some(self.name),
            email: self.email,
            phone: self.phone_number,
            source: Some(self.channel.to_owned()),
            status: Some(NEW.to_owned()),
            details: Details {
                agent_id: self.agent_id,
                custom_fields: self.custom_fields.unwrap_or_else(RawJson::empty_object),
            },
        }
    }
}
