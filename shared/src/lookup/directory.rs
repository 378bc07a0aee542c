use super::ttl_cache::TtlCache;
use crate::{
    model::{Account, Entry, EntryKey},
    table::{LeadTable, StoreError},
};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use std::collections::HashMap;

/// The directory of each account: the entries that deliveries refer to. It has a TTL cache.
pub struct Directory {
    table: LeadTable,
    cache: TtlCache<(Account, EntryKey), Entry>,
    kinds: TtlCache<(Account, &'static str), bool>,
}

/// The entries that were found.
pub struct Entries(HashMap<EntryKey, Entry>);

impl Entries {
    /// The entry with this key; `None` if there is none.
    ///
    /// # Errors
    /// If the entry does not have the shape of its kind.
    pub fn get<T: DeserializeOwned>(&self, key: &EntryKey) -> Result<Option<T>, StoreError> {
        let entry = self.0.get(key).cloned().map(serde_json::from_value).transpose();
        entry.map_err(|_| StoreError::Unexpected(format!("a {} of another shape", key.kind)))
    }
}

impl Directory {
    /// The directory of `table`. The caches are empty.
    pub fn new(table: LeadTable) -> Self {
        Self { table, cache: TtlCache::default(), kinds: TtlCache::default() }
    }

    /// Finds entries of an account. One request reads those that are not cached.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub async fn find(
        &self,
        account: &Account,
        keys: Vec<EntryKey>,
        now: Timestamp,
    ) -> Result<Entries, StoreError> {
        let mut found = HashMap::new();
        let mut missing = Vec::new();
        for key in keys {
            match self.cache.get(&(account.clone(), key.clone()), now) {
                Some(entry) => {
                    found.insert(key, entry);
                }
                None => missing.push(key),
            }
        }
        if !missing.is_empty() {
            for (key, entry) in self.table.get_entries(account, missing).await? {
                self.cache.put((account.clone(), key.clone()), entry.clone(), now);
                found.insert(key, entry);
            }
        }
        Ok(Entries(found))
    }

    /// Whether an account has any entries of a kind.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub async fn has_any(
        &self,
        account: &Account,
        kind: &'static str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let key = (account.clone(), kind);
        if let Some(has_any) = self.kinds.get(&key, now) {
            return Ok(has_any);
        }
        let has_any = self.table.has_entries(account, kind).await?;
        self.kinds.put(key, has_any, now);
        Ok(has_any)
    }
}
