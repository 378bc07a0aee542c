use crate::{
    access::Integrabot,
    agents::{AGENT, Agent, AgentBody},
};
use lambda_http::http::StatusCode;
use shared::{
    delivery::{Answer, Rejection, json_answer},
    model::OutcomeName,
    reading::{ReadOperation, Reading},
};

/// `GET /v1/agents`.
pub struct ListAgents;

impl ReadOperation for ListAgents {
    type Endpoint = Integrabot;
    const OUTCOME: OutcomeName =
        OutcomeName::Answered { name: "agents_listed", words: "agents listed" };

    async fn answer(reading: &Reading<'_>) -> Result<Answer, Rejection> {
        let agents = reading.list_entries::<Agent>(AGENT).await?.into_iter();
        let agents = agents.map(|(id, agent)| AgentBody { uuid: id.to_string(), agent });
        Ok(json_answer(StatusCode::OK, &agents.collect::<Vec<_>>()))
    }
}
