use crate::{
    model::{Account, ApiKey, ListedKey, Provider, TokenHash},
    table::api_keys::{key_item, read_key},
    table::fault::{StoreError, if_true},
    table::keys::{self, LISTED_KEYS},
    table::lead_table::LeadTable,
    table::put_new::seconds,
};
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Put, TransactWriteItem, Update};
use jiff::Timestamp;
use std::collections::HashSet;

impl LeadTable {
    /// Stores a key and lists it under each of its accounts. Replaces the key with the same token.
    ///
    /// # Errors
    /// If the table cannot be written.
    pub async fn put_api_key(&self, token: &TokenHash, key: ApiKey) -> Result<(), StoreError> {
        self.write_key(token, key, None).await
    }

    /// Stores a key that replaces another key. The old key expires at `until`.
    ///
    /// # Errors
    /// If the table cannot be written.
    pub async fn replace_api_key(
        &self,
        old: &TokenHash,
        until: Timestamp,
        new: &TokenHash,
        key: ApiKey,
    ) -> Result<(), StoreError> {
        let expire = Update::builder()
            .table_name(&self.name)
            .set_key(Some(keys::api_key(old)))
            .update_expression("SET expires_at = :until")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":until", seconds(until))
            .build()?;
        let expire = TransactWriteItem::builder().update(expire).build();
        self.write_key(new, key, Some(expire)).await
    }

    /// Stores a key together with another write. If its account blocks nobody, the key says so, and
    /// functions need not look it up.
    async fn write_key(
        &self,
        token: &TokenHash,
        key: ApiKey,
        other: Option<TransactWriteItem>,
    ) -> Result<(), StoreError> {
        // Deliveries with a key of tenants are of several accounts.
        if key.tenants.is_empty() {
            let blocks_nobody = ConditionCheck::builder()
                .table_name(&self.name)
                .set_key(Some(keys::any_block(&key.account)))
                .condition_expression("attribute_not_exists(pk)")
                .build()?;
            let marked = ApiKey { blocks_nobody: true, ..key.clone() };
            let mut writes = self.key_puts(token, marked)?;
            writes.push(TransactWriteItem::builder().condition_check(blocks_nobody).build());
            writes.extend(other.clone());
            match self.write_all(writes).await {
                Err(StoreError::Canceled) => {}
                done => return done,
            }
        }
        let mut writes = self.key_puts(token, ApiKey { blocks_nobody: false, ..key })?;
        writes.extend(other);
        self.write_all(writes).await
    }

    /// Notes on the keys of an account that it blocks somebody.
    pub(super) async fn note_block_on_keys(&self, account: &Account) -> Result<(), StoreError> {
        let prefix = format!("{account}#");
        for (_, token) in self.listed(LISTED_KEYS, &prefix, keys::read_listed_key).await? {
            let update = self.update_key(&token).update_expression("REMOVE blocks_nobody");
            // A key that has expired may still be listed: then there is nothing to update.
            if_true(update.send().await)?;
        }
        Ok(())
    }

    /// Revokes a key. If it is already revoked, the time does not change.
    ///
    /// # Errors
    /// If the table cannot be written.
    pub async fn revoke_api_key(&self, token: &TokenHash, at: Timestamp) -> Result<(), StoreError> {
        let update = self.update_key(token);
        let update = update.update_expression("SET revoked_at = if_not_exists(revoked_at, :at)");
        let at = AttributeValue::S(at.to_string());
        update.expression_attribute_values(":at", at).send().await?;
        Ok(())
    }

    /// The keys of a provider, or of all providers, sorted by provider and account. Expired and
    /// revoked keys are included until the table deletes them. Items of another shape are left out.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub async fn api_keys(&self, provider: Option<Provider>) -> Result<Vec<ListedKey>, StoreError> {
        let mut listed = self.listed_keys(provider).await?;
        let mut seen = HashSet::new();
        listed.retain(|(_, token)| seen.insert(token.clone()));
        let wanted = listed.into_iter().map(|(_, token)| {
            let key = keys::api_key(&token);
            (token, key)
        });
        let found = self.get_all(wanted.collect()).await?;
        let read = |(token, item)| Some(ListedKey { token, key: self.readable(item, read_key)? });
        Ok(found.into_iter().filter_map(read).collect())
    }

    /// All accounts that have or had a key.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub async fn accounts(&self, provider: Option<Provider>) -> Result<Vec<Account>, StoreError> {
        let listed = self.listed_keys(provider).await?;
        let mut accounts: Vec<_> = listed.into_iter().map(|(account, _)| account).collect();
        accounts.dedup();
        Ok(accounts)
    }

    async fn listed_keys(
        &self,
        provider: Option<Provider>,
    ) -> Result<Vec<(Account, TokenHash)>, StoreError> {
        let prefix =
            provider.map_or_else(String::new, |provider| format!("{}#", provider.as_str()));
        self.listed(LISTED_KEYS, &prefix, keys::read_listed_key).await
    }

    fn key_puts(
        &self,
        token: &TokenHash,
        key: ApiKey,
    ) -> Result<Vec<TransactWriteItem>, StoreError> {
        let mut items: Vec<_> =
            key.accounts().iter().map(|account| keys::listed_key(account, token)).collect();
        items.push(key_item(token, key)?);
        let put = |item| {
            let put = Put::builder().table_name(&self.name).set_item(Some(item)).build()?;
            Ok(TransactWriteItem::builder().put(put).build())
        };
        items.into_iter().map(put).collect()
    }
}
