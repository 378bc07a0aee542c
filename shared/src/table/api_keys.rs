use super::{
    fault::StoreError,
    keys,
    lead_table::{Item, LeadTable},
};
use crate::model::{Account, AccountId, ApiKey, Provider, TokenHash};
use aws_sdk_dynamodb::{
    operation::update_item::builders::UpdateItemFluentBuilder, types::AttributeValue,
};
use ipnet::IpNet;
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

/// An API key as it is stored in the table.
#[derive(Serialize, Deserialize)]
struct ApiKeyItem {
    provider: Provider,
    account: AccountId,
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
        self.get(keys::api_key(token)).await?.map(read_key).transpose()
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
        update.set_key(Some(keys::api_key(token))).condition_expression("attribute_exists(pk)")
    }
}

pub(crate) fn key_item(token: &TokenHash, key: ApiKey) -> Result<Item, StoreError> {
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
        blocks_nobody: key.blocks_nobody,
    })?;
    item.extend(keys::api_key(token));
    Ok(item)
}

pub(crate) fn read_key(item: Item) -> Result<ApiKey, StoreError> {
    let item: ApiKeyItem = serde_dynamo::from_item(item)?;
    Ok(ApiKey {
        account: Account { provider: item.provider, id: item.account },
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
