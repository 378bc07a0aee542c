use crate::{contract::Details, lead_id::LEAD_ID};
use lambda_http::http::StatusCode;
use serde::Serialize;
use serde_json::json;
use shared::{
    delivery::{Answer, OwnRejection, Rejection, delivery_answer, json_answer, limit_answer},
    model::{Lead, Outcome, OutcomeName, Standing},
    request::Violation,
};

/// The priority of every new lead. No field sets another one.
pub(crate) const PRIORITY: &str = "MEDIUM";

/// Answers a request for a token. Wrong credentials have their own code (ours: the provider
/// documents none).
pub(crate) fn answer_token(result: Result<String, Rejection>) -> Answer {
    match result {
        Ok(token) => json_answer(StatusCode::OK, &json!({ "data": { "token": token } })),
        Err(rejection) => reject(rejection, "INVALID_CREDENTIALS", "Invalid API key or secret"),
    }
}

pub(crate) fn answer_lead(outcome: &Outcome<Details>) -> Answer {
    let status = match outcome.standing {
        Standing::New | Standing::Known => StatusCode::CREATED,
    };
    delivery_answer(status, &json!({ "data": LeadBody::of(&outcome.lead) }), outcome.replayed)
}

/// Refuses a request with a token.
pub(crate) fn reject_lead(rejection: Rejection) -> Answer {
    reject(rejection, "INVALID_TOKEN", "Invalid or expired token")
}

/// The lead as the provider shows it: these twelve members.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LeadBody<'a> {
    id: String,
    name: Option<&'a str>,
    email: Option<&'a str>,
    phone: Option<&'a str>,
    message: Option<&'a str>,
    source: Option<&'a str>,
    status: Option<&'a str>,
    priority: &'static str,
    property_id: Option<&'a str>,
    interested_property_title: Option<&'a str>,
    created_at: String,
    updated_at: String,
}

impl<'a> LeadBody<'a> {
    fn of(lead: &'a Lead<Details>) -> Self {
        let created_at = format!("{:.3}", lead.created_at);
        Self {
            id: LEAD_ID.write(lead.id),
            name: lead.name.as_deref(),
            email: lead.email.as_deref(),
            phone: lead.phone.as_deref(),
            message: lead.details.message.as_deref(),
            source: lead.source.as_deref(),
            status: lead.status.as_deref(),
            priority: PRIORITY,
            property_id: lead.details.property_id.as_deref(),
            interested_property_title: lead.details.interested_property_title.as_deref(),
            updated_at: created_at.clone(),
            created_at,
        }
    }
}

/// The key may not be used from the sender's network.
pub(crate) fn ip_blocked() -> OwnRejection {
    let answer = error(StatusCode::FORBIDDEN, "IP_BLOCKED", "This network is not allowed");
    OwnRejection::new(OutcomeName::IpBlocked, answer)
}

/// The path names an entity or a field that has no list of values.
pub(crate) fn invalid_value_list(part: &str, name: &str) -> OwnRejection {
    OwnRejection::new(OutcomeName::Invalid, invalid(&format!("Invalid {part}: {name}")))
}

/// Errors are `{error, code}`. The provider documents the codes `INVALID_TOKEN` and
/// `IP_BLOCKED`, and the text for an invalid entity; all else is ours in the same shape.
fn reject(rejection: Rejection, unauthorized: &str, unauthorized_text: &str) -> Answer {
    match rejection {
        Rejection::Unauthorized(_) => {
            error(StatusCode::UNAUTHORIZED, unauthorized, unauthorized_text)
        }
        Rejection::OutOfScope(_) => {
            error(StatusCode::FORBIDDEN, "FORBIDDEN", "This API key does not allow this operation")
        }
        Rejection::OverLimit(usage) => {
            let body = json!({ "error": "Rate limit exceeded", "code": "RATE_LIMIT_EXCEEDED" });
            limit_answer(&body, &usage)
        }
        Rejection::NotFound => error(StatusCode::NOT_FOUND, "NOT_FOUND", "Not found"),
        Rejection::BodyTooLarge => error(
            StatusCode::PAYLOAD_TOO_LARGE,
            "PAYLOAD_TOO_LARGE",
            "The body must not exceed 256 KiB",
        ),
        Rejection::NotAnObject => invalid("The body must be a JSON object"),
        Rejection::Invalid(violations) => {
            invalid(&violations.first().map(text).unwrap_or_default())
        }
        Rejection::IdempotencyKeyReused => error(
            StatusCode::UNPROCESSABLE_ENTITY,
            "IDEMPOTENCY_KEY_REUSED",
            "Idempotency-Key was used before with another body",
        ),
        Rejection::Unavailable => error(
            StatusCode::SERVICE_UNAVAILABLE,
            "SERVICE_UNAVAILABLE",
            "Service temporarily unavailable",
        ),
        Rejection::Internal => {
            error(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR", "Internal server error")
        }
        Rejection::Own(own) => own.answer,
    }
}

fn error(status: StatusCode, code: &str, error: &str) -> Answer {
    json_answer(status, &json!({ "error": error, "code": code }))
}

fn invalid(text: &str) -> Answer {
    error(StatusCode::BAD_REQUEST, "VALIDATION_ERROR", text)
}

/// The message for an invalid field: its name and its rule.
fn text(violation: &Violation) -> String {
    format!("{} {}", violation.field, violation.rule.phrase())
}
