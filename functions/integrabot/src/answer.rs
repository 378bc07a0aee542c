use crate::contract::Details;
use lambda_http::http::StatusCode;
use serde::Serialize;
use serde_json::{Map, Value, json, value::RawValue};
use shared::{
    delivery::{Answer, Rejection, delivery_answer, json_answer, limit_answer},
    model::{Lead, LeadId, Outcome, Standing},
    request::{JsonType, Rule, Violation},
};
use std::borrow::Cow;

pub(crate) fn answer(outcome: &Outcome<Details>) -> Answer {
    let status = match outcome.standing {
        Standing::New => StatusCode::CREATED,
        Standing::Known => StatusCode::OK,
    };
    delivery_answer(status, &LeadBody::of(&outcome.lead), outcome.replayed)
}

/// The lead as the provider shows it: these ten members, without an envelope.
#[derive(Serialize)]
pub(crate) struct LeadBody<'a> {
    id: LeadId,
    name: Option<&'a str>,
    r#type: Option<&'a str>,
    phone_number: Option<&'a str>,
    email: Option<&'a str>,
    status: Option<&'a str>,
    agent_id: Option<&'a str>,
    custom_fields: Cow<'a, RawValue>,
    created_at: String,
    updated_at: String,
}

impl<'a> LeadBody<'a> {
    pub(crate) fn of(lead: &'a Lead<Details>) -> Self {
        let created_at = format!("{:.0}", lead.created_at);
        Self {
            id: lead.id,
            name: lead.name.as_deref(),
            r#type: lead.source.as_deref(),
            phone_number: lead.phone.as_deref(),
            email: lead.email.as_deref(),
            status: lead.status.as_deref(),
            agent_id: lead.details.agent_id.as_deref(),
            custom_fields: lead.details.custom_fields.to_raw(),
            updated_at: created_at.clone(),
            created_at,
        }
    }
}

/// Errors are `{error, message}`. The provider documents the texts of 401, 404 and 422; the
/// others, and 422 for a body that is not an object, are ours in the same shape.
pub(crate) fn reject(rejection: Rejection) -> Answer {
    match rejection {
        Rejection::Unauthorized(_) => {
            error(StatusCode::UNAUTHORIZED, "Unauthorized", "Token de API inválido ou ausente.")
        }
        Rejection::OutOfScope(_) => error(
            StatusCode::FORBIDDEN,
            "Forbidden",
            "O token de API não tem permissão para esta operação.",
        ),
        Rejection::OverLimit(usage) => {
            let message = "Limite de requisições excedido. Tente novamente mais tarde.";
            let body = json!({ "error": "Too Many Requests", "message": message });
            limit_answer(&body, &usage)
        }
        Rejection::NotFound => error(StatusCode::NOT_FOUND, "Not Found", "Recurso não encontrado."),
        Rejection::BodyTooLarge => error(
            StatusCode::PAYLOAD_TOO_LARGE,
            "Payload Too Large",
            "O corpo da requisição não pode ter mais de 256 KiB.",
        ),
        Rejection::NotAnObject => {
            invalid([("body", "O corpo da requisição deve ser um objeto JSON válido.".to_owned())])
        }
        Rejection::Invalid(violations) => {
            invalid(violations.iter().map(|violation| (violation.field, text(violation))))
        }
        Rejection::IdempotencyKeyReused => invalid([(
            "Idempotency-Key",
            "A chave de idempotência já foi usada com outro corpo.".to_owned(),
        )]),
        Rejection::Unavailable => error(
            StatusCode::SERVICE_UNAVAILABLE,
            "Service Unavailable",
            "Serviço temporariamente indisponível. Tente novamente.",
        ),
        Rejection::Internal => error(
            StatusCode::INTERNAL_SERVER_ERROR,
            "Internal Server Error",
            "Ocorreu um erro interno.",
        ),
        Rejection::Own(own) => own.answer,
    }
}

fn error(status: StatusCode, error: &str, message: &str) -> Answer {
    json_answer(status, &json!({ "error": error, "message": message }))
}

/// 422: `message` is an object with a list of texts for each invalid field.
fn invalid(texts: impl IntoIterator<Item = (&'static str, String)>) -> Answer {
    let message: Map<String, Value> =
        texts.into_iter().map(|(field, text)| (field.to_owned(), json!([text]))).collect();
    let body = json!({ "error": "Validation Error", "message": message });
    json_answer(StatusCode::UNPROCESSABLE_ENTITY, &body)
}

fn text(violation: &Violation) -> String {
    let field = violation.field;
    match violation.rule {
        Rule::Required => format!("O campo {field} é obrigatório."),
        Rule::Type { expected, .. } => format!("O campo {field} deve ser {}.", type_name(expected)),
        Rule::Choice(_) | Rule::Exists => format!("O campo {field} selecionado é inválido."),
        Rule::NotBlocked => format!("O campo {field} não é aceito."),
        Rule::Email => format!("O campo {field} deve ser um endereço de e-mail válido."),
        Rule::Digits => format!("O campo {field} deve estar em formato válido."),
        Rule::Uuid => format!("O campo {field} deve ser um UUID válido."),
        Rule::Url => format!("O campo {field} deve ser uma URL válida."),
        Rule::Integer => format!("O campo {field} deve ser um número inteiro."),
        Rule::Range { max: Some(max) } => {
            format!("O campo {field} deve ser um número inteiro de 1 a {max}.")
        }
        Rule::Range { max: None } => {
            format!("O campo {field} deve ser um número inteiro a partir de 1.")
        }
        Rule::Date => format!("O campo {field} deve ser uma data válida, como 2027-01-31."),
        Rule::Time => format!("O campo {field} deve ser um horário válido."),
        Rule::Length { max } => format!("O campo {field} não pode ter mais de {max} caracteres."),
        Rule::StringMembers | Rule::StringItems => {
            format!("Os valores do campo {field} devem ser textos.")
        }
    }
}

fn type_name(expected: JsonType) -> &'static str {
    match expected {
        JsonType::String => "um texto",
        JsonType::Number => "um número",
        JsonType::Boolean => "verdadeiro ou falso",
        JsonType::Object => "um objeto",
        JsonType::Array => "uma lista",
        JsonType::Null => "nulo",
    }
}
