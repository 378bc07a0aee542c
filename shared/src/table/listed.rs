use super::{fault::StoreError, keys::SK, lead_table::LeadTable};
use aws_sdk_dynamodb::types::AttributeValue;

impl LeadTable {
    /// Reads the sort keys of a partition that only lists items: those that begin with `prefix`, or
    /// all if it is empty.
    ///
    /// # Errors
    /// If the table cannot be read, or if a sort key cannot.
    pub(crate) async fn listed<T>(
        &self,
        partition: &str,
        prefix: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Vec<T>, StoreError> {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let query = self.client.query().table_name(&self.name).consistent_read(true);
        let query = query.expression_attribute_values(":list", text(partition));
        // DynamoDB accepts no empty prefix.
        let query = match prefix {
            "" => query.key_condition_expression("pk = :list"),
            _ => query
                .key_condition_expression("pk = :list AND begins_with(sk, :prefix)")
                .expression_attribute_values(":prefix", text(prefix)),
        };
        let items = query.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await?;
        let listed = items.iter().map(|item| {
            let sk = item.get(SK).and_then(|sk| sk.as_s().ok());
            sk.and_then(|sk| read(sk)).ok_or_else(|| {
                StoreError::Unexpected(format!("an item of another shape in {partition}"))
            })
        });
        listed.collect()
    }
}
