use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// The provider whose address a lead was sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// <https://docs.integrabot.ai>
    Integrabot,
    /// <https://docs.rdstationmentoria.com.br>
    RdStation,
    /// <https://pollybot.app/docs>
    PollyBot,
    /// <https://developers.keyspot.com.br>
    Keyspot,
    /// <https://docs.flextell.ai>
    Flextell,
}

impl Provider {
    /// Every provider.
    pub const ALL: [Self; 5] =
        [Self::Integrabot, Self::RdStation, Self::PollyBot, Self::Keyspot, Self::Flextell];

    /// The provider's name in addresses, table keys and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Integrabot => "integrabot",
            Self::RdStation => "rdstation",
            Self::PollyBot => "pollybot",
            Self::Keyspot => "keyspot",
            Self::Flextell => "flextell",
        }
    }
}

impl FromStr for Provider {
    type Err = NotAProvider;

    /// Reads the name that [`Provider::as_str`] gives.
    fn from_str(name: &str) -> Result<Self, NotAProvider> {
        Self::ALL.into_iter().find(|provider| provider.as_str() == name).ok_or(NotAProvider)
    }
}

/// A text that is no provider's name.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a provider")]
pub struct NotAProvider;

/// Whose leads these are: one customer of one provider. Providers call it a workspace, an
/// account or a tenant.
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
