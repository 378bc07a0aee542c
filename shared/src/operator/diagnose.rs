//! The requests that show an operator whether a table works.

use crate::{
    table::fault::StoreError,
    table::keys::{self, EXPIRES_AT},
    table::lead_table::LeadTable,
    table::put_new::seconds,
};
use aws_sdk_dynamodb::{
    config::{
        ConfigBag, Intercept, RuntimeComponents,
        interceptors::BeforeDeserializationInterceptorContextRef,
    },
    error::BoxError,
};
use jiff::{SignedDuration, Timestamp, fmt::rfc2822};
use std::sync::{Arc, Mutex, PoisonError};

/// When the probe item expires if it cannot be deleted.
const PROBE_EXPIRES_AFTER: SignedDuration = SignedDuration::from_hours(1);

impl LeadTable {
    /// The time of the table's clock, to the second. A refused request also has the date of its
    /// answer, so no permission is necessary.
    ///
    /// # Errors
    /// If the table cannot be reached.
    pub async fn clock(&self) -> Result<Option<Timestamp>, StoreError> {
        let noted = Arc::<Mutex<Option<Timestamp>>>::default();
        let describe = self.client.describe_table().table_name(&self.name).customize();
        let described = describe.interceptor(NoteDate(Arc::clone(&noted))).send().await;
        match *noted.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(time) => Ok(Some(time)),
            None => Ok(described.map(|_| None)?),
        }
    }

    /// Writes an item that no other code reads, reads it and deletes it. False if it was not found.
    ///
    /// # Errors
    /// If the table refuses one of these requests.
    pub async fn try_round_trip(&self, mark: &str, now: Timestamp) -> Result<bool, StoreError> {
        let key = keys::probe(mark);
        let mut item = key.clone();
        item.insert(EXPIRES_AT.to_owned(), seconds(now + PROBE_EXPIRES_AFTER));
        self.client.put_item().table_name(&self.name).set_item(Some(item)).send().await?;
        let came_back = self.get(key.clone()).await?.is_some();
        Ok(self.delete(key).await? && came_back)
    }
}

/// Notes the date of an answer.
#[derive(Debug)]
struct NoteDate(Arc<Mutex<Option<Timestamp>>>);

impl Intercept for NoteDate {
    fn name(&self) -> &'static str {
        "the time of an answer"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date");
        let date = date.and_then(|date| rfc2822::parse(date).ok());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = date.map(|date| date.timestamp());
        Ok(())
    }
}
