use super::{
    Item, LeadTable, StoreError,
    keys::{self, SK},
};
use crate::{
    Account,
    directory::{Entry, EntryKey},
};
use aws_sdk_dynamodb::types::KeysAndAttributes;
use serde::Serialize;
use std::{collections::HashMap, time::Duration};

/// How often a batch is asked for again that came back in part.
const BATCH_ATTEMPTS: u32 = 5;
/// How long to wait before that, at first; each time it doubles.
const BATCH_BACKOFF: Duration = Duration::from_millis(25);

impl LeadTable {
    /// Those of the entries that exist, read in one request.
    pub(crate) async fn get_entries(
        &self,
        account: &Account,
        keys: Vec<EntryKey>,
    ) -> Result<Vec<(EntryKey, Entry)>, StoreError> {
        let wanted = keys.iter().map(|key| keys::entry(account, key)).collect();
        let items = self.get_batch(wanted).await?;
        let mut found = Vec::new();
        for key in keys {
            if let Some(item) = items.iter().find(|item| stands_at(item, &key)) {
                found.push((key, serde_dynamo::from_item(item.clone())?));
            }
        }
        Ok(found)
    }

    /// Reads items in one batch, and what DynamoDB left out of it in another: the SDK takes
    /// a part for the whole.
    async fn get_batch(&self, keys: Vec<Item>) -> Result<Vec<Item>, StoreError> {
        let wanted =
            KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build()?;
        let mut wanted = HashMap::from([(self.name.clone(), wanted)]);
        let mut items = Vec::new();
        for attempt in 0..BATCH_ATTEMPTS {
            let batch = self.client.batch_get_item().set_request_items(Some(wanted)).send().await?;
            let found = batch.responses.unwrap_or_default().remove(&self.name);
            items.extend(found.unwrap_or_default());
            wanted = batch.unprocessed_keys.unwrap_or_default();
            if wanted.is_empty() {
                return Ok(items);
            }
            tokio::time::sleep(BATCH_BACKOFF * 2_u32.pow(attempt)).await;
        }
        Err(StoreError::Unavailable("busy"))
    }

    pub(crate) async fn put_new_entry(
        &self,
        account: &Account,
        key: &EntryKey,
        entry: &impl Serialize,
    ) -> Result<(), StoreError> {
        let mut item: Item = serde_dynamo::to_item(entry)?;
        item.extend(keys::entry(account, key));
        let put = self.client.put_item().table_name(&self.name).set_item(Some(item));
        match put.condition_expression("attribute_not_exists(pk)").send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(fault) if fault.is_conditional_check_failed_exception() => Ok(()),
                _ => Err(error.into()),
            },
        }
    }
}

fn stands_at(item: &Item, key: &EntryKey) -> bool {
    item.get(SK).and_then(|sk| sk.as_s().ok()).is_some_and(|sk| *sk == key.sort_key())
}
