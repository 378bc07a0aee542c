use crate::{
    access::Integrabot,
    agents::{AGENT, AgentBody},
};
use lambda_http::http::StatusCode;
use shared::{
    delivery::{Answer, Rejection, json_answer},
    model::OutcomeName,
    reading::{ReadOperation, Reading},
};

/// `GET /v1/agents/{uuid}`.
pub struct GetAgent;

impl ReadOperation for GetAgent {
    type Endpoint = Integrabot;
    const OUTCOME: OutcomeName = OutcomeName::Answered { name: "agent_read", words: "agent read" };

    async fn answer(reading: &Reading<'_>) -> Result<Answer, Rejection> {
        let uuid = reading.request.path_value("uuid", "agents").unwrap_or_default().to_lowercase();
        let agent = reading.context.find_entry(reading.account, AGENT, &uuid).await?;
        let agent = agent.ok_or(Rejection::NotFound)?;
        Ok(json_answer(StatusCode::OK, &AgentBody { uuid, agent }))
    }
}
