//! The table's clock. It is the same for all who use the table.

use super::{destinations::LISTED_DESTINATIONS, lead_table::LeadTable, store_error::StoreError};
use crate::model::ClockAndRandom;
use aws_sdk_dynamodb::{
    config::{
        ConfigBag, Intercept, RuntimeComponents,
        interceptors::BeforeDeserializationInterceptorContextRef,
    },
    error::BoxError,
    types::AttributeValue,
};
use jiff::{SignedDuration, Timestamp, fmt::rfc2822};
use std::sync::{Arc, Mutex, PoisonError};

impl LeadTable {
    /// The time of the table's clock, to the second. A refused request also has the date of its
    /// answer, so no permission is necessary.
    ///
    /// # Errors
    /// If the table cannot be reached.
    pub async fn clock(&self) -> Result<Option<Timestamp>, StoreError> {
        let noted = Arc::<Mutex<Option<Timestamp>>>::default();
        let list = AttributeValue::S(LISTED_DESTINATIONS.to_owned());
        let query = self.client.query().table_name(&self.name).limit(1);
        let query = query
            .key_condition_expression("pk = :list")
            .expression_attribute_values(":list", list)
            .customize();
        let found = query.interceptor(NoteDate(Arc::clone(&noted))).send().await;
        match *noted.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(time) => Ok(Some(time)),
            None => Ok(found.map(|_| None)?),
        }
    }

    /// The same random numbers, with the clock of the table: lead ids and cursors are times of that
    /// clock, and this machine's clock may be wrong. It is at most a second ahead.
    ///
    /// # Errors
    /// If the table cannot be reached.
    pub async fn system(&self, system: &ClockAndRandom) -> Result<ClockAndRandom, StoreError> {
        Ok(system.clone().later_by(self.clock_difference(system).await?))
    }

    /// How far the table's clock is ahead of this machine's; zero if they may be equal. A time of
    /// this machine from before the call is then at most a second ahead of the table's clock, also
    /// if this machine's clock jumps meanwhile.
    ///
    /// # Errors
    /// If the table cannot be reached.
    pub async fn clock_difference(
        &self,
        system: &ClockAndRandom,
    ) -> Result<SignedDuration, StoreError> {
        let asked = system.now();
        let time = self.clock().await?;
        let difference = time.map(|time| clock_difference(time, asked, system.now()));
        Ok(difference.unwrap_or_default())
    }
}

/// How far the table's clock is ahead of this machine's, from the time of an answer, and
/// from this machine's times before the request and after the answer. That time has no fraction of
/// a second, so a clock that may be equal is not corrected.
fn clock_difference(table: Timestamp, before: Timestamp, after: Timestamp) -> SignedDuration {
    let latest = table + SignedDuration::from_secs(1);
    if after < table {
        table.duration_since(after)
    } else if before > latest {
        latest.duration_since(before)
    } else {
        SignedDuration::ZERO
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_corrected_only_if_it_cannot_be_equal() {
        let at = |millis| Timestamp::UNIX_EPOCH + SignedDuration::from_millis(millis);
        // The time of the table, of the request and the answer on this machine's clock, the
        // difference.
        let cases = [
            (5_000, 5_900, 5_950, 0),
            (5_000, 4_900, 5_100, 0),
            (5_000, 5_990, 6_300, 0),
            (5_000, 3_000, 4_000, 1_000),
            (5_000, 9_000, 9_100, -3_000),
        ];
        for (table, before, after, difference) in cases {
            let expected = SignedDuration::from_millis(difference);
            assert_eq!(clock_difference(at(table), at(before), at(after)), expected, "{table}");
        }
    }
}
