use crate::{
    model::{Account, Destination, DestinationId, LeadId, LeadSpan, SetAside},
    table::destinations::{destination_item, read_destination},
    table::fault::StoreError,
    table::keys::{self, PK, SK},
    table::lead_table::{Item, LeadTable, PAGE},
};
use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, Select, TransactWriteItem};
use jiff::Timestamp;

/// The attributes that change when an operator moves the cursor.
const PLACE: [&str; 7] =
    ["cursor", "starts_after", "reached", "next_attempt_at", "moves", "stuck", "taken_ahead"];

/// A change that an operator makes to a destination. A running pass adopts it before its next post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DestinationChange {
    /// Its state alone.
    Pause,
    /// Its state, and when it is due.
    Resume,
    /// Its secret.
    Secret,
}

impl DestinationChange {
    fn attributes(self) -> &'static [&'static str] {
        match self {
            Self::Pause => &["state"],
            Self::Resume => &["state", "next_attempt_at"],
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

    /// The destination as it is stored now.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub async fn get_destination(
        &self,
        account: &Account,
        id: &DestinationId,
    ) -> Result<Option<Destination>, StoreError> {
        self.get(keys::destination(account, id)).await?.map(read_destination).transpose()
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
        let update = self.update_destination(destination, change.attributes())?;
        update.by_operator().store_if("attribute_exists(pk)").await
    }

    /// Moves a destination's cursor back, so that the leads after it are posted again. A running
    /// pass goes on from there. False if the cursor has moved since the destination was read, or if
    /// there is no such destination any more: then nothing is stored.
    ///
    /// # Errors
    /// If the table cannot be written.
    pub async fn move_cursor_back(
        &self,
        destination: &Destination,
        cursor: LeadId,
    ) -> Result<bool, StoreError> {
        let moved = Destination {
            cursor,
            starts_after: destination.starts_after.min(cursor),
            reached: destination.reached.max(Some(destination.cursor)),
            ..destination.clone()
        };
        self.move_cursor(destination.cursor, moved).await
    }

    /// Moves a destination's cursor over a lead that is set aside, so that the next ones are posted
    /// at once. False as for [`Self::move_cursor_back`].
    ///
    /// # Errors
    /// If the table cannot be written.
    pub async fn move_cursor_over(
        &self,
        destination: &Destination,
        lead: LeadId,
    ) -> Result<bool, StoreError> {
        let moved = Destination { cursor: lead, next_attempt_at: None, ..destination.clone() };
        self.move_cursor(destination.cursor, moved).await
    }

    async fn move_cursor(&self, seen: LeadId, to: Destination) -> Result<bool, StoreError> {
        let moves = to.moves + 1;
        let moved = Destination { moves, stuck: None, taken_ahead: None, ..to };
        let update = self.update_destination(&moved, &PLACE)?;
        let update = update.value(":seen", AttributeValue::N(seen.to_string()));
        // The cursor is already there if the answer to the request was lost and the SDK sent it
        // again.
        update.by_operator().store_if("#cursor = :seen OR #cursor = :cursor").await
    }

    /// The number of an account's leads in a span of ids. It stops to count after `most`: then the
    /// number is higher than that.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub async fn count_leads(
        &self,
        account: &Account,
        span: LeadSpan,
        most: usize,
    ) -> Result<usize, StoreError> {
        let [first, last] = [span.first, span.last].map(|id| keys::lead(account, id));
        let query = self.client.query().table_name(&self.name).consistent_read(true);
        let query = query
            .key_condition_expression("pk = :account AND sk BETWEEN :first AND :last")
            .expression_attribute_values(":account", first[PK].clone())
            .expression_attribute_values(":first", first[SK].clone())
            .expression_attribute_values(":last", last[SK].clone())
            .select(Select::Count)
            .limit(PAGE);
        let mut pages = query.into_paginator().send();
        let mut counted = 0;
        while counted <= most
            && let Some(page) = pages.next().await
        {
            counted += usize::try_from(page?.count).unwrap_or_default();
        }
        Ok(counted)
    }

    /// The events set aside for one lead, each with its destination.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub async fn lead_set_aside(
        &self,
        lead: LeadId,
        destinations: &[Destination],
    ) -> Result<Vec<SetAside>, StoreError> {
        let wanted = destinations.iter().map(|destination| {
            ((), keys::set_aside(&destination.account(), lead, &destination.id))
        });
        let found = self.get_all(wanted.collect()).await?;
        let read = |((), item)| self.readable(item, serde_dynamo::from_item);
        Ok(found.into_iter().filter_map(read).collect())
    }

    /// Deletes a destination and what is set aside for it.
    ///
    /// # Errors
    /// If the table cannot be written. The destination may still be there without its events: then it
    /// must be removed again.
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
        let keys = [keys::destination(&account, id), keys::listed_destination(&account, id)];
        self.write_all(keys.into_iter().map(delete).collect::<Result<_, StoreError>>()?).await?;
        // A pass may have set an event aside meanwhile.
        self.delete_events_set_aside(destination, now).await
    }

    async fn delete_events_set_aside(
        &self,
        destination: &Destination,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (account, id) = (destination.account(), &destination.id);
        let events = self.events_set_aside(&account, Some(id), None, now).await?;
        let keys = events.iter().map(|event| keys::set_aside(&account, event.lead_id, id));
        self.delete_all_items(keys.collect()).await
    }
}
