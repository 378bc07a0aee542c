use crate::{
    access::Integrabot,
    agents::{AGENT, Agent, AgentBody},
};
use lambda_http::http::StatusCode;
use shared::{
    account_request::{AccountOperation, AccountRequest},
    delivery::{Answer, Rejection, json_answer},
    model::OutcomeName,
};

/// `GET /v1/agents`.
pub struct ListAgents;

impl AccountOperation for ListAgents {
    type Endpoint = Integrabot;
    const OUTCOME: OutcomeName =
        OutcomeName::Answered { name: "agents_listed", words: "agents listed" };

    async fn answer(request: &AccountRequest<'_>) -> Result<Answer, Rejection> {
        let agents = request.list_entries::<Agent>(AGENT).await?.into_iter();
        let agents = agents.map(|(id, agent)| AgentBody { uuid: id.to_string(), agent });
        Ok(json_answer(StatusCode::OK, &agents.collect::<Vec<_>>()))
    }
}
