use super::{failure::Failure, open_table::OpenTable};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use shared::model::{Account, AccountId, Provider};

/// The accounts whose leads to use.
#[derive(clap::Args)]
pub(super) struct AccountOptions {
    /// Only of this provider
    #[arg(long, short, global = true, value_parser = provider_parser())]
    pub(super) provider: Option<Provider>,
    /// Only of this account
    #[arg(long, short, global = true)]
    pub(super) account: Option<AccountId>,
}

/// One account, which must be named.
#[derive(clap::Args)]
pub(super) struct OneAccount {
    /// The provider
    #[arg(long, short, value_parser = provider_parser())]
    provider: Provider,
    /// The account: its name at the provider (workspace, tenant)
    #[arg(long, short)]
    account: AccountId,
}

impl AccountOptions {
    /// The selected accounts; without a selection, all that have or had a key.
    pub(super) async fn find(&self, opened: &OpenTable) -> Result<Vec<Account>, Failure> {
        let mut accounts = opened.table.accounts(self.provider).await?;
        accounts.retain(|account| self.account.as_ref().is_none_or(|id| *id == account.id));
        if accounts.is_empty() {
            let place = &opened.place;
            let text =
                format!("no such account ever had a key {place}; `leadhook keys create` makes one");
            return Err(Failure::NotFound(text));
        }
        Ok(accounts)
    }
}

impl OneAccount {
    pub(super) fn account(&self) -> Account {
        Account { provider: self.provider, id: self.account.clone() }
    }
}

/// Reads a provider's name; shells complete it.
pub(super) fn provider_parser() -> impl TypedValueParser<Value = Provider> {
    let names = PossibleValuesParser::new(Provider::ALL.map(Provider::as_str));
    names.try_map(|name| name.parse::<Provider>())
}
