use super::ttl_cache::TtlCache;
use crate::{
    model::{Account, Entry, EntryKey},
    table::{LeadTable, StoreError},
};
use jiff::Timestamp;
use serde::{Serialize, de::DeserializeOwned};
use std::collections::HashMap;

/// What an account has, so that deliveries can point to it. Each entry is kept for a
/// minute once it was looked up.
pub struct Directory {
    table: LeadTable,
    cache: TtlCache<(Account, EntryKey), Entry>,
    kinds: TtlCache<(Account, &'static str), bool>,
}

/// The entries that were found.
pub struct Entries(HashMap<EntryKey, Entry>);

impl Entries {
    /// The entry of a key, where there is one.
    ///
    /// # Errors
    /// An entry of another shape than its kind has.
    pub fn get<T: DeserializeOwned>(&self, key: &EntryKey) -> Result<Option<T>, StoreError> {
        let entry = self.0.get(key).cloned().map(serde_json::from_value).transpose();
        entry.map_err(|_| StoreError::Unexpected(format!("a {} of another shape", key.kind)))
    }
}

impl Directory {
    /// The directory of `table`, nothing looked up yet.
    pub fn new(table: LeadTable) -> Self {
        Self { table, cache: TtlCache::default(), kinds: TtlCache::default() }
    }

    /// Finds the entries of an account, those that are not kept in one request.
    ///
    /// # Errors
    /// Where the table could not be read.
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

    /// Whether an account has any entries of a kind: whether its owner keeps a directory of
    /// them.
    ///
    /// # Errors
    /// Where the table could not be read.
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

    /// Puts an entry where none stands.
    ///
    /// # Errors
    /// Where the table could not be written.
    pub async fn put_new(
        &self,
        account: &Account,
        key: &EntryKey,
        entry: &impl Serialize,
    ) -> Result<(), StoreError> {
        self.table.put_new_entry(account, key, entry).await
    }
}
