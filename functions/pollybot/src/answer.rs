use crate::{contract::Details, lead_id::LEAD_ID};
use lambda_http::http::StatusCode;
use serde::Serialize;
use serde_json::{json, value::RawValue};
use shared::{
    delivery::{Answer, OwnRejection, Rejection, delivery_answer, json_answer, limit_answer},
    model::{HeldReason, Lead, LeadId, Outcome, OutcomeName, RawJson, Standing},
    request::{Rule, Unauthorized, Violation},
};
use std::borrow::Cow;

pub(crate) fn answer(outcome: &Outcome<Details>) -> Answer {
    let status = match outcome.standing {
        Standing::New | Standing::Known => StatusCode::CREATED,
    };
    delivery_answer(status, &Answered::of(LeadBody::of(&outcome.lead)), outcome.replayed)
}

/// The answer to a request that succeeded.
#[derive(Serialize)]
pub(crate) struct Answered<D> {
    success: bool,
    data: D,
}

impl<D> Answered<D> {
    pub(crate) fn of(data: D) -> Self {
        Self { success: true, data }
    }
}

/// The lead as the provider shows it. The chatbot is not part of it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LeadBody<'a> {
    id: String,
    name: Option<&'a str>,
    email: Option<&'a str>,
    phone: Option<&'a str>,
    source: Option<&'a str>,
    status: Option<&'a str>,
    metadata: Cow<'a, RawValue>,
    created_at: String,
    updated_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    workspace_id: Option<&'a str>,
}

impl<'a> LeadBody<'a> {
    pub(crate) fn of(lead: &'a Lead<Details>) -> Self {
        Self {
            id: LEAD_ID.write(lead.id),
            name: lead.name.as_deref(),
            email: lead.email.as_deref(),
            phone: lead.phone.as_deref(),
            source: lead.source.as_deref(),
            status: lead.status.as_deref(),
            metadata: lead.details.metadata.to_raw(),
            created_at: format!("{:.3}", lead.created_at),
            updated_at: format!("{:.3}", lead.updated_at()),
            workspace_id: Some(&lead.details.workspace_id),
        }
    }

    /// The lead in a list: without its workspace.
    pub(crate) fn in_list(lead: &'a Lead<Details>) -> Self {
        Self { workspace_id: None, ..Self::of(lead) }
    }
}

/// The workspace does not have the chatbot in the path.
pub(crate) fn chatbot_not_found() -> OwnRejection {
    let message = "Chatbot not found or access denied";
    let answer = error(StatusCode::NOT_FOUND, "CHATBOT_NOT_FOUND", message);
    OwnRejection {
        held: Some(HeldReason::Invalid),
        ..OwnRejection::new(OutcomeName::ChatbotNotFound, answer)
    }
}

/// The answer to a delivery with the e-mail of a lead that the workspace has.
pub(crate) fn reject_known(email: &str, known: &Outcome<Details>) -> OwnRejection {
    OwnRejection {
        held: known.held_reason(),
        lead: Some(known.lead.id),
        ..duplicate_email(email, known.lead.id, known.replayed)
    }
}

/// The workspace already has a lead with this e-mail.
pub(crate) fn duplicate_email(email: &str, known: LeadId, replayed: bool) -> OwnRejection {
    let details = json!({
        "email": email,
        "existingLeadId": LEAD_ID.write(known),
        "message": "A lead with this email already exists in your workspace",
    });
    let body = Refused::new("DUPLICATE_EMAIL", "Email already exists", Some(details));
    let answer = delivery_answer(StatusCode::CONFLICT, &body, replayed);
    OwnRejection::new(OutcomeName::Existing, answer)
}

/// Errors are `{success, error, code, details}`. The provider documents those of 401, 404, 409 and
/// of an invalid field. It documents the status 400 for invalid data and no status for a duplicate.
pub(crate) fn reject(rejection: Rejection) -> Answer {
    match rejection {
        Rejection::Unauthorized(reason) => {
            let (code, message) = match reason {
                Unauthorized::Missing => ("MISSING_AUTH_HEADER", "Missing authorization header"),
                Unauthorized::Malformed => (
                    "MALFORMED_AUTH_HEADER",
                    "Malformed authorization header. Expected format: Bearer <token>",
                ),
                Unauthorized::Invalid => ("INVALID_API_KEY", "Invalid API key"),
            };
            error(StatusCode::UNAUTHORIZED, code, message)
        }
        Rejection::OutOfScope(_) => {
            error(StatusCode::FORBIDDEN, "FORBIDDEN", "This API key does not allow this operation")
        }
        Rejection::OverLimit(usage) => {
            let details = json!({
                "limit": usage.limit,
                "remaining": usage.remaining,
                "resetTime": usage.reset_second(),
                "retryAfter": usage.retry_after,
            });
            let error = "Rate limit exceeded";
            limit_answer(&Refused::new("RATE_LIMIT_EXCEEDED", error, Some(details)), &usage)
        }
        Rejection::NotFound => error(StatusCode::NOT_FOUND, "LEAD_NOT_FOUND", "Lead not found"),
        Rejection::BodyTooLarge => error(
            StatusCode::PAYLOAD_TOO_LARGE,
            "PAYLOAD_TOO_LARGE",
            "Request body must not exceed 256 KiB",
        ),
        Rejection::NotAnObject => {
            invalid(&json!({ "message": "Request body must be a JSON object" }))
        }
        Rejection::Invalid(violations) => invalid(&violations.first().map(InvalidField::of)),
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

#[derive(Serialize)]
struct Refused<D> {
    success: bool,
    error: &'static str,
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<D>,
}

impl<D> Refused<D> {
    fn new(code: &'static str, error: &'static str, details: Option<D>) -> Self {
        Self { success: false, error, code, details }
    }
}

fn error(status: StatusCode, code: &'static str, error: &'static str) -> Answer {
    json_answer(status, &Refused::<()>::new(code, error, None))
}

fn invalid(details: &impl Serialize) -> Answer {
    let body = Refused::new("VALIDATION_ERROR", "Validation failed", Some(details));
    json_answer(StatusCode::BAD_REQUEST, &body)
}

/// An invalid field: its name, the value that was sent, and the rule.
#[derive(Serialize)]
struct InvalidField<'a> {
    field: &'a str,
    value: Option<Cow<'a, RawValue>>,
    message: String,
}

impl<'a> InvalidField<'a> {
    fn of(violation: &'a Violation) -> Self {
        let Violation { field, rule, sent } = violation;
        Self { field, value: sent.as_ref().map(RawJson::to_raw), message: text(rule) }
    }
}

/// A rule as a sentence: `Must be a valid email address`.
fn text(rule: &Rule) -> String {
    let phrase = rule.phrase();
    let (first, rest) = phrase.split_at(1);
    first.to_uppercase() + rest
}
