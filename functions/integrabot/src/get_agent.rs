use crate::{
    access::Integrabot,
    agents::{AGENT, AgentBody},
};
use lambda_http::http::StatusCode;
use shared::{
    account_request::{AccountOperation, AccountRequest},
    delivery::{Answer, Rejection, json_answer},
    model::OutcomeName,
};

/// `GET /v1/agents/{uuid}`.
pub struct GetAgent;

impl AccountOperation for GetAgent {
    type Endpoint = Integrabot;
    const OUTCOME: OutcomeName = OutcomeName::Answered { name: "agent_read", words: "agent read" };

    async fn answer(request: &AccountRequest<'_>) -> Result<Answer, Rejection> {
        let uuid = request.http.path_value("uuid", "agents").unwrap_or_default().to_lowercase();
        let agent = request.context.find_entry(request.account, AGENT, &uuid).await?;
        let agent = agent.ok_or(Rejection::NotFound)?;
        Ok(json_answer(StatusCode::OK, &AgentBody { uuid, agent }))
    }
}
