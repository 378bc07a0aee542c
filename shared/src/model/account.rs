use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A provider. A lead is sent to the address of one provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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

/// A text that is not a provider's name.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a provider")]
pub struct NotAProvider;

/// One customer of one provider. Each lead belongs to an account. Providers call it a workspace, an
/// account or a tenant.
///
/// It is written as `<provider>#<id>`, as in the table's keys.
///
/// ```
/// use leadhook_shared::model::{Account, AccountId, NotAnAccountId, Provider};
///
/// let account = Account { provider: Provider::PollyBot, id: "ws_acme".parse()? };
/// assert_eq!(account.to_string(), "pollybot#ws_acme");
/// assert_eq!("ws#acme".parse::<AccountId>(), Err(NotAnAccountId));
/// # Ok::<(), NotAnAccountId>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Account {
    /// The provider the account belongs to.
    pub provider: Provider,
    /// The account's id, unique within its provider.
    pub id: AccountId,
}

/// An account's id: 1 to 200 bytes without `#` and control characters, so that it fits into the
/// table's keys. The table's owner chooses it, never a sender.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct AccountId(String);

impl AccountId {
    /// The longest id, in bytes.
    const MAX_BYTES: usize = 200;

    /// An id that is a constant in the code.
    pub fn from_static(text: &'static str) -> Self {
        debug_assert!(text.parse::<Self>().is_ok(), "{text} is not an account's id");
        Self(text.to_owned())
    }

    /// The id itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AccountId {
    type Err = NotAnAccountId;

    fn from_str(text: &str) -> Result<Self, NotAnAccountId> {
        text.to_owned().try_into()
    }
}

impl TryFrom<String> for AccountId {
    type Error = NotAnAccountId;

    fn try_from(text: String) -> Result<Self, NotAnAccountId> {
        let is_split = |c: char| c == '#' || c.is_control();
        let fits = (1..=Self::MAX_BYTES).contains(&text.len()) && !text.contains(is_split);
        if fits { Ok(Self(text)) } else { Err(NotAnAccountId) }
    }
}

/// The account id of a tenant is its number.
impl From<u64> for AccountId {
    fn from(tenant: u64) -> Self {
        Self(tenant.to_string())
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text that cannot be an account's id.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("an account's id has 1 to 200 bytes, no # and no control characters")]
pub struct NotAnAccountId;

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.provider.as_str(), self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_id_fits_into_a_table_key() {
        let longest = "a".repeat(200);
        for id in ["acme", "1", "ws_ação", "two words", &longest] {
            assert_eq!(id.parse::<AccountId>().map(|read| read.to_string()), Ok(id.to_owned()));
        }
        let too_long = "a".repeat(201);
        for text in ["", "a#b", "a\nb", "\u{7f}", &too_long] {
            assert_eq!(text.parse::<AccountId>(), Err(NotAnAccountId), "{text:?}");
        }
    }
}
