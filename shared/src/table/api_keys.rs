use super::{LeadTable, StoreError, keys};
use crate::{Account, ApiKey, Provider, TokenHash};
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
        let ApiKeyItem { provider, account: id, expires_at, revoked_at } =
            serde_dynamo::from_item(item)?;
        let account = Account { provider, id };
        let expires_at = expires_at.and_then(|seconds| Timestamp::from_second(seconds).ok());
        Ok(Some(ApiKey { account, expires_at, revoked_at }))
    }

    /// Stores a key, in place of what stood there for the same token.
    ///
    /// # Errors
    /// Where the table could not be written.
    pub async fn put_api_key(&self, token: &TokenHash, key: ApiKey) -> Result<(), StoreError> {
        let ApiKey { account: Account { provider, id }, expires_at, revoked_at } = key;
        let expires_at = expires_at.map(Timestamp::as_second);
        let mut item: super::Item =
            serde_dynamo::to_item(ApiKeyItem { provider, account: id, expires_at, revoked_at })?;
        item.extend(keys::api_key(token));
        self.client.put_item().table_name(&self.name).set_item(Some(item)).send().await?;
        Ok(())
    }
}
