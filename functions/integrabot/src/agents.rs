//! The agents of an account: entries of its directory.

use serde::{Deserialize, Serialize};
use shared::{
    delivery::{Delivery, Rejection},
    provider::{Kind, flag, number, optional, text},
    request::{Rule, Violation},
};

/// The kind of an agent in the directory. Its id is the agent's UUID.
pub(crate) const AGENT: &str = "agent";

/// The kinds of entries, with their members besides the id.
pub(crate) const KINDS: &[Kind] = &[Kind::unique(
    AGENT,
    &[
        text("name"),
        flag("is_active", true),
        optional("model"),
        optional("communication_style"),
        number("tools_count"),
        optional("created_at"),
    ],
)];

/// An agent, as it is stored in the directory and as the provider shows it.
#[derive(Serialize, Deserialize)]
pub(crate) struct Agent {
    name: String,
    is_active: bool,
    model: Option<String>,
    communication_style: Option<String>,
    tools_count: Option<u64>,
    created_at: Option<String>,
}

/// An agent with its id, as the provider shows it.
#[derive(Serialize)]
pub(crate) struct AgentBody {
    pub(crate) uuid: String,
    #[serde(flatten)]
    pub(crate) agent: Agent,
}

/// Refuses the id of an agent that the account does not have. An account without agents accepts any
/// id.
///
/// # Errors
/// A violation, or an error of the table.
pub(crate) async fn check_agent(
    delivery: &mut Delivery<'_>,
    id: Option<&str>,
) -> Result<(), Rejection> {
    let Some(id) = id else { return Ok(()) };
    let Delivery { context, account, received_at, .. } = *delivery;
    if !context.directory.has_any(account, AGENT, received_at).await? {
        return Ok(());
    }
    if context.find_entry::<Agent>(account, AGENT, &id.to_lowercase()).await?.is_none() {
        delivery.break_rule(Violation { field: "agent_id", rule: Rule::Exists, sent: None })?;
    }
    Ok(())
}
