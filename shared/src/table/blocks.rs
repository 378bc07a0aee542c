use super::{fault::StoreError, keys, lead_table::LeadTable};
use crate::model::{Account, Contact};
use std::collections::HashSet;

impl LeadTable {
    /// Whether the account blocks anybody, or did before.
    pub(crate) async fn blocks_anybody(&self, account: &Account) -> Result<bool, StoreError> {
        Ok(self.get(keys::any_block(account)).await?.is_some())
    }

    /// The contacts that the account blocks.
    pub(crate) async fn blocked(
        &self,
        account: &Account,
        contacts: HashSet<Contact>,
    ) -> Result<HashSet<Contact>, StoreError> {
        let wanted = contacts.into_iter().map(|contact| {
            let key = keys::block(account, &contact);
            (contact, key)
        });
        let found = self.get_all(wanted.collect()).await?;
        Ok(found.into_iter().map(|(contact, _)| contact).collect())
    }
}
