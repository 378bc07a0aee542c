use shared::model::{Account, Provider};

/// The account of a provider with this id.
pub fn account(provider: Provider, id: &str) -> Account {
    Account { provider, id: id.parse().unwrap() }
}
