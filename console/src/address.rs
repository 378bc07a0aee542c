//! The addresses of pages, and what they name.

use crate::page::Failed;
use shared::model::{Account, AccountId, HeldId, LeadId, Provider};

/// Reads the name of a provider; an empty text selects all.
pub(crate) fn read_provider(text: &str) -> Result<Option<Provider>, Failed> {
    if text.is_empty() {
        return Ok(None);
    }
    let provider = text.parse::<Provider>();
    provider.map(Some).map_err(|_| Failed::missing(format!("there is no provider {text}")))
}

/// Reads the account of a page's address.
pub(crate) fn read_account(provider: &str, id: String) -> Result<Account, Failed> {
    let missing = || Failed::missing("there is no such account");
    let provider = read_provider(provider)?.ok_or_else(missing)?;
    Ok(Account { provider, id: AccountId::try_from(id).map_err(|_| missing())? })
}

/// Where a lead is shown.
pub(crate) fn lead_path(account: &Account, id: LeadId) -> String {
    format!("/console/leads/{}/{}/{id}", account.provider.as_str(), encoded(account.id.as_str()))
}

/// Where a held delivery is shown.
pub(crate) fn held_path(account: &Account, id: &HeldId) -> String {
    let (provider, account) = (account.provider.as_str(), encoded(account.id.as_str()));
    format!("/console/held/{provider}/{account}/{id}")
}

/// A text as one segment of a path.
pub(crate) fn encoded(text: &str) -> String {
    askama::filters::urlencode_strict(text).map(|text| text.to_string()).unwrap_or_default()
}
