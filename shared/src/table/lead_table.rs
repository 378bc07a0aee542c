use super::{
    item::{Item, PK, SK, key, text},
    skipped::{Skipped, SkippedItem},
    store_error::StoreError,
};
use aws_sdk_dynamodb::{
    Client, operation::query::builders::QueryFluentBuilder, types::ReturnValue,
};

/// How many items to read at a time. Without a limit, the embedded engine reads the whole partition
/// for each page.
pub(crate) const PAGE: i32 = 2_000;

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

    /// The same table, of which nothing was left out yet.
    #[must_use]
    pub fn afresh(&self) -> Self {
        Self { skipped: Skipped::default(), ..self.clone() }
    }

    /// The items that its readers left out because they have another shape, each once, sorted by
    /// key. All clones share them.
    pub fn skipped(&self) -> Vec<SkippedItem> {
        self.skipped.items()
    }

    /// Reads an item. `None` if it has another shape: then it is noted, and logged once.
    pub(crate) fn readable<T, E>(
        &self,
        item: Item,
        read: impl FnOnce(Item) -> Result<T, E>,
    ) -> Option<T> {
        let [pk, sk] = [PK, SK].map(|name| text(&item, name).cloned().unwrap_or_default());
        read(item).map_err(|_| self.skipped.note(SkippedItem { pk, sk })).ok()
    }

    /// A consistent query.
    pub(crate) fn query(&self) -> QueryFluentBuilder {
        self.client.query().table_name(&self.name).consistent_read(true)
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

    /// Opens the connection to the table: reads an item that does not exist.
    pub(crate) async fn open_connection(&self) -> Result<(), StoreError> {
        let get = self.client.get_item().table_name(&self.name);
        get.set_key(Some(probe_key("connection"))).send().await?;
        Ok(())
    }
}

/// The key of an item that is written or read to test whether that works.
pub(crate) fn probe_key(mark: &str) -> Item {
    key(format!("probe#{mark}"), "probe".to_owned())
}
