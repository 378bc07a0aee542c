//! Reads and writes many items at a time.

use super::{
    fault::StoreError,
    keys::{PK, SK},
    lead_table::{Item, LeadTable},
};
use aws_sdk_dynamodb::types::{DeleteRequest, KeysAndAttributes, PutRequest, WriteRequest};
use std::{collections::HashMap, time::Duration};

/// How many items DynamoDB reads in one batch.
const READ_BATCH: usize = 100;
/// How many items DynamoDB writes in one batch.
const WRITE_BATCH: usize = 25;
/// How often a batch is sent if DynamoDB processes nothing of it.
const BATCH_ATTEMPTS: u32 = 5;
/// How long to wait before the second attempt. The time doubles with each attempt.
const BATCH_BACKOFF: Duration = Duration::from_millis(25);

impl LeadTable {
    /// Reads items by their keys. Returns those that exist, in the order of `wanted`, each with the
    /// caller's value for it.
    pub(crate) async fn get_all<T>(
        &self,
        wanted: Vec<(T, Item)>,
    ) -> Result<Vec<(T, Item)>, StoreError> {
        let mut items = HashMap::new();
        let keys: Vec<_> = wanted.iter().map(|(_, key)| key.clone()).collect();
        for batch in keys.chunks(READ_BATCH) {
            let found = self.get_batch(batch.to_vec()).await?;
            items.extend(found.into_iter().map(|item| (position(&item), item)));
        }
        let found = wanted.into_iter().filter_map(|(name, key)| {
            let item = items.remove(&position(&key))?;
            Some((name, item))
        });
        Ok(found.collect())
    }

    /// Reads a batch. Requests the unprocessed keys again, because the SDK does not.
    async fn get_batch(&self, keys: Vec<Item>) -> Result<Vec<Item>, StoreError> {
        let wanted =
            KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build()?;
        let mut wanted = HashMap::from([(self.name.clone(), wanted)]);
        let mut items = Vec::new();
        let mut attempt = 0;
        while attempt < BATCH_ATTEMPTS {
            let batch = self.client.batch_get_item().set_request_items(Some(wanted)).send().await?;
            let found = batch.responses.unwrap_or_default().remove(&self.name).unwrap_or_default();
            wanted = batch.unprocessed_keys.unwrap_or_default();
            if wanted.is_empty() {
                items.extend(found);
                return Ok(items);
            }
            // A batch ends at 16 MB. If it returned some items, the rest is requested at once.
            attempt = if found.is_empty() { attempt + 1 } else { 0 };
            items.extend(found);
            if attempt > 0 {
                tokio::time::sleep(BATCH_BACKOFF * 2_u32.pow(attempt - 1)).await;
            }
        }
        Err(StoreError::Unavailable("busy"))
    }

    /// Writes items and replaces the old ones. If it fails, some may be written.
    pub(crate) async fn put_all_items(&self, items: Vec<Item>) -> Result<(), StoreError> {
        let put = |item| {
            let put = PutRequest::builder().set_item(Some(item)).build()?;
            Ok(WriteRequest::builder().put_request(put).build())
        };
        self.write_batches(items.into_iter().map(put).collect::<Result<_, StoreError>>()?).await
    }

    /// Deletes the items with these keys. If it fails, some may be deleted.
    pub(crate) async fn delete_all_items(&self, keys: Vec<Item>) -> Result<(), StoreError> {
        let delete = |key| {
            let delete = DeleteRequest::builder().set_key(Some(key)).build()?;
            Ok(WriteRequest::builder().delete_request(delete).build())
        };
        self.write_batches(keys.into_iter().map(delete).collect::<Result<_, StoreError>>()?).await
    }

    async fn write_batches(&self, writes: Vec<WriteRequest>) -> Result<(), StoreError> {
        for batch in writes.chunks(WRITE_BATCH) {
            self.write_batch(batch.to_vec()).await?;
        }
        Ok(())
    }

    /// Writes a batch, and writes the unprocessed items again. Attempts that make progress do not
    /// count: a partition may need many attempts for large items.
    async fn write_batch(&self, mut writes: Vec<WriteRequest>) -> Result<(), StoreError> {
        let mut attempt = 0;
        while attempt < BATCH_ATTEMPTS {
            let wanted = HashMap::from([(self.name.clone(), writes.clone())]);
            let write = self.client.batch_write_item().set_request_items(Some(wanted));
            let left = write.send().await?.unprocessed_items.unwrap_or_default().remove(&self.name);
            let left = left.unwrap_or_default();
            if left.is_empty() {
                return Ok(());
            }
            attempt = if left.len() < writes.len() { 0 } else { attempt + 1 };
            writes = left;
            tokio::time::sleep(BATCH_BACKOFF * 2_u32.pow(attempt)).await;
        }
        Err(StoreError::Unavailable("busy"))
    }
}

/// The values of an item's key. All keys of this table are text.
fn position(item: &Item) -> [Option<String>; 2] {
    [PK, SK].map(|name| item.get(name).and_then(|value| value.as_s().ok()).cloned())
}
