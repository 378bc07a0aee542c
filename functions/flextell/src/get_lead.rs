use crate::{access::Flextell, answer::Answered, contract::Details};
use lambda_http::http::StatusCode;
use shared::{
    account_request::{AccountOperation, AccountRequest},
    delivery::{Answer, Rejection, json_answer},
    model::{Lead, OutcomeName},
};

/// `GET /v1/leads/{id}`.
pub struct GetLead;

impl AccountOperation for GetLead {
    type Endpoint = Flextell;
    const OUTCOME: OutcomeName = OutcomeName::Answered { name: "lead_read", words: "lead read" };

    async fn answer(request: &AccountRequest<'_>) -> Result<Answer, Rejection> {
        let id = request.http.path_value("id", "leads");
        let lead: Lead<Details> = request.find_lead(id.and_then(|id| id.parse().ok())).await?;
        Ok(json_answer(StatusCode::OK, &Answered::of(&lead)))
    }
}
