use super::{
    Item, LeadTable, StoreError,
    keys::{self, PK, SK},
};
use crate::{Account, Contact};
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};

impl LeadTable {
    /// Blocks a person: the account takes no lead any more that has one of these contacts.
    /// Functions know within a minute.
    ///
    /// # Errors
    /// Where the table could not be written.
    pub async fn block(&self, account: &Account, contacts: &[Contact]) -> Result<(), StoreError> {
        let items = contacts.iter().map(|contact| keys::block(account, contact));
        let items = [keys::any_block(account)].into_iter().chain(items);
        let mut transaction = self.client.transact_write_items();
        for item in items {
            let put = Put::builder().table_name(&self.name).set_item(Some(item)).build()?;
            transaction = transaction.transact_items(TransactWriteItem::builder().put(put).build());
        }
        transaction.send().await?;
        Ok(())
    }

    /// Takes leads of a person again.
    ///
    /// # Errors
    /// Where the table could not be written.
    pub async fn unblock(&self, account: &Account, contacts: &[Contact]) -> Result<(), StoreError> {
        let mut transaction = self.client.transact_write_items();
        for contact in contacts {
            let key = keys::block(account, contact);
            let delete = Delete::builder().table_name(&self.name).set_key(Some(key)).build()?;
            let delete = TransactWriteItem::builder().delete(delete).build();
            transaction = transaction.transact_items(delete);
        }
        transaction.send().await?;
        Ok(())
    }

    /// Whether the account has ever blocked anybody.
    pub(crate) async fn blocks_anybody(&self, account: &Account) -> Result<bool, StoreError> {
        Ok(self.get(keys::any_block(account)).await?.is_some())
    }

    /// Those of the contacts that the account blocks.
    pub(crate) async fn blocked(
        &self,
        account: &Account,
        contacts: Vec<Contact>,
    ) -> Result<Vec<Contact>, StoreError> {
        let key_of = |contact: &Contact| keys::block(account, contact);
        let items = self.get_all(contacts.iter().map(key_of).collect()).await?;
        let stands = |key: Item| {
            items.iter().any(|item| item.get(PK) == key.get(PK) && item.get(SK) == key.get(SK))
        };
        Ok(contacts.into_iter().filter(|contact| stands(key_of(contact))).collect())
    }
}
