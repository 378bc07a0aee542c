use crate::{contract::Details, lead_id::LEAD_ID};
use lambda_http::http::StatusCode;
use serde::Serialize;
use serde_json::{Value, json, value::RawValue};
use shared::{
    delivery::{Answer, Rejection, delivery_answer, json_answer, limit_answer},
    model::{Lead, Outcome, RawJson, Standing},
    request::{JsonType, Rule, Violation},
};
use std::borrow::Cow;

pub(crate) fn answer(outcome: &Outcome<Details>) -> Answer {
    let status = match outcome.standing {
        Standing::New | Standing::Known => StatusCode::OK,
    };
    delivery_answer(status, &LeadBody::of(&outcome.lead), outcome.replayed)
}

/// The lead as the provider shows it: all members, without an envelope.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LeadBody<'a> {
    id: String,
    agent_id: Option<&'a str>,
    name: Option<&'a str>,
    email: Option<&'a str>,
    phone: Option<&'a str>,
    company: Option<&'a str>,
    site: Option<&'a str>,
    custom: Cow<'a, RawValue>,
    utm: Cow<'a, RawValue>,
    capture: Option<&'a str>,
    workspace_id: &'a str,
    created_at: String,
    updated_at: String,
}

impl<'a> LeadBody<'a> {
    pub(crate) fn of(lead: &'a Lead<Details>) -> Self {
        let Details { workspace_id, agent_id, company, site, custom, utm } = &lead.details;
        let created_at = format!("{:.3}", lead.created_at);
        Self {
            id: LEAD_ID.write(lead.id),
            agent_id: agent_id.as_deref(),
            name: lead.name.as_deref(),
            email: lead.email.as_deref(),
            phone: lead.phone.as_deref(),
            company: company.as_deref(),
            site: site.as_deref(),
            custom: custom.to_raw(),
            utm: utm.to_raw(),
            capture: lead.status.as_deref(),
            workspace_id,
            updated_at: created_at.clone(),
            created_at,
        }
    }
}

/// Errors are `{message, code}`, with `issues` for fields. The provider documents none; these are
/// as in trpc-openapi with zod, the library that its documentation names.
pub(crate) fn reject(rejection: Rejection) -> Answer {
    match rejection {
        Rejection::Unauthorized(_) => {
            error(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", "UNAUTHORIZED")
        }
        Rejection::OutOfScope(_) => error(StatusCode::FORBIDDEN, "FORBIDDEN", "FORBIDDEN"),
        Rejection::OverLimit(usage) => {
            let body = json!({ "message": "Too many requests", "code": "TOO_MANY_REQUESTS" });
            limit_answer(&body, &usage)
        }
        Rejection::NotFound => error(StatusCode::NOT_FOUND, "NOT_FOUND", "Not found"),
        Rejection::BodyTooLarge => {
            error(StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE", "Request body too large")
        }
        Rejection::NotAnObject => {
            error(StatusCode::BAD_REQUEST, "PARSE_ERROR", "Failed to parse request body")
        }
        Rejection::Invalid(violations) => {
            let issues: Vec<Value> = violations.iter().map(issue).collect();
            let message = "Input validation failed";
            let body = json!({ "message": message, "code": "BAD_REQUEST", "issues": issues });
            json_answer(StatusCode::BAD_REQUEST, &body)
        }
        Rejection::IdempotencyKeyReused => error(
            StatusCode::UNPROCESSABLE_ENTITY,
            "UNPROCESSABLE_CONTENT",
            "Idempotency-Key was used before with another body",
        ),
        Rejection::Unavailable => {
            error(StatusCode::SERVICE_UNAVAILABLE, "SERVICE_UNAVAILABLE", "Service unavailable")
        }
        Rejection::Internal => error(
            StatusCode::INTERNAL_SERVER_ERROR,
            "INTERNAL_SERVER_ERROR",
            "Internal server error",
        ),
        Rejection::Own(own) => own.answer,
    }
}

fn error(status: StatusCode, code: &str, message: &str) -> Answer {
    json_answer(status, &json!({ "message": message, "code": code }))
}

/// An invalid field, as zod reports it.
fn issue(violation: &Violation) -> Value {
    let path = [violation.field];
    let custom = |message: &str| json!({ "code": "custom", "path": path, "message": message });
    match &violation.rule {
        Rule::Type { expected, received } => {
            let (expected, received) = (type_name(*expected), type_name(*received));
            let message = format!("Expected {expected}, received {received}");
            json!({
                "code": "invalid_type", "expected": expected, "received": received,
                "path": path, "message": message,
            })
        }
        Rule::Choice(options) => {
            let received = violation.sent.as_ref().map_or_else(String::new, RawJson::to_text);
            let quoted: Vec<String> = options.iter().map(|option| format!("'{option}'")).collect();
            let message = format!(
                "Invalid enum value. Expected {}, received '{received}'",
                quoted.join(" | ")
            );
            json!({
                "received": received, "code": "invalid_enum_value", "options": options,
                "path": path, "message": message,
            })
        }
        Rule::Length { max } => {
            let message = format!("String must contain at most {max} character(s)");
            json!({
                "code": "too_big", "maximum": max, "type": "string", "inclusive": true,
                "exact": false, "message": message, "path": path,
            })
        }
        Rule::Required => custom("Required"),
        Rule::Email => custom("Invalid email"),
        Rule::Digits => custom("Expected digits"),
        Rule::Uuid => custom("Invalid uuid"),
        Rule::Url => custom("Invalid url"),
        Rule::Integer | Rule::Range { .. } => custom("Expected integer"),
        Rule::Date => custom("Invalid date"),
        Rule::Time => custom("Invalid datetime"),
        Rule::StringMembers | Rule::StringItems => custom("Expected strings"),
        Rule::Exists => custom("Not found"),
        Rule::NotBlocked => custom("Not accepted"),
    }
}

fn type_name(json_type: JsonType) -> &'static str {
    match json_type {
        JsonType::Null => "null",
        JsonType::Boolean => "boolean",
        JsonType::Number => "number",
        JsonType::String => "string",
        JsonType::Array => "array",
        JsonType::Object => "object",
    }
}
