use crate::{
    answer::{PRIORITY, invalid_value_list},
    contract::{NEW_LEAD, SOURCES},
    state::Keyspot,
};
use lambda_http::http::StatusCode;
use serde_json::json;
use shared::{
    account_request::{AccountOperation, AccountRequest},
    delivery::{Answer, Rejection, json_answer},
    model::OutcomeName,
};

/// The statuses of a property in the provider's sample.
const PROPERTY_STATUSES: [&str; 5] = ["AVAILABLE", "RENTED", "RESERVED", "SOLD", "UNAVAILABLE"];

/// `GET /v1/values/{entity}/{field}`.
pub struct ListValues;

impl AccountOperation for ListValues {
    type Endpoint = Keyspot;
    const OUTCOME: OutcomeName =
        OutcomeName::Answered { name: "values_listed", words: "values listed" };

    async fn answer(request: &AccountRequest<'_>) -> Result<Answer, Rejection> {
        let entity = request.http.path_value("entity", "values").unwrap_or_default();
        let field = request.http.path_value("field", &entity).unwrap_or_default();
        let values = find_values(&entity, &field)?;
        let data = json!({ "entity": entity, "field": field, "values": values });
        Ok(json_answer(StatusCode::OK, &json!({ "data": data })))
    }
}

/// The values that a field may have here. The directory keeps a property's title alone, so the
/// other fields of properties have no values.
fn find_values(entity: &str, field: &str) -> Result<&'static [&'static str], Rejection> {
    match (entity, field) {
        ("properties", "status") => Ok(&PROPERTY_STATUSES),
        ("properties", "operationType" | "propertyType" | "highlight") => Ok(&[]),
        ("leads", "status") => Ok(&[NEW_LEAD]),
        ("leads", "source") => Ok(&SOURCES),
        ("leads", "priority") => Ok(&[PRIORITY]),
        ("properties" | "leads", _) => Err(invalid_value_list("field", field).into()),
        _ => Err(invalid_value_list("entity", entity).into()),
    }
}
