use crate::{
    model::{Account, Entry, EntryId, EntryKey},
    table::directory::entry_item,
    table::fault::{StoreError, if_true},
    table::keys::{self, PK, SK},
    table::lead_table::{Item, LeadTable, PAGE},
};
use serde::Serialize;

impl LeadTable {
    /// The entries of an account with one of these kinds, sorted by kind and id. Items of another
    /// shape are left out.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub async fn entries(
        &self,
        account: &Account,
        kinds: &[&'static str],
    ) -> Result<Vec<(EntryKey, Entry)>, StoreError> {
        let mut entries = Vec::new();
        for kind in kinds {
            let query = self.query_entries(account, kind);
            let mut items = query.limit(PAGE).into_paginator().items().send();
            while let Some(item) = items.try_next().await? {
                entries.extend(self.readable(item, |item| read_entry(kind, item)));
            }
        }
        Ok(entries)
    }

    /// Stores entries and replaces the old ones. If it fails, some entries may be stored.
    ///
    /// # Errors
    /// If the table cannot be written.
    pub async fn put_entries(
        &self,
        account: &Account,
        entries: &[(EntryKey, Entry)],
    ) -> Result<(), StoreError> {
        let items = entries.iter().map(|(key, entry)| entry_item(account, key, entry));
        self.put_all_items(items.collect::<Result<_, _>>()?).await
    }

    /// Stores an entry if there is none with this key.
    ///
    /// # Errors
    /// If the table cannot be written.
    pub async fn put_new_entry(
        &self,
        account: &Account,
        key: &EntryKey,
        entry: &impl Serialize,
    ) -> Result<(), StoreError> {
        let put = self.client.put_item().table_name(&self.name);
        let put = put.set_item(Some(entry_item(account, key, entry)?));
        if_true(put.condition_expression("attribute_not_exists(pk)").send().await)?;
        Ok(())
    }

    /// Deletes an entry. False if there was none.
    ///
    /// # Errors
    /// If the table cannot be written.
    pub async fn delete_entry(
        &self,
        account: &Account,
        key: &EntryKey,
    ) -> Result<bool, StoreError> {
        self.delete(keys::entry(account, key)).await
    }
}

fn read_entry(kind: &'static str, mut item: Item) -> Result<(EntryKey, Entry), StoreError> {
    let sk = item.get(SK).and_then(|sk| sk.as_s().ok());
    let id = sk.and_then(|sk| sk.split_once('#')?.1.parse::<EntryId>().ok());
    let unnamed = || StoreError::Unexpected(format!("a {kind} without an id"));
    let key = EntryKey::new(kind, id.ok_or_else(unnamed)?);
    item.retain(|name, _| name != PK && name != SK);
    Ok((key, serde_dynamo::from_item(item)?))
}
