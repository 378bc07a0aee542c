use crate::{
    model::{Account, Contact},
    table::fault::StoreError,
    table::keys,
    table::lead_table::LeadTable,
};
use std::collections::HashSet;

impl LeadTable {
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
        self.put_all_items(vec![keys::any_block(account)]).await?;
        self.note_block_on_keys(account).await?;
        let items = contacts.iter().map(|contact| keys::block(account, contact));
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
        let keys = blocked.iter().map(|contact| keys::block(account, contact));
        self.delete_all_items(keys.collect()).await?;
        Ok(!blocked.is_empty())
    }
}
