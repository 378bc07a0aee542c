use super::{
    fault::StoreError,
    keys::{self, PK, SK},
    lead_table::{Item, LeadTable},
};
use crate::model::{Account, Entry, EntryKey};
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
            let key = keys::entry(account, &entry);
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
        let first = keys::entries(account, kind);
        let query = self.client.query().table_name(&self.name).consistent_read(true);
        query
            .key_condition_expression("pk = :account AND begins_with(sk, :kind)")
            .expression_attribute_values(":account", first[PK].clone())
            .expression_attribute_values(":kind", first[SK].clone())
    }
}

pub(crate) fn entry_item(
    account: &Account,
    key: &EntryKey,
    entry: &impl Serialize,
) -> Result<Item, StoreError> {
    let mut item: Item = serde_dynamo::to_item(entry)?;
    item.extend(keys::entry(account, key));
    Ok(item)
}
