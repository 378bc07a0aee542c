use super::{
    Item, LeadTable, PAGE, StoreError,
    keys::{self, PK, SK},
};
use crate::{
    Account,
    directory::{Entry, EntryKey},
};
use aws_sdk_dynamodb::{operation::query::builders::QueryFluentBuilder, types::Select};
use serde::Serialize;

impl LeadTable {
    /// Those of the entries that exist, read in one request.
    pub(crate) async fn get_entries(
        &self,
        account: &Account,
        keys: Vec<EntryKey>,
    ) -> Result<Vec<(EntryKey, Entry)>, StoreError> {
        let wanted = keys.iter().map(|key| keys::entry(account, key)).collect();
        let items = self.get_all(wanted).await?;
        let mut found = Vec::new();
        for key in keys {
            if let Some(item) = items.iter().find(|item| sort_key(item) == Some(&key.sort_key())) {
                found.push((key, serde_dynamo::from_item(item.clone())?));
            }
        }
        Ok(found)
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

    pub(crate) async fn put_new_entry(
        &self,
        account: &Account,
        key: &EntryKey,
        entry: &impl Serialize,
    ) -> Result<(), StoreError> {
        let put = self.client.put_item().table_name(&self.name);
        let put = put.set_item(Some(entry_item(account, key, entry)?));
        match put.condition_expression("attribute_not_exists(pk)").send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(fault) if fault.is_conditional_check_failed_exception() => Ok(()),
                _ => Err(error.into()),
            },
        }
    }

    /// Every entry of an account, by kind and id; of one kind, where one is named.
    ///
    /// # Errors
    /// Where the table could not be read.
    pub async fn entries(
        &self,
        account: &Account,
        kinds: &[&'static str],
    ) -> Result<Vec<(EntryKey, Entry)>, StoreError> {
        let mut entries = Vec::new();
        for kind in kinds {
            let query = self.query_entries(account, kind);
            let mut items = query.limit(PAGE).into_paginator().items().send();
            while let Some(mut item) = items.try_next().await? {
                let id = sort_key(&item).and_then(|sk| sk.split_once('#'));
                let key = EntryKey::new(kind, id.map(|(_, id)| id).unwrap_or_default());
                item.retain(|name, _| name != PK && name != SK);
                entries.push((key, serde_dynamo::from_item(item)?));
            }
        }
        Ok(entries)
    }

    /// A query of an account's entries of a kind.
    fn query_entries(&self, account: &Account, kind: &'static str) -> QueryFluentBuilder {
        let first = keys::entry(account, &EntryKey::new(kind, ""));
        let query = self.client.query().table_name(&self.name).consistent_read(true);
        query
            .key_condition_expression("pk = :account AND begins_with(sk, :kind)")
            .expression_attribute_values(":account", first[PK].clone())
            .expression_attribute_values(":kind", first[SK].clone())
    }

    /// Puts entries in place of what stands there. Where it fails, some may be put.
    ///
    /// # Errors
    /// Where the table could not be written.
    pub async fn put_entries(
        &self,
        account: &Account,
        entries: &[(EntryKey, Entry)],
    ) -> Result<(), StoreError> {
        let items = entries.iter().map(|(key, entry)| entry_item(account, key, entry));
        self.put_all_items(items.collect::<Result<_, _>>()?).await
    }

    /// Deletes an entry; false where there was none.
    ///
    /// # Errors
    /// Where the table could not be written.
    pub async fn delete_entry(
        &self,
        account: &Account,
        key: &EntryKey,
    ) -> Result<bool, StoreError> {
        self.delete(keys::entry(account, key)).await
    }
}

fn entry_item(
    account: &Account,
    key: &EntryKey,
    entry: &impl Serialize,
) -> Result<Item, StoreError> {
    let mut item: Item = serde_dynamo::to_item(entry)?;
    item.extend(keys::entry(account, key));
    Ok(item)
}

fn sort_key(item: &Item) -> Option<&String> {
    item.get(SK).and_then(|sk| sk.as_s().ok())
}
