//! Reads and writes many items at a time.

use super::{
    item::{Item, PK, SK, text},
    lead_table::LeadTable,
    store_error::StoreError,
};
use aws_sdk_dynamodb::types::{DeleteRequest, KeysAndAttributes, PutRequest, WriteRequest};
use std::{collections::HashMap, time::Duration};

/// How many items DynamoDB reads in one batch.
const READ_BATCH: usize = 100;
/// How many items DynamoDB writes in one batch.
const WRITE_BATCH: usize = 25;
/// How often a batch is sent if DynamoDB processes nothing of it.
const BATCH_ATTEMPTS: u32 = 5;
/// How long to wait before the second of these attempts. The time doubles with each attempt.
const BATCH_BACKOFF: Duration = Duration::from_millis(25);

/// The waits between the attempts of a batch. The SDK does not send again what DynamoDB left
/// unprocessed.
#[derive(Default)]
struct Backoff {
    /// How many attempts in a row DynamoDB processed nothing.
    failures: u32,
}

impl Backoff {
    /// Waits before the next attempt. After an attempt that made progress there is no wait: a batch
    /// of large items may need many attempts.
    ///
    /// # Errors
    /// If there were enough attempts without progress.
    async fn wait(&mut self, made_progress: bool) -> Result<(), StoreError> {
        if made_progress {
            self.failures = 0;
            return Ok(());
        }
        self.failures += 1;
        if self.failures == BATCH_ATTEMPTS {
            return Err(StoreError::Unavailable("busy"));
        }
        tokio::time::sleep(BATCH_BACKOFF * 2_u32.pow(self.failures - 1)).await;
        Ok(())
    }
}

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

    /// Reads a batch, with as many requests as necessary.
    async fn get_batch(&self, keys: Vec<Item>) -> Result<Vec<Item>, StoreError> {
        let wanted =
            KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build()?;
        let mut wanted = HashMap::from([(self.name.clone(), wanted)]);
        let mut items = Vec::new();
        let mut backoff = Backoff::default();
        loop {
            let sent = count_keys(&wanted);
            let batch = self.client.batch_get_item().set_request_items(Some(wanted)).send().await?;
            let found = batch.responses.unwrap_or_default().remove(&self.name).unwrap_or_default();
            let left = batch.unprocessed_keys.unwrap_or_default();
            items.extend(found);
            if left.is_empty() {
                return Ok(items);
            }
            let made_progress = count_keys(&left) < sent;
            wanted = left;
            backoff.wait(made_progress).await?;
        }
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

    /// Writes a batch, with as many requests as necessary.
    async fn write_batch(&self, mut writes: Vec<WriteRequest>) -> Result<(), StoreError> {
        let mut backoff = Backoff::default();
        loop {
            let wanted = HashMap::from([(self.name.clone(), writes.clone())]);
            let write = self.client.batch_write_item().set_request_items(Some(wanted));
            let left = write.send().await?.unprocessed_items.unwrap_or_default().remove(&self.name);
            let left = left.unwrap_or_default();
            if left.is_empty() {
                return Ok(());
            }
            let made_progress = left.len() < writes.len();
            writes = left;
            backoff.wait(made_progress).await?;
        }
    }
}

fn count_keys(wanted: &HashMap<String, KeysAndAttributes>) -> usize {
    wanted.values().map(|wanted| wanted.keys().len()).sum()
}

/// The values of an item's key. All keys of this table are text.
fn position(item: &Item) -> [Option<String>; 2] {
    [PK, SK].map(|name| text(item, name).cloned())
}
