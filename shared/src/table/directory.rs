use super::{
    item::{Item, PK, SK, key, text},
    lead_table::{LeadTable, PAGE},
    store_error::{StoreError, if_true},
};
use crate::model::{Account, Entry, EntryId, EntryKey};
use aws_sdk_dynamodb::{operation::query::builders::QueryFluentBuilder, types::Select};
use serde::Serialize;

impl LeadTable {
    /// The entries that exist, read in one request.
    pub(crate) async fn get_entries(
        &self,
        account: &Account,
        keys: Vec<EntryKey>,
    ) -> Result<Vec<(EntryKey, Entry)>, StoreError> {
        let wanted = keys.into_iter().map(|entry| {
            let key = entry_key(account, &entry);
            (entry, key)
        });
        let found = self.get_all(wanted.collect()).await?;
        found.into_iter().map(|(key, item)| Ok((key, serde_dynamo::from_item(item)?))).collect()
    }

    /// Whether an account has any entries of a kind.
    pub(crate) async fn has_entries(
        &self,
        account: &Account,
        kind: &'static str,
    ) -> Result<bool, StoreError> {
        let query = self.query_entries(account, kind).limit(1).select(Select::Count);
        Ok(query.send().await?.count > 0)
    }

    /// A query of an account's entries of a kind.
    pub(crate) fn query_entries(
        &self,
        account: &Account,
        kind: &'static str,
    ) -> QueryFluentBuilder {
        let first = first_entry_key(account, kind);
        let query = self.query();
        query
            .key_condition_expression("pk = :account AND begins_with(sk, :kind)")
            .expression_attribute_values(":account", first[PK].clone())
            .expression_attribute_values(":kind", first[SK].clone())
    }

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
        self.delete(entry_key(account, key)).await
    }
}

fn entry_key(account: &Account, entry: &EntryKey) -> Item {
    key(format!("directory#{account}"), entry.sort_key())
}

/// The beginning of the keys of all entries of a kind.
fn first_entry_key(account: &Account, kind: &str) -> Item {
    key(format!("directory#{account}"), format!("{kind}#"))
}

fn entry_item(
    account: &Account,
    key: &EntryKey,
    entry: &impl Serialize,
) -> Result<Item, StoreError> {
    let mut item: Item = serde_dynamo::to_item(entry)?;
    item.extend(entry_key(account, key));
    Ok(item)
}

fn read_entry(kind: &'static str, mut item: Item) -> Result<(EntryKey, Entry), StoreError> {
    let sk = text(&item, SK);
    let id = sk.and_then(|sk| sk.split_once('#')?.1.parse::<EntryId>().ok());
    let unnamed = || StoreError::Unexpected(format!("a {kind} without an id"));
    let key = EntryKey::new(kind, id.ok_or_else(unnamed)?);
    item.retain(|name, _| name != PK && name != SK);
    Ok((key, serde_dynamo::from_item(item)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tests::account;
    use proptest::prelude::*;
    use serde_json::json;

    proptest! {
        #[test]
        fn an_entry_is_read_as_it_was_written(account in account(), id in ".{1,80}", name in ".*") {
            let key = EntryKey::new("property", id.parse::<EntryId>().unwrap());
            let entry = json!({ "title": name, "id": 7, "none": null, "is_default": true });
            let item = entry_item(&account, &key, &entry).unwrap();
            prop_assert_eq!(read_entry("property", item).unwrap(), (key, entry));
        }
    }
}
