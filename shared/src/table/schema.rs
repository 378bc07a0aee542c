//! The table itself: its keys, its time to live, and whether it works.

use super::{
    item::{EXPIRES_AT, PK, SK, seconds},
    lead_table::{LeadTable, probe_key},
    store_error::StoreError,
};
use aws_sdk_dynamodb::{
    error::BuildError,
    types::{
        AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
        TableDescription, TableStatus, TimeToLiveSpecification, TimeToLiveStatus,
    },
};
use jiff::{SignedDuration, Timestamp};

/// When the probe item expires if it cannot be deleted.
const PROBE_EXPIRES_AFTER: SignedDuration = SignedDuration::from_hours(1);

/// What DynamoDB has under the table's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// No table.
    Missing,
    /// A table that is being created, deleted or restored.
    NotReady,
    /// A table of leadhook's shape.
    Fitting,
    /// A table of another shape: the names of its keys.
    Other(String),
}

impl LeadTable {
    /// Creates the table as `template.yaml` declares it. If it exists, only its time to live is
    /// turned on if it is off: an earlier call may have ended before that.
    ///
    /// # Errors
    /// If DynamoDB refuses it.
    pub async fn create(&self) -> Result<(), StoreError> {
        let created = self
            .client
            .create_table()
            .table_name(&self.name)
            .billing_mode(BillingMode::PayPerRequest)
            .attribute_definitions(string_attribute(PK)?)
            .attribute_definitions(string_attribute(SK)?)
            .key_schema(key_element(PK, KeyType::Hash)?)
            .key_schema(key_element(SK, KeyType::Range)?)
            .send()
            .await;
        match created {
            Ok(_) => self.turn_time_to_live_on().await,
            Err(error) => match error.as_service_error() {
                Some(fault) if fault.is_resource_in_use_exception() => {
                    if !self.has_time_to_live().await? {
                        self.turn_time_to_live_on().await?;
                    }
                    Ok(())
                }
                _ => Err(error.into()),
            },
        }
    }

    /// What DynamoDB has under the table's name.
    ///
    /// # Errors
    /// If DynamoDB does not answer.
    pub async fn shape(&self) -> Result<Shape, StoreError> {
        match self.client.describe_table().table_name(&self.name).send().await {
            Ok(described) => Ok(described.table.map_or(Shape::Missing, |table| shape_of(&table))),
            Err(error) => match error.as_service_error() {
                Some(fault) if fault.is_resource_not_found_exception() => Ok(Shape::Missing),
                _ => Err(error.into()),
            },
        }
    }

    /// Whether time to live deletes items by their `expires_at`.
    ///
    /// # Errors
    /// If DynamoDB does not answer.
    pub async fn has_time_to_live(&self) -> Result<bool, StoreError> {
        let described = self.client.describe_time_to_live().table_name(&self.name).send().await?;
        Ok(described.time_to_live_description.is_some_and(|described| {
            let enabled = [Some(&TimeToLiveStatus::Enabled), Some(&TimeToLiveStatus::Enabling)];
            enabled.contains(&described.time_to_live_status())
                && described.attribute_name() == Some(EXPIRES_AT)
        }))
    }

    /// Writes an item that no other code reads, reads it and deletes it. False if it was not found.
    ///
    /// # Errors
    /// If the table refuses one of these requests.
    pub async fn try_round_trip(&self, mark: &str, now: Timestamp) -> Result<bool, StoreError> {
        let key = probe_key(mark);
        let mut item = key.clone();
        item.insert(EXPIRES_AT.to_owned(), seconds(now + PROBE_EXPIRES_AFTER));
        self.client.put_item().table_name(&self.name).set_item(Some(item)).send().await?;
        let came_back = self.get(key.clone()).await?.is_some();
        Ok(self.delete(key).await? && came_back)
    }

    async fn turn_time_to_live_on(&self) -> Result<(), StoreError> {
        let specification =
            TimeToLiveSpecification::builder().attribute_name(EXPIRES_AT).enabled(true).build()?;
        self.client
            .update_time_to_live()
            .table_name(&self.name)
            .time_to_live_specification(specification)
            .send()
            .await?;
        Ok(())
    }
}

fn shape_of(table: &TableDescription) -> Shape {
    let text = ScalarAttributeType::S;
    let is_text = |name: &str| {
        let mut definitions = table.attribute_definitions().iter();
        definitions
            .any(|defined| defined.attribute_name() == name && *defined.attribute_type() == text)
    };
    let keys: Vec<_> = table.key_schema().iter().map(KeySchemaElement::attribute_name).collect();
    let readable = [None, Some(&TableStatus::Active), Some(&TableStatus::Updating)];
    if keys != [PK, SK] || !keys.iter().all(|key| is_text(key)) {
        Shape::Other(keys.join(", "))
    } else if readable.contains(&table.table_status()) {
        Shape::Fitting
    } else {
        Shape::NotReady
    }
}

fn string_attribute(name: &str) -> Result<AttributeDefinition, BuildError> {
    AttributeDefinition::builder()
        .attribute_name(name)
        .attribute_type(ScalarAttributeType::S)
        .build()
}

fn key_element(name: &str, key_type: KeyType) -> Result<KeySchemaElement, BuildError> {
    KeySchemaElement::builder().attribute_name(name).key_type(key_type).build()
}
