use super::{fault::StoreError, skipped::Skipped};
use aws_sdk_dynamodb::{
    Client,
    types::{AttributeValue, ReturnValue},
};
use std::collections::HashMap;

/// How many items to read at a time. Without a limit, the embedded engine reads the whole partition
/// for each page.
pub(crate) const PAGE: i32 = 2_000;

/// An item of the table.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// The table with all data of leadhook.
#[derive(Clone)]
pub struct LeadTable {
    pub(crate) client: Client,
    pub(crate) name: String,
    pub(super) skipped: Skipped,
}

impl LeadTable {
    /// The table with this name.
    pub fn new(client: Client, name: impl Into<String>) -> Self {
        Self { client, name: name.into(), skipped: Skipped::default() }
    }

    /// The table's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) async fn get(&self, key: Item) -> Result<Option<Item>, StoreError> {
        let request = self.client.get_item().table_name(&self.name).set_key(Some(key));
        Ok(request.consistent_read(true).send().await?.item)
    }

    /// Deletes an item. False if there was none.
    pub(crate) async fn delete(&self, key: Item) -> Result<bool, StoreError> {
        let request = self.client.delete_item().table_name(&self.name).set_key(Some(key));
        let deleted = request.return_values(ReturnValue::AllOld).send().await?;
        Ok(deleted.attributes.is_some())
    }
}
