use crate::{
    model::Destination,
    table::destinations::destination_item,
    table::fault::StoreError,
    table::keys,
    table::lead_table::{Item, LeadTable},
};
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use jiff::Timestamp;

/// A change that an operator makes to a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DestinationChange {
    /// Its state, and when it is due. A running pass stops.
    State,
    /// Its cursor. A running pass stops, so that it does not move the cursor too.
    Cursor,
    /// Its secret.
    Secret,
}

impl DestinationChange {
    fn attributes(self) -> &'static [&'static str] {
        match self {
            // Without its holder the lease runs until its end, so that no other pass posts at the
            // same time, and `may_have` counts what the stopped pass posted.
            Self::State => &["state", "next_attempt_at", "lease"],
            Self::Cursor => &["cursor", "starts_after", "reached", "next_attempt_at", "lease"],
            Self::Secret => &["secret_version", "old_secret_until"],
        }
    }
}

impl LeadTable {
    /// Stores a new destination and lists it.
    ///
    /// # Errors
    /// If the table cannot be written.
    pub async fn add_destination(&self, destination: &Destination) -> Result<(), StoreError> {
        let listed = keys::listed_destination(&destination.account(), &destination.id);
        let put = |item: Item| {
            let put = Put::builder().table_name(&self.name).set_item(Some(item));
            let put = put.condition_expression("attribute_not_exists(pk)").build()?;
            Ok(TransactWriteItem::builder().put(put).build())
        };
        let items = [destination_item(destination)?, listed];
        self.write_all(items.into_iter().map(put).collect::<Result<_, StoreError>>()?).await
    }

    /// Stores an operator's change. False if there is no such destination any more.
    ///
    /// # Errors
    /// If the table cannot be written.
    pub async fn change_destination(
        &self,
        destination: &Destination,
        change: DestinationChange,
    ) -> Result<bool, StoreError> {
        let changed = Destination { lease: None, ..destination.clone() };
        let condition = ("attribute_exists(pk)", None);
        self.update_destination(&changed, change.attributes(), condition).await
    }

    /// Deletes a destination and what is set aside for it.
    ///
    /// # Errors
    /// If the table cannot be written. Some events may be deleted nevertheless.
    pub async fn remove_destination(
        &self,
        destination: &Destination,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (account, id) = (destination.account(), &destination.id);
        let delete = |key: Item| {
            let delete = Delete::builder().table_name(&self.name).set_key(Some(key)).build()?;
            Ok(TransactWriteItem::builder().delete(delete).build())
        };
        let keys = [keys::destination(&account, id), keys::listed_destination(&account, id)];
        self.write_all(keys.into_iter().map(delete).collect::<Result<_, StoreError>>()?).await?;
        let events = self.events_set_aside(&account, Some(id), None, now).await?;
        let keys = events.iter().map(|event| keys::set_aside(&account, event.lead_id, id));
        self.delete_all_items(keys.collect()).await
    }
}
