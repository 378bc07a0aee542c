use super::{
    Item, LeadTable, StoreError,
    keys::{self, LISTED_KEYS, PK, SK},
    put_new::seconds,
};
use crate::{Account, ApiKey, ListedKey, Provider, TokenHash};
use aws_sdk_dynamodb::{
    operation::update_item::builders::UpdateItemFluentBuilder,
    types::{AttributeValue, Put, TransactWriteItem, Update},
};
use ipnet::IpNet;
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};

/// An API key as it stands in the table.
#[derive(Serialize, Deserialize)]
struct ApiKeyItem {
    provider: Provider,
    account: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    created_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_used_on: Option<Date>,
    /// Also the time-to-live attribute, so Unix seconds.
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
}

impl LeadTable {
    /// The key that a token stands for, expired and revoked ones included.
    ///
    /// # Errors
    /// Where the table could not be read.
    pub async fn get_api_key(&self, token: &TokenHash) -> Result<Option<ApiKey>, StoreError> {
        self.get(keys::api_key(token)).await?.map(read_key).transpose()
    }

    /// Stores a key, in place of what stood there for the same token, and lists it under
    /// each account it opens.
    ///
    /// # Errors
    /// Where the table could not be written.
    pub async fn put_api_key(&self, token: &TokenHash, key: ApiKey) -> Result<(), StoreError> {
        self.write_all(self.key_puts(token, key)?).await
    }

    /// Stores a key that takes the place of another, which is good until `until`.
    ///
    /// # Errors
    /// Where the table could not be written.
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
        let mut writes = self.key_puts(new, key)?;
        writes.push(TransactWriteItem::builder().update(expire).build());
        self.write_all(writes).await
    }

    /// Revokes a key; one that is revoked already stays so from when it was.
    ///
    /// # Errors
    /// Where the table could not be written.
    pub async fn revoke_api_key(&self, token: &TokenHash, at: Timestamp) -> Result<(), StoreError> {
        let update = self.update_key(token);
        let update = update.update_expression("SET revoked_at = if_not_exists(revoked_at, :at)");
        let at = AttributeValue::S(at.to_string());
        update.expression_attribute_values(":at", at).send().await?;
        Ok(())
    }

    /// Writes down the day on which somebody came with a key.
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

    /// The keys of a provider, or of all, expired and revoked ones included as long as the
    /// table has them; by provider and account.
    ///
    /// # Errors
    /// Where the table could not be read.
    pub async fn api_keys(&self, provider: Option<Provider>) -> Result<Vec<ListedKey>, StoreError> {
        let mut listed = self.listed_keys(provider).await?;
        let mut seen = HashSet::new();
        listed.retain(|(_, token)| seen.insert(token.clone()));
        let wanted = listed.iter().map(|(_, token)| keys::api_key(token)).collect();
        let mut items: HashMap<_, _> = self
            .get_all(wanted)
            .await?
            .into_iter()
            .filter_map(|item| Some((item.get(PK)?.as_s().ok()?.clone(), item)))
            .collect();
        let mut keys = Vec::new();
        for (_, token) in listed {
            let found = keys::api_key(&token)[PK].as_s().ok().and_then(|pk| items.remove(pk));
            if let Some(item) = found {
                keys.push(ListedKey { key: read_key(item)?, token });
            }
        }
        Ok(keys)
    }

    /// Every account that was ever given a key.
    ///
    /// # Errors
    /// Where the table could not be read.
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
        let prefix = provider.map(|provider| format!("{}#", provider.as_str()));
        let query = self.client.query().table_name(&self.name).consistent_read(true);
        let query = query.expression_attribute_values(":keys", text(LISTED_KEYS));
        let query = match prefix {
            Some(prefix) => query
                .key_condition_expression("pk = :keys AND begins_with(sk, :prefix)")
                .expression_attribute_values(":prefix", text(&prefix)),
            None => query.key_condition_expression("pk = :keys"),
        };
        let items = query.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await?;
        let listed = items.iter().map(|item| {
            let sk = item.get(SK).and_then(|sk| sk.as_s().ok());
            sk.and_then(|sk| keys::read_listed_key(sk))
                .ok_or_else(|| StoreError::Unexpected("a listed key of another shape".to_owned()))
        });
        listed.collect()
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

    /// An update of a key that is there.
    fn update_key(&self, token: &TokenHash) -> UpdateItemFluentBuilder {
        let update = self.client.update_item().table_name(&self.name);
        update.set_key(Some(keys::api_key(token))).condition_expression("attribute_exists(pk)")
    }
}

fn key_item(token: &TokenHash, key: ApiKey) -> Result<Item, StoreError> {
    let mut item: Item = serde_dynamo::to_item(ApiKeyItem {
        provider: key.account.provider,
        account: key.account.id,
        label: key.label,
        created_at: key.created_at,
        last_used_on: key.last_used_on,
        expires_at: key.expires_at.map(Timestamp::as_second),
        revoked_at: key.revoked_at,
        secret: key.secret.map(|secret| secret.as_str().to_owned()),
        tenants: key.tenants,
        networks: key.networks,
    })?;
    item.extend(keys::api_key(token));
    Ok(item)
}

fn read_key(item: Item) -> Result<ApiKey, StoreError> {
    let item: ApiKeyItem = serde_dynamo::from_item(item)?;
    Ok(ApiKey {
        account: Account { provider: item.provider, id: item.account },
        label: item.label,
        created_at: item.created_at,
        last_used_on: item.last_used_on,
        // A time that no clock reaches is no expiry.
        expires_at: item.expires_at.and_then(|second| Timestamp::from_second(second).ok()),
        revoked_at: item.revoked_at,
        secret: item.secret.map(TokenHash::from_hex),
        tenants: item.tenants,
        networks: item.networks,
    })
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}
