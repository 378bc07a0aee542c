use super::{
    LeadTable, StoreError,
    keys::{self, SK},
};
use crate::{Account, Contact};
use std::collections::HashSet;

impl LeadTable {
    /// Blocks a person: the account takes no lead any more that has one of these contacts.
    /// Functions know within a minute.
    ///
    /// # Errors
    /// Where the table could not be written.
    pub async fn block(
        &self,
        account: &Account,
        contacts: &HashSet<Contact>,
    ) -> Result<(), StoreError> {
        let items = contacts.iter().map(|contact| keys::block(account, contact));
        self.put_all_items([keys::any_block(account)].into_iter().chain(items).collect()).await
    }

    /// Takes leads of a person again; false where none of the contacts was blocked.
    ///
    /// # Errors
    /// Where the table could not be written.
    pub async fn unblock(
        &self,
        account: &Account,
        contacts: &HashSet<Contact>,
    ) -> Result<bool, StoreError> {
        let blocked = self.blocked(account, contacts.clone()).await?;
        let keys = blocked.iter().map(|contact| keys::block(account, contact));
        self.delete_all_items(keys.collect()).await?;
        Ok(!blocked.is_empty())
    }

    /// Whether the account has ever blocked anybody.
    pub(crate) async fn blocks_anybody(&self, account: &Account) -> Result<bool, StoreError> {
        Ok(self.get(keys::any_block(account)).await?.is_some())
    }

    /// Those of the contacts that the account blocks.
    pub(crate) async fn blocked(
        &self,
        account: &Account,
        mut contacts: HashSet<Contact>,
    ) -> Result<HashSet<Contact>, StoreError> {
        let key_of = |contact: &Contact| keys::block(account, contact);
        let items = self.get_all(contacts.iter().map(key_of).collect()).await?;
        let found: HashSet<_> = items.iter().filter_map(|item| item[SK].as_s().ok()).collect();
        contacts.retain(|contact| key_of(contact)[SK].as_s().is_ok_and(|sk| found.contains(sk)));
        Ok(contacts)
    }
}
