use super::{
    item::{Item, PK, SK, key, read_listed},
    lead_table::LeadTable,
    store_error::StoreError,
};
use crate::model::{Account, Destination, DestinationId};
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use jiff::Timestamp;

/// The partition that lists all destinations of all accounts.
pub(crate) const LISTED_DESTINATIONS: &str = "destinations";

impl LeadTable {
    /// All destinations of all accounts. Items of another shape are left out.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub async fn destinations(&self) -> Result<Vec<Destination>, StoreError> {
        self.listed_destinations("").await
    }

    /// All destinations of an account. Items of another shape are left out.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub async fn destinations_of(&self, account: &Account) -> Result<Vec<Destination>, StoreError> {
        self.listed_destinations(&format!("{account}#")).await
    }

    /// How many destinations an account has.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub async fn count_destinations(&self, account: &Account) -> Result<usize, StoreError> {
        let prefix = format!("{account}#");
        Ok(self.listed(LISTED_DESTINATIONS, &prefix, read_listed_destination).await?.len())
    }

    /// The destinations whose sort key in the list begins with `prefix`.
    async fn listed_destinations(&self, prefix: &str) -> Result<Vec<Destination>, StoreError> {
        let read = read_listed_destination;
        let listed = self.listed(LISTED_DESTINATIONS, prefix, read).await?;
        let wanted = listed.iter().map(|(account, id)| ((), destination_key(account, id)));
        let found = self.get_all(wanted.collect()).await?;
        let read = |((), item)| self.readable(item, read_destination);
        Ok(found.into_iter().filter_map(read).collect())
    }

    /// Stores a new destination and lists it.
    ///
    /// # Errors
    /// If the table cannot be written.
    pub async fn add_destination(&self, destination: &Destination) -> Result<(), StoreError> {
        let listed = listed_destination_key(&destination.account(), &destination.id);
        let put = |item: Item| {
            let put = Put::builder().table_name(&self.name).set_item(Some(item));
            let put = put.condition_expression("attribute_not_exists(pk)").build()?;
            Ok(TransactWriteItem::builder().put(put).build())
        };
        let items = [destination_item(destination)?, listed];
        self.write_all(items.into_iter().map(put).collect::<Result<_, StoreError>>()?).await
    }

    /// The destination as it is stored now.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub async fn get_destination(
        &self,
        account: &Account,
        id: &DestinationId,
    ) -> Result<Option<Destination>, StoreError> {
        self.get(destination_key(account, id)).await?.map(read_destination).transpose()
    }

    /// Deletes a destination and what is set aside for it.
    ///
    /// # Errors
    /// If the table cannot be written. The destination may still be there without its events: then
    /// it must be removed again.
    pub async fn remove_destination(
        &self,
        destination: &Destination,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        // First the events, so that after a failure the destination is still there to be removed.
        self.delete_events_set_aside(destination, now).await?;
        let (account, id) = (destination.account(), &destination.id);
        let delete = |key: Item| {
            let delete = Delete::builder().table_name(&self.name).set_key(Some(key)).build()?;
            Ok(TransactWriteItem::builder().delete(delete).build())
        };
        let keys = [destination_key(&account, id), listed_destination_key(&account, id)];
        self.write_all(keys.into_iter().map(delete).collect::<Result<_, StoreError>>()?).await?;
        // A pass may have set an event aside meanwhile.
        self.delete_events_set_aside(destination, now).await
    }
}

pub(crate) fn destination_key(account: &Account, id: &DestinationId) -> Item {
    key(format!("destination#{account}"), id.to_string())
}

fn listed_destination_key(account: &Account, id: &DestinationId) -> Item {
    key(LISTED_DESTINATIONS.to_owned(), format!("{account}#{id}"))
}

fn read_listed_destination(sk: &str) -> Option<(Account, DestinationId)> {
    let (account, id) = read_listed(sk)?;
    Some((account, id.parse().ok()?))
}

fn destination_item(destination: &Destination) -> Result<Item, StoreError> {
    let mut item: Item = serde_dynamo::to_item(destination)?;
    item.extend(destination_key(&destination.account(), &destination.id));
    Ok(item)
}

pub(crate) fn read_destination(mut item: Item) -> Result<Destination, StoreError> {
    item.remove(PK);
    item.remove(SK);
    Ok(serde_dynamo::from_item(item)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{
            DestinationState, LastAttempt, Stuck,
            tests::{account, lead_id, second},
        },
        table::item::text,
    };
    use proptest::{option::of, prelude::*};

    proptest! {
        #[test]
        fn a_destination_is_read_as_it_was_written(
            account in account(), ids in [lead_id(), lead_id()], at in second(), maybe in of(second()),
            n in any::<u32>(), label in of(".*"), digits in "[A-Za-z0-9]{20}",
        ) {
            let id: DestinationId = format!("dst_{digits}").parse().unwrap();
            let new = Destination::new(&account, id.clone(), "https://a.b/c".to_owned(), ids[0], at);
            let stuck = maybe.map(|_| Stuck { lead: ids[1], failures: n, probed: Some(ids[0]) });
            let written = Destination {
                label: label.clone(), state: DestinationState::Gone, cursor: ids[1], reached: stuck.map(|_| ids[0]),
                secret_version: n, old_secret_until: maybe, failures: n, failing_since: maybe,
                next_attempt_at: maybe, lease: label.clone(), lease_until: maybe, changes: n, moves: n, stuck,
                last: maybe.map(|at| LastAttempt { at, status: None, error: label.clone() }),
                ..new
            };
            prop_assert!(read_destination(destination_item(&written).unwrap()).unwrap() == written);
            let listed = listed_destination_key(&account, &id);
            prop_assert_eq!(read_listed_destination(text(&listed, SK).unwrap()), Some((account, id)));
        }
    }
}
