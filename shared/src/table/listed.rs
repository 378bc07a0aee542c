use super::{
    item::{Item, SK, text},
    lead_table::LeadTable,
    store_error::StoreError,
};
use aws_sdk_dynamodb::types::AttributeValue;

impl LeadTable {
    /// Reads the sort keys of a partition that only lists items: those that begin with `prefix`, or
    /// all if it is empty. Those of another shape are left out.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub(crate) async fn listed<T>(
        &self,
        partition: &str,
        prefix: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Vec<T>, StoreError> {
        let value = |text: &str| AttributeValue::S(text.to_owned());
        let query = self.query();
        let query = query.expression_attribute_values(":list", value(partition));
        // DynamoDB accepts no empty prefix.
        let query = match prefix {
            "" => query.key_condition_expression("pk = :list"),
            _ => query
                .key_condition_expression("pk = :list AND begins_with(sk, :prefix)")
                .expression_attribute_values(":prefix", value(prefix)),
        };
        let items = query.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await?;
        let read_item = |item: Item| text(&item, SK).and_then(|sk| read(sk)).ok_or(());
        Ok(items.into_iter().filter_map(|item| self.readable(item, read_item)).collect())
    }
}
