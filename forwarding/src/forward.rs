//! Forwards what waits, to all destinations.

use crate::{
    event::NewLeadRecord,
    message::Message,
    pass::Pass,
    post::{Answered, Post, PostError, PostRequest},
    report::Report,
    secret::MasterSecret,
};
use futures_util::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use shared::{
    model::{Account, Destination, SetAside, SetAsideEvent, Sources},
    table::{LeadTable, StoreError},
};
use std::collections::HashSet;

/// When all leads of a time are in the table. Its sender gets an answer within 2.5 seconds, so a
/// lead is written by then, even if the clock of its function is two seconds behind.
pub const SETTLED_AFTER: SignedDuration = SignedDuration::from_secs(5);
/// How many destinations are forwarded to at once. One that does not answer keeps its place for 15
/// seconds, then it waits.
const AT_ONCE: usize = 64;

/// Forwards leads.
pub struct Forwarder<P> {
    /// The table with leads and destinations.
    pub table: LeadTable,
    /// The clock and the random numbers.
    pub sources: Sources,
    /// What posts messages.
    pub post: P,
    /// What the secrets of the destinations are derived from.
    pub master: MasterSecret,
}

/// What wakes a pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wake {
    /// The schedule: all destinations get what waits.
    Schedule,
    /// New leads of these accounts: their destinations get what waits. Failing destinations are left
    /// to the schedule, so that one which does not answer does not delay the others.
    NewLeads(HashSet<Account>),
}

impl<P: Post> Post for &P {
    fn post(
        &self,
        url: &str,
        message: impl Fn() -> Option<PostRequest> + Send + Sync,
    ) -> impl Future<Output = Result<Answered, PostError>> + Send {
        (**self).post(url, message)
    }
}

impl<P: Post> Forwarder<P> {
    /// Forwards what waits, to several destinations at once and to each in the order of the leads' ids.
    /// Leads younger than `settled` wait. No post begins after `until`.
    ///
    /// # Errors
    /// If the destinations cannot be read. A fault of a single destination is only logged.
    pub async fn forward_due(
        &self,
        wake: Wake,
        settled: Timestamp,
        until: Timestamp,
    ) -> Result<Report, StoreError> {
        let destinations = match &wake {
            Wake::Schedule => self.table.destinations().await?,
            Wake::NewLeads(accounts) => self.destinations_of(accounts).await?,
        };
        let now = self.sources.now();
        let passes = destinations.into_iter().map(|destination| {
            let is_left = wake != Wake::Schedule && destination.is_failing();
            let is_due = destination.is_due(now) && !is_left;
            Pass::new(self, settled, until).run(destination, is_due)
        });
        let reports = stream::iter(passes).buffer_unordered(AT_ONCE);
        Ok(reports.fold(Report::default(), async |sum, report| sum.plus(report)).await)
    }

    /// Sets those leads aside that were written late and that a cursor has passed. They must be in the
    /// table already.
    ///
    /// # Errors
    /// If the table cannot be read or written. Then the same leads must be given again.
    pub async fn note_late_leads(&self, leads: &[NewLeadRecord]) -> Result<(), StoreError> {
        let late = leads.iter().filter(|lead| lead.is_late);
        let destinations = self.destinations_of(&accounts(late.clone())).await?;
        for NewLeadRecord { account, id, .. } in late {
            let passed = destinations.iter().filter(|destination| {
                destination.account() == *account && destination.has_passed(*id)
            });
            for destination in passed {
                let event = SetAsideEvent::Created;
                let event = SetAside::due(*id, destination.id.clone(), event, id.time());
                self.table.set_aside(account, &event).await?;
            }
        }
        Ok(())
    }

    /// Posts a message that only tests a destination.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn test(&self, destination: &Destination) -> Result<Answered, PostError> {
        let now = self.sources.now();
        let message = Message::test(destination.format, &self.sources.draw_mark(), now);
        self.post_message(destination, &message).await
    }

    async fn destinations_of(
        &self,
        accounts: &HashSet<Account>,
    ) -> Result<Vec<Destination>, StoreError> {
        let mut destinations = Vec::new();
        for account in accounts {
            destinations.extend(self.table.destinations_of(account).await?);
        }
        Ok(destinations)
    }

    pub(crate) async fn post_message(
        &self,
        destination: &Destination,
        message: &Message,
    ) -> Result<Answered, PostError> {
        let sign = || {
            let now = self.sources.now();
            message.sign(&self.master.keys(destination, now), now)
        };
        self.post.post(&destination.url, sign).await
    }
}

/// The accounts of new leads.
pub(crate) fn accounts<'a>(leads: impl IntoIterator<Item = &'a NewLeadRecord>) -> HashSet<Account> {
    leads.into_iter().map(|lead| lead.account.clone()).collect()
}
