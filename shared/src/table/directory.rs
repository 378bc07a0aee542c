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

impl LeadTable {
    /// Those of the entries that exist, read in one request.
    pub(crate) async fn get_entries(
        &self,
        account: &Account,
        keys: Vec<EntryKey>,
    ) -> Result<Vec<(EntryKey, Entry)>, StoreError> {
        let wanted = keys.iter().map(|key| keys::entry(account, key)).collect();
        let wanted =
            KeysAndAttributes::builder().set_keys(Some(wanted)).consistent_read(true).build()?;
        let batch = self.client.batch_get_item().request_items(&self.name, wanted).send().await?;
        if batch.unprocessed_keys.is_some_and(|unprocessed| !unprocessed.is_empty()) {
            return Err(StoreError::Unavailable("busy"));
        }
        let items = batch.responses.unwrap_or_default().remove(&self.name).unwrap_or_default();
        let mut found = Vec::new();
        for key in keys {
            if let Some(item) = items.iter().find(|item| stands_at(item, &key)) {
                found.push((key, serde_dynamo::from_item(item.clone())?));
            }
        }
        Ok(found)
    }

    pub(crate) async fn put_entry(
        &self,
        account: &Account,
        key: &EntryKey,
        entry: &impl Serialize,
    ) -> Result<(), StoreError> {
        let mut item: Item = serde_dynamo::to_item(entry)?;
        item.extend(keys::entry(account, key));
        self.client.put_item().table_name(&self.name).set_item(Some(item)).send().await?;
        Ok(())
    }
}

fn stands_at(item: &Item, key: &EntryKey) -> bool {
    item.get(SK).and_then(|sk| sk.as_s().ok()).is_some_and(|sk| *sk == key.sort_key())
}
