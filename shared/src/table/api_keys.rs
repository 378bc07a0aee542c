use super::{Item, LeadTable, StoreError, keys};
use crate::{Account, ApiKey, Provider, TokenHash};
use ipnet::IpNet;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// An API key as it stands in the table.
#[derive(Serialize, Deserialize)]
struct ApiKeyItem {
    provider: Provider,
    account: String,
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
        let Some(item) = self.get(keys::api_key(token)).await? else {
            return Ok(None);
        };
        let item: ApiKeyItem = serde_dynamo::from_item(item)?;
        Ok(Some(ApiKey {
            account: Account { provider: item.provider, id: item.account },
            // A time that no clock reaches is no expiry.
            expires_at: item.expires_at.and_then(|second| Timestamp::from_second(second).ok()),
            revoked_at: item.revoked_at,
            secret: item.secret.map(TokenHash::from_hex),
            tenants: item.tenants,
            networks: item.networks,
        }))
    }

    /// Stores a key, in place of what stood there for the same token.
    ///
    /// # Errors
    /// Where the table could not be written.
    pub async fn put_api_key(&self, token: &TokenHash, key: ApiKey) -> Result<(), StoreError> {
        let mut item: Item = serde_dynamo::to_item(ApiKeyItem {
            provider: key.account.provider,
            account: key.account.id,
            expires_at: key.expires_at.map(Timestamp::as_second),
            revoked_at: key.revoked_at,
            secret: key.secret.map(|secret| secret.as_str().to_owned()),
            tenants: key.tenants,
            networks: key.networks,
        })?;
        item.extend(keys::api_key(token));
        self.client.put_item().table_name(&self.name).set_item(Some(item)).send().await?;
        Ok(())
    }
}
