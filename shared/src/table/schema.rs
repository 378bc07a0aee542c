use super::{
    LeadTable, StoreError,
    keys::{EXPIRES_AT, PK, SK},
};
use aws_sdk_dynamodb::{
    error::BuildError,
    types::{
        AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
        TimeToLiveSpecification,
    },
};

impl LeadTable {
    /// Creates the table, as `template.yaml` declares it; does nothing where it exists.
    ///
    /// # Errors
    /// What DynamoDB refuses.
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
                Some(fault) if fault.is_resource_in_use_exception() => Ok(()),
                _ => Err(error.into()),
            },
        }
    }

    /// Whether the table is there.
    ///
    /// # Errors
    /// Where DynamoDB cannot tell.
    pub async fn exists(&self) -> Result<bool, StoreError> {
        match self.client.describe_table().table_name(&self.name).send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(fault) if fault.is_resource_not_found_exception() => Ok(false),
                _ => Err(error.into()),
            },
        }
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

fn string_attribute(name: &str) -> Result<AttributeDefinition, BuildError> {
    AttributeDefinition::builder()
        .attribute_name(name)
        .attribute_type(ScalarAttributeType::S)
        .build()
}

fn key_element(name: &str, key_type: KeyType) -> Result<KeySchemaElement, BuildError> {
    KeySchemaElement::builder().attribute_name(name).key_type(key_type).build()
}

impl From<BuildError> for StoreError {
    fn from(_: BuildError) -> Self {
        Self::Unexpected("the request could not be built".to_owned())
    }
}
