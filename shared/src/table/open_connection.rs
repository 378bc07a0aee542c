use super::{fault::StoreError, keys, lead_table::LeadTable};

impl LeadTable {
    /// Opens the connection to the table: reads an item that does not exist.
    pub(crate) async fn open_connection(&self) -> Result<(), StoreError> {
        let get = self.client.get_item().table_name(&self.name);
        get.set_key(Some(keys::probe("connection"))).send().await?;
        Ok(())
    }
}
