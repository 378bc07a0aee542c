use crate::{
    contract::Details,
    directory::{ReferenceSource, Status, User},
};
use lambda_http::http::StatusCode;
use serde::Serialize;
use serde_json::{json, value::RawValue};
use shared::{
    delivery::{Answer, OwnRejection, Rejection, delivery_answer, json_answer, limit_answer},
    model::{Lead, LeadId, Outcome, OutcomeName, Standing},
    request::{Unauthorized, Violation},
};
use std::borrow::Cow;

pub(crate) fn answer(outcome: &Outcome<Details>) -> Answer {
    let status = match outcome.standing {
        Standing::New | Standing::Known => StatusCode::CREATED,
    };
    delivery_answer(status, &Answered::of(&outcome.lead), outcome.replayed)
}

/// A boolean as a string, as in the provider's schema of a lead.
fn flag(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

/// The answer to a request for one lead.
#[derive(Serialize)]
pub(crate) struct Answered<'a> {
    success: &'static str,
    data: LeadBody<'a>,
}

impl<'a> Answered<'a> {
    pub(crate) fn of(lead: &'a Lead<Details>) -> Self {
        Self { success: flag(true), data: LeadBody::of(lead) }
    }
}

/// The provider's `LeadResource`. Members of unit type are always null here: only an
/// import, a conversion or a deletion sets them.
#[derive(Serialize)]
pub(crate) struct LeadBody<'a> {
    id: LeadId,
    first_name: Option<&'a str>,
    last_name: Option<&'a str>,
    full_name: Option<&'a str>,
    phone_number: Option<&'a str>,
    email: Option<&'a str>,
    description: Option<&'a str>,
    message: Option<&'a str>,
    preferred_contact: Option<&'a str>,
    source_page_url: Option<&'a str>,
    country_id: Option<i64>,
    is_converted: &'static str,
    converted_at: (),
    customer_id: (),
    marketing_attribution: Cow<'a, RawValue>,
    external_id: (),
    external_branch_id: (),
    external_created_at: (),
    last_synced_at: (),
    import_source_id: (),
    created_at: String,
    updated_at: String,
    deleted_at: (),
    status: Option<&'a Status>,
    reference_source: Option<&'a ReferenceSource>,
    assigned_user: Option<&'a User>,
    country_name: Option<&'a str>,
}

impl<'a> LeadBody<'a> {
    pub(crate) fn of(lead: &'a Lead<Details>) -> Self {
        let details = &lead.details;
        let created_at = format!("{:.0}", lead.created_at);
        Self {
            id: lead.id,
            first_name: details.first_name.as_deref(),
            last_name: details.last_name.as_deref(),
            full_name: lead.name.as_deref(),
            phone_number: lead.phone.as_deref(),
            email: lead.email.as_deref(),
            description: details.description.as_deref(),
            message: details.message.as_deref(),
            preferred_contact: details.preferred_contact.as_deref(),
            source_page_url: details.source_page_url.as_deref(),
            country_id: details.country_id,
            is_converted: flag(false),
            converted_at: (),
            customer_id: (),
            marketing_attribution: details.marketing_attribution.to_raw(),
            external_id: (),
            external_branch_id: (),
            external_created_at: (),
            last_synced_at: (),
            import_source_id: (),
            updated_at: created_at.clone(),
            created_at,
            deleted_at: (),
            status: details.status.as_ref(),
            reference_source: details.reference_source.as_ref(),
            assigned_user: details.assigned_user.as_ref(),
            country_name: details.country_name.as_deref(),
        }
    }
}

/// `X-Tenant` is missing or not a number.
pub(crate) fn bad_tenant() -> OwnRejection {
    let text = "The X-Tenant header must be a tenant's number.";
    let answer = error(StatusCode::BAD_REQUEST, "invalid_request", text);
    OwnRejection::new(OutcomeName::BadTenant, answer)
}

/// The key may not act for the tenant.
pub(crate) fn foreign_tenant() -> OwnRejection {
    let text = "The token may not act for this tenant.";
    let answer = error(StatusCode::FORBIDDEN, "forbidden", text);
    OwnRejection::new(OutcomeName::ForeignTenant, answer)
}

/// Errors are `{error, message}`, as in the provider's guide. It names the codes `invalid_request`,
/// `unauthorized`, `invalid_token` and `validation_error`.
pub(crate) fn reject(rejection: Rejection) -> Answer {
    match rejection {
        Rejection::Unauthorized(Unauthorized::Missing) => error(
            StatusCode::UNAUTHORIZED,
            "unauthorized",
            "The access token is missing or invalid.",
        ),
        Rejection::Unauthorized(Unauthorized::Malformed | Unauthorized::Invalid) => error(
            StatusCode::UNAUTHORIZED,
            "invalid_token",
            "The bearer token is expired or malformed.",
        ),
        Rejection::OutOfScope(_) => {
            error(StatusCode::FORBIDDEN, "forbidden", "The token does not allow this operation.")
        }
        Rejection::OverLimit(usage) => {
            let message = "Too many requests. Try again later.";
            let body = json!({ "error": "rate_limit_exceeded", "message": message });
            limit_answer(&body, &usage)
        }
        Rejection::NotFound => {
            error(StatusCode::NOT_FOUND, "not_found", "The resource does not exist.")
        }
        Rejection::BodyTooLarge => error(
            StatusCode::PAYLOAD_TOO_LARGE,
            "payload_too_large",
            "The body must not exceed 256 KiB.",
        ),
        Rejection::NotAnObject => {
            error(StatusCode::BAD_REQUEST, "invalid_request", "The body must be a JSON object.")
        }
        Rejection::Invalid(violations) => {
            invalid(&violations.first().map(text).unwrap_or_default())
        }
        Rejection::IdempotencyKeyReused => {
            invalid("The Idempotency-Key was used before with another body.")
        }
        Rejection::Unavailable => error(
            StatusCode::SERVICE_UNAVAILABLE,
            "service_unavailable",
            "The service is temporarily unavailable.",
        ),
        Rejection::Internal => {
            error(StatusCode::INTERNAL_SERVER_ERROR, "server_error", "An internal error occurred.")
        }
        Rejection::Own(own) => own.answer,
    }
}

fn error(status: StatusCode, code: &str, message: &str) -> Answer {
    json_answer(status, &json!({ "error": code, "message": message }))
}

fn invalid(message: &str) -> Answer {
    error(StatusCode::UNPROCESSABLE_ENTITY, "validation_error", message)
}

/// The message for an invalid field: its name and its rule.
fn text(violation: &Violation) -> String {
    format!("The '{}' field {}.", violation.field, violation.rule.phrase())
}
