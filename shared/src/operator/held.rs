use crate::{
    model::{Account, HeldDelivery},
    table::fault::StoreError,
    table::held::read_held,
    table::keys::{self, PK, SK},
    table::lead_table::{LeadTable, PAGE},
    table::leads::{SkippedItem, sort_key},
    table::put_new::seconds,
};
use jiff::Timestamp;

impl LeadTable {
    /// Calls `take` with each held delivery of an account whose id begins with `prefix`. Expired
    /// ones are left out. Returns the items that have another shape.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub async fn each_held(
        &self,
        account: &Account,
        prefix: &str,
        now: Timestamp,
        mut take: impl FnMut(HeldDelivery),
    ) -> Result<Vec<SkippedItem>, StoreError> {
        let first = keys::held(account, prefix);
        let query = self.client.query().table_name(&self.name).consistent_read(true);
        let query = query
            .filter_expression("expires_at > :now")
            .expression_attribute_values(":account", first[PK].clone())
            .expression_attribute_values(":now", seconds(now));
        // DynamoDB does not compare a key with an empty text.
        let query = match prefix {
            "" => query.key_condition_expression("pk = :account"),
            _ => query
                .key_condition_expression("pk = :account AND begins_with(sk, :prefix)")
                .expression_attribute_values(":prefix", first[SK].clone()),
        };
        let mut skipped = Vec::new();
        let mut items = query.limit(PAGE).into_paginator().items().send();
        while let Some(item) = items.try_next().await? {
            let sort_key = sort_key(&item).to_owned();
            match read_held(item) {
                Ok(held) => take(held),
                Err(_) => skipped.push(SkippedItem { account: account.clone(), sort_key }),
            }
        }
        Ok(skipped)
    }

    /// Deletes a held delivery.
    ///
    /// # Errors
    /// If the table cannot be written.
    pub async fn delete_held(&self, account: &Account, id: &str) -> Result<(), StoreError> {
        self.delete(keys::held(account, id)).await?;
        Ok(())
    }
}
