//! The requests that show an operator whether a table works.

use crate::{
    table::fault::StoreError,
    table::keys::{self, EXPIRES_AT},
    table::lead_table::LeadTable,
    table::put_new::seconds,
};
use jiff::{SignedDuration, Timestamp};

/// When the probe item expires if it cannot be deleted.
const PROBE_EXPIRES_AFTER: SignedDuration = SignedDuration::from_hours(1);

impl LeadTable {
    /// Writes an item that no other code reads, reads it and deletes it. False if it was not found.
    ///
    /// # Errors
    /// If the table refuses one of these requests.
    pub async fn try_round_trip(&self, mark: &str, now: Timestamp) -> Result<bool, StoreError> {
        let key = keys::probe(mark);
        let mut item = key.clone();
        item.insert(EXPIRES_AT.to_owned(), seconds(now + PROBE_EXPIRES_AFTER));
        self.client.put_item().table_name(&self.name).set_item(Some(item)).send().await?;
        let came_back = self.get(key.clone()).await?.is_some();
        Ok(self.delete(key).await? && came_back)
    }
}
