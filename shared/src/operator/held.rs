use crate::{
    model::{Account, HeldDelivery},
    table::fault::StoreError,
    table::held::read_held,
    table::keys::{self, PK, SK},
    table::lead_table::{LeadTable, PAGE},
    table::put_new::seconds,
};
use jiff::Timestamp;

/// Some held deliveries of an account.
pub struct HeldPage {
    /// The deliveries, sorted by id.
    pub held: Vec<HeldDelivery>,
    /// The id after which the next page begins, if there may be more.
    pub rest: Option<String>,
}

impl LeadTable {
    /// Calls `take` with each held delivery of an account whose id begins with `prefix`. Expired
    /// ones are left out, and items of another shape.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub async fn each_held(
        &self,
        account: &Account,
        prefix: &str,
        now: Timestamp,
        mut take: impl FnMut(HeldDelivery),
    ) -> Result<(), StoreError> {
        let mut after = None;
        loop {
            let page = self.held_page(account, prefix, now, after).await?;
            page.held.into_iter().for_each(&mut take);
            after = page.rest;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    /// One page of those deliveries, which begins after the id `after`.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub async fn held_page(
        &self,
        account: &Account,
        prefix: &str,
        now: Timestamp,
        after: Option<String>,
    ) -> Result<HeldPage, StoreError> {
        let first = keys::held(account, prefix);
        let query = self.client.query().table_name(&self.name).consistent_read(true);
        let query = query
            .filter_expression("expires_at > :now")
            .expression_attribute_values(":account", first[PK].clone())
            .expression_attribute_values(":now", seconds(now));
        // DynamoDB accepts no empty prefix.
        let query = match prefix {
            "" => query.key_condition_expression("pk = :account"),
            _ => query
                .key_condition_expression("pk = :account AND begins_with(sk, :prefix)")
                .expression_attribute_values(":prefix", first[SK].clone()),
        };
        let start = after.map(|id| keys::held(account, &id));
        let read = query.limit(PAGE).set_exclusive_start_key(start).send().await?;
        let items = read.items.unwrap_or_default().into_iter();
        let held = items.filter_map(|item| self.readable(item, read_held)).collect();
        let rest = read.last_evaluated_key.and_then(|key| key.get(SK)?.as_s().ok().cloned());
        Ok(HeldPage { held, rest })
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
