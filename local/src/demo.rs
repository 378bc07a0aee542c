use providers::{about, demo_entries};
use shared::{
    model::{Account, AccountId, ApiKey, Provider, Scope, TokenHash},
    provider::Demo,
    table::{LeadTable, StoreError},
};

/// Creates the demo accounts in a table, one for each provider. Their credentials are public, so
/// only the embedded table gets them.
///
/// Items that exist are not changed: a revoked key stays revoked.
///
/// # Errors
/// If the table cannot be read or written.
pub async fn seed_demo_accounts(table: &LeadTable) -> Result<(), StoreError> {
    for provider in Provider::ALL {
        let Demo { account, key, secret, tenants, .. } = &about(provider).demo;
        let account = Account { provider, id: AccountId::from_static(account) };
        let token = TokenHash::of(key);
        if table.get_api_key(&token).await?.is_none() {
            let secret = secret.map(TokenHash::of);
            let (scopes, tenants) = (Scope::ALL.into(), tenants.to_vec());
            let key = ApiKey { scopes, secret, tenants, ..ApiKey::new(account.clone()) };
            table.put_api_key(&token, key).await?;
        }
        let entries = demo_entries(provider).map_err(StoreError::Unexpected)?;
        for (key, entry) in entries {
            table.put_new_entry(&account, &key, &entry).await?;
        }
    }
    Ok(())
}
