use crate::{access::Flextell, answer::Answered, contract::Details};
use lambda_http::http::StatusCode;
use shared::{
    delivery::{Answer, Rejection, json_answer},
    model::{Lead, OutcomeName},
    reading::{ReadOperation, Reading},
};

/// `GET /v1/leads/{id}`.
pub struct GetLead;

impl ReadOperation for GetLead {
    type Endpoint = Flextell;
    const OUTCOME: OutcomeName = OutcomeName::Answered { name: "lead_read", words: "lead read" };

    async fn answer(reading: &Reading<'_>) -> Result<Answer, Rejection> {
        let id = reading.request.path_value("id", "leads");
        let lead: Lead<Details> = reading.find_lead(id.and_then(|id| id.parse().ok())).await?;
        Ok(json_answer(StatusCode::OK, &Answered::of(&lead)))
    }
}
