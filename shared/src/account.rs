use serde::{Deserialize, Serialize};
use std::fmt;

/// The provider whose address a lead was sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// <https://docs.integrabot.ai>
    Integrabot,
}

impl Provider {
    /// The provider's name in addresses, table keys and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Integrabot => "integrabot",
        }
    }
}

/// Whose leads these are: one customer (workspace, tenant) of one provider.
///
/// Written as `<provider>#<id>`, as it stands in the table's keys. Ids are chosen by the
/// table's owner, never by a sender.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Account {
    /// The provider the account belongs to.
    pub provider: Provider,
    /// The account's id, unique within its provider.
    pub id: String,
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.provider.as_str(), self.id)
    }
}
