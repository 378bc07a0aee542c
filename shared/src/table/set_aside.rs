use super::{
    item::{EXPIRES_AT, Item, PK, key, milliseconds, seconds},
    lead_table::{LeadTable, PAGE},
    store_error::{StoreError, if_true},
};
use crate::model::{Account, Destination, DestinationId, LeadId, SetAside, SetAsideEvent};
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use jiff::Timestamp;

impl LeadTable {
    /// Sets an event aside. An erasure replaces what was set aside for its lead, and nothing
    /// replaces an erasure. An update is a separate item, which the next update replaces.
    ///
    /// # Errors
    /// If the table cannot be written.
    pub async fn set_aside(&self, account: &Account, event: &SetAside) -> Result<(), StoreError> {
        let item = set_aside_item(account, event)?;
        let put = self.client.put_item().table_name(&self.name).set_item(Some(item));
        let put = put
            .condition_expression("attribute_not_exists(pk) OR event <> :erased OR event = :event")
            .expression_attribute_values(":erased", AttributeValue::S("erased".to_owned()))
            .expression_attribute_values(
                ":event",
                AttributeValue::S(event.event.as_str().to_owned()),
            );
        if_true(put.send().await)?;
        Ok(())
    }

    /// A write that sets an event aside, as a part of a transaction.
    pub(super) fn put_event(
        &self,
        account: &Account,
        event: &SetAside,
    ) -> Result<TransactWriteItem, StoreError> {
        self.put_of(set_aside_item(account, event)?)
    }

    /// Deletes an event that its destination took. Does nothing if another event of the lead, or a
    /// later update, was set aside meanwhile.
    ///
    /// # Errors
    /// If the table cannot be written.
    pub async fn delete_set_aside(
        &self,
        account: &Account,
        event: &SetAside,
    ) -> Result<(), StoreError> {
        let key = set_aside_key(account, event.lead_id, &event.destination, event.event);
        let delete = self.client.delete_item().table_name(&self.name).set_key(Some(key));
        let delete = match event.version {
            Some(version) => delete
                .condition_expression("attribute_not_exists(pk) OR version <= :version")
                .expression_attribute_values(":version", AttributeValue::N(version.to_string())),
            None => delete
                .condition_expression("attribute_not_exists(pk) OR event = :event")
                .expression_attribute_values(
                    ":event",
                    AttributeValue::S(event.event.as_str().to_owned()),
                ),
        };
        if_true(delete.send().await)?;
        Ok(())
    }

    /// The events set aside for an account's leads, by their ids; only those of `destination` if it
    /// is named, only those due at `due` if it is given. Expired ones are left out,
    /// and items of another shape.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub async fn events_set_aside(
        &self,
        account: &Account,
        destination: Option<&DestinationId>,
        due: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Vec<SetAside>, StoreError> {
        let partition = set_aside_partition(account);
        let mut filter =
            vec![format!("(attribute_not_exists({EXPIRES_AT}) OR {EXPIRES_AT} > :now)")];
        let query = self.query();
        let mut query = query
            .key_condition_expression("pk = :account")
            .expression_attribute_values(":account", partition[PK].clone())
            .expression_attribute_values(":now", seconds(now));
        if let Some(destination) = destination {
            filter.push("destination = :destination".to_owned());
            let id = AttributeValue::S(destination.to_string());
            query = query.expression_attribute_values(":destination", id);
        }
        if let Some(due) = due {
            filter.push("next_attempt_at <= :due".to_owned());
            query = query.expression_attribute_values(":due", milliseconds(due));
        }
        let query = query.filter_expression(filter.join(" AND ")).limit(PAGE);
        let items = query.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await?;
        let read = |item| self.readable(item, serde_dynamo::from_item);
        Ok(items.into_iter().filter_map(read).collect())
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
        let kinds = [SetAsideEvent::Created, SetAsideEvent::Updated];
        let wanted = destinations.iter().flat_map(|destination| {
            let (account, id) = (destination.account(), &destination.id);
            kinds.map(|event| ((), set_aside_key(&account, lead, id, event)))
        });
        let found = self.get_all(wanted.collect()).await?;
        let read = |((), item)| self.readable(item, serde_dynamo::from_item);
        Ok(found.into_iter().filter_map(read).collect())
    }

    pub(super) async fn delete_events_set_aside(
        &self,
        destination: &Destination,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (account, id) = (destination.account(), &destination.id);
        let events = self.events_set_aside(&account, Some(id), None, now).await?;
        let keys =
            events.iter().map(|event| set_aside_key(&account, event.lead_id, id, event.event));
        self.delete_all_items(keys.collect()).await
    }
}

fn set_aside_key(
    account: &Account,
    lead: LeadId,
    destination: &DestinationId,
    event: SetAsideEvent,
) -> Item {
    let end = match event {
        SetAsideEvent::Created | SetAsideEvent::Erased => "",
        SetAsideEvent::Updated => "#updated",
    };
    key(format!("set-aside#{account}"), format!("{}#{destination}{end}", lead.sort_key()))
}

fn set_aside_item(account: &Account, event: &SetAside) -> Result<Item, StoreError> {
    let mut item: Item = serde_dynamo::to_item(event)?;
    item.extend(set_aside_key(account, event.lead_id, &event.destination, event.event));
    Ok(item)
}

/// The partition of what is set aside for an account's leads.
fn set_aside_partition(account: &Account) -> Item {
    key(format!("set-aside#{account}"), String::new())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tests::{account, lead_id, second};
    use proptest::{option::of, prelude::*};

    proptest! {
        #[test]
        fn an_event_is_read_as_it_was_written(
            account in account(), lead in lead_id(), at in second(), next in of(second()),
            status in of(any::<u16>()), digits in "[A-Za-z0-9]{20}", version in of(any::<u64>()),
        ) {
            let destination = format!("dst_{digits}").parse().unwrap();
            let due = SetAside::due(lead, destination, SetAsideEvent::Erased, at);
            let expires_at = next.map(Timestamp::as_second);
            let reason = version.map(|version| version.to_string());
            let written = SetAside {
                version, tries: 3, status, reason, next_attempt_at: next, expires_at, ..due
            };
            let item = set_aside_item(&account, &written).unwrap();
            prop_assert_eq!(serde_dynamo::from_item::<_, SetAside>(item).unwrap(), written);
        }
    }
}
