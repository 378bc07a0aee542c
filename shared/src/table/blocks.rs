use super::{
    item::{Item, key},
    lead_table::LeadTable,
    store_error::StoreError,
};
use crate::model::{Account, Contact};
use std::collections::HashSet;

impl LeadTable {
    /// Whether the account blocks anybody, or did before.
    pub(crate) async fn blocks_anybody(&self, account: &Account) -> Result<bool, StoreError> {
        Ok(self.get(any_block_key(account)).await?.is_some())
    }

    /// The contacts that the account blocks.
    pub(crate) async fn blocked(
        &self,
        account: &Account,
        contacts: HashSet<Contact>,
    ) -> Result<HashSet<Contact>, StoreError> {
        let wanted = contacts.into_iter().map(|contact| {
            let key = block_key(account, &contact);
            (contact, key)
        });
        let found = self.get_all(wanted.collect()).await?;
        Ok(found.into_iter().map(|(contact, _)| contact).collect())
    }

    /// Blocks a person: the account accepts no more leads with one of these contacts. Functions see
    /// it within a minute.
    ///
    /// # Errors
    /// If the table cannot be written.
    pub async fn block(
        &self,
        account: &Account,
        contacts: &HashSet<Contact>,
    ) -> Result<(), StoreError> {
        // First the item that keeps new keys from saying that nobody is blocked.
        self.put_all_items(vec![any_block_key(account)]).await?;
        self.note_block_on_keys(account).await?;
        let items = contacts.iter().map(|contact| block_key(account, contact));
        self.put_all_items(items.collect()).await
    }

    /// Unblocks a person. False if none of the contacts was blocked.
    ///
    /// # Errors
    /// If the table cannot be written.
    pub async fn unblock(
        &self,
        account: &Account,
        contacts: &HashSet<Contact>,
    ) -> Result<bool, StoreError> {
        let blocked = self.blocked(account, contacts.clone()).await?;
        let keys = blocked.iter().map(|contact| block_key(account, contact));
        self.delete_all_items(keys.collect()).await?;
        Ok(!blocked.is_empty())
    }
}

fn block_key(account: &Account, contact: &Contact) -> Item {
    key(format!("block#{account}"), format!("{}#{}", contact.kind.as_str(), contact.hash))
}

/// The key of an item that exists if the account blocks anybody, or did before.
pub(crate) fn any_block_key(account: &Account) -> Item {
    key(format!("block#{account}"), "any".to_owned())
}
