use super::{
    blocks::any_block_key,
    item::{Item, key, read_listed, seconds},
    lead_table::LeadTable,
    store_error::{StoreError, if_true},
};
use crate::model::{Account, AccountId, ApiKey, ListedKey, Provider, RateLimit, Scope, TokenHash};
use aws_sdk_dynamodb::{
    operation::update_item::builders::UpdateItemFluentBuilder,
    types::{AttributeValue, ConditionCheck, TransactWriteItem, Update},
};
use ipnet::IpNet;
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashSet};

/// The partition that lists all API keys of all accounts.
const LISTED_KEYS: &str = "keys";

/// An API key as it is stored in the table.
#[derive(Serialize, Deserialize)]
struct ApiKeyItem {
    provider: Provider,
    account: AccountId,
    #[serde(default = "ApiKey::default_scopes")]
    scopes: BTreeSet<Scope>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rate_limit: Option<RateLimit>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_lenient: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    created_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_used_on: Option<Date>,
    /// It is also the time-to-live attribute, so it is in Unix seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    revoked_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tenants: Vec<u64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    networks: Vec<IpNet>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    blocks_nobody: bool,
}

impl LeadTable {
    /// The API key of a token, even if it is expired or revoked.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub async fn get_api_key(&self, token: &TokenHash) -> Result<Option<ApiKey>, StoreError> {
        self.get(token_key(token)).await?.map(read_key).transpose()
    }

    /// Writes the day on which a key was used.
    pub(crate) async fn note_key_use(
        &self,
        token: &TokenHash,
        day: Date,
    ) -> Result<(), StoreError> {
        let update = self.update_key(token).update_expression("SET last_used_on = :day");
        let day = AttributeValue::S(day.to_string());
        update.expression_attribute_values(":day", day).send().await?;
        Ok(())
    }

    /// An update of a key that must exist.
    pub(crate) fn update_key(&self, token: &TokenHash) -> UpdateItemFluentBuilder {
        let update = self.client.update_item().table_name(&self.name);
        update.set_key(Some(token_key(token))).condition_expression("attribute_exists(pk)")
    }

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
            .set_key(Some(token_key(old)))
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
                .set_key(Some(any_block_key(&key.account)))
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
        for (_, token) in self.listed(LISTED_KEYS, &prefix, read_listed_key).await? {
            let update = self.update_key(&token).update_expression("REMOVE blocks_nobody");
            // A key that has expired may still be listed: then there is nothing to update.
            if_true(update.send().await)?;
        }
        Ok(())
    }

    /// Changes what a key may do, its limit and whether it is lenient. Instances that have looked it
    /// up follow within a minute.
    ///
    /// # Errors
    /// If the table cannot be written, or if there is no such key.
    pub async fn update_api_key(&self, token: &TokenHash, key: &ApiKey) -> Result<(), StoreError> {
        const SET: &str = "SET scopes = :scopes, is_lenient = :is_lenient";
        let update = self
            .update_key(token)
            .expression_attribute_values(":scopes", serde_dynamo::to_attribute_value(&key.scopes)?)
            .expression_attribute_values(":is_lenient", AttributeValue::Bool(key.is_lenient));
        let update = match key.limit {
            None => update.update_expression(format!("{SET} REMOVE rate_limit")),
            Some(limit) => update
                .update_expression(format!("{SET}, rate_limit = :limit"))
                .expression_attribute_values(":limit", AttributeValue::S(limit.to_string())),
        };
        update.send().await?;
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
            let key = token_key(&token);
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
        let prefix = provider.map(|provider| format!("{}#", provider.as_str())).unwrap_or_default();
        self.listed(LISTED_KEYS, &prefix, read_listed_key).await
    }

    fn key_puts(
        &self,
        token: &TokenHash,
        key: ApiKey,
    ) -> Result<Vec<TransactWriteItem>, StoreError> {
        let mut items: Vec<_> =
            key.accounts().iter().map(|account| listed_key(account, token)).collect();
        items.push(key_item(token, key)?);
        items.into_iter().map(|item| self.put_of(item)).collect()
    }
}

fn token_key(token: &TokenHash) -> Item {
    key(format!("key#{}", token.as_str()), "key".to_owned())
}

fn listed_key(account: &Account, token: &TokenHash) -> Item {
    key(LISTED_KEYS.to_owned(), format!("{account}#{}", token.as_str()))
}

fn read_listed_key(sk: &str) -> Option<(Account, TokenHash)> {
    let (account, hash) = read_listed(sk)?;
    Some((account, TokenHash::from_hex(hash.to_owned())?))
}

fn key_item(token: &TokenHash, key: ApiKey) -> Result<Item, StoreError> {
    let mut item: Item = serde_dynamo::to_item(ApiKeyItem {
        provider: key.account.provider,
        account: key.account.id,
        scopes: key.scopes,
        rate_limit: key.limit,
        is_lenient: key.is_lenient,
        label: key.label,
        created_at: key.created_at,
        last_used_on: key.last_used_on,
        expires_at: key.expires_at.map(Timestamp::as_second),
        revoked_at: key.revoked_at,
        secret: key.secret.map(|secret| secret.as_str().to_owned()),
        tenants: key.tenants,
        networks: key.networks,
        blocks_nobody: key.blocks_nobody,
    })?;
    item.extend(token_key(token));
    Ok(item)
}

fn read_key(item: Item) -> Result<ApiKey, StoreError> {
    let item: ApiKeyItem = serde_dynamo::from_item(item)?;
    Ok(ApiKey {
        account: Account { provider: item.provider, id: item.account },
        scopes: item.scopes,
        limit: item.rate_limit,
        is_lenient: item.is_lenient,
        label: item.label,
        created_at: item.created_at,
        last_used_on: item.last_used_on,
        // A time outside the range of timestamps means that the key never expires.
        expires_at: item.expires_at.and_then(|second| Timestamp::from_second(second).ok()),
        revoked_at: item.revoked_at,
        secret: item.secret.and_then(TokenHash::from_hex),
        tenants: item.tenants,
        networks: item.networks,
        blocks_nobody: item.blocks_nobody,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::tests::{account, second, token_hash},
        table::item::{SK, text},
    };
    use proptest::{
        collection::{btree_set, vec},
        option::of,
        prelude::*,
        sample::select,
    };

    fn api_key() -> impl Strategy<Value = ApiKey> {
        let times = (of(second()), of(second()), of(second()));
        let network =
            any::<[u8; 4]>().prop_map(|octets| IpNet::from(std::net::IpAddr::from(octets)));
        let scopes = btree_set(select(&Scope::ALL[..]), 0..=3);
        let lists = (vec(any::<u64>(), 0..4), vec(network, 0..4), scopes);
        let flags = (of(".*"), of(token_hash()), any::<bool>(), any::<bool>());
        let limit = of(select(&["1/min", "1000/h"][..]));
        let all = (account(), times, lists, flags, limit);
        all.prop_map(|(account, times, lists, flags, limit)| ApiKey {
            account,
            scopes: lists.2,
            limit: limit.map(|limit| limit.parse().unwrap()),
            is_lenient: flags.3,
            label: flags.0,
            created_at: times.0,
            last_used_on: times.0.map(|at| at.to_zoned(jiff::tz::TimeZone::UTC).date()),
            expires_at: times.1,
            revoked_at: times.2,
            secret: flags.1,
            tenants: lists.0,
            networks: lists.1,
            blocks_nobody: flags.2,
        })
    }

    proptest! {
        #[test]
        fn a_key_is_read_as_it_was_written(token in token_hash(), key in api_key()) {
            let item = key_item(&token, key.clone()).unwrap();
            prop_assert_eq!(read_key(item).unwrap(), key);
        }

        #[test]
        fn a_listed_key_is_read_as_it_was_written(account in account(), token in token_hash()) {
            let item = listed_key(&account, &token);
            prop_assert_eq!(read_listed_key(text(&item, SK).unwrap()), Some((account, token)));
        }
    }
}
