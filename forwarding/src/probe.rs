//! The part of a pass that posts a later lead, to find out whose fault a failure is.

use crate::{
    answer::Verdict,
    filter::meets,
    leads::PAGE,
    lease::{Ended, Leased},
    next::{Next, after_probe},
    post::Post,
    poster::{Poster, create_message},
};
use shared::{
    model::{Destination, LeadId, StoredLead, Stuck},
    table::StoreError,
};

impl<P: Post> Poster<'_, P> {
    /// Posts a later lead than the one that failed. If it is taken, the pass goes on with the one
    /// that failed, and what fails before the probed one is set aside.
    pub(crate) async fn probe(&mut self, leased: &mut Leased<'_>) -> Result<(), Ended> {
        loop {
            self.check(leased).await?;
            let destination = &mut leased.destination;
            // Without it an operator moved the cursor, or has just skipped the lead.
            let Some(stuck) = destination.stuck else { return Ok(()) };
            if destination.ahead.contains(&stuck.lead) {
                return Ok(());
            }
            let read_at = self.forwarder.system.now();
            let Some(lead) = self.next_to_probe(destination, stuck).await? else {
                return Err(Ended::Stopped);
            };
            let id = lead.id;
            let verdict = match create_message(destination, lead, read_at) {
                Ok(message) => self.post(destination, &message).await?,
                Err(_) => Some(Verdict::Wait(None)),
            };
            // Nothing was sent: the lead is read again.
            let Some(verdict) = verdict else { continue };
            match after_probe(destination, id, &verdict, &self.forwarder.system) {
                Next::GoOn => return leased.save().await,
                Next::SetAside(_) | Next::Probe | Next::Stop => return Err(Ended::Stopped),
            }
        }
    }

    /// The first lead after the last probed one. After the last lead it begins again, because the
    /// destination may have had a fault.
    async fn next_to_probe(
        &self,
        destination: &Destination,
        stuck: Stuck,
    ) -> Result<Option<StoredLead>, StoreError> {
        let last = stuck.probed.unwrap_or(stuck.lead);
        let after = self.first_after(destination, last).await?;
        if after.is_some() || last == stuck.lead {
            return Ok(after);
        }
        self.first_after(destination, stuck.lead).await
    }

    /// The first lead after `lead` that the destination gets and has not taken.
    async fn first_after(
        &self,
        destination: &Destination,
        mut lead: LeadId,
    ) -> Result<Option<StoredLead>, StoreError> {
        let (only, account) = (&destination.only, destination.account());
        let limit = if only.is_empty() && destination.ahead.is_empty() { 1 } else { PAGE };
        let wants = |lead: &StoredLead| {
            meets(only, &account, lead) && !destination.ahead.contains(&lead.id)
        };
        loop {
            let page = self.leads_after(destination, lead, limit).await?;
            let found = page.leads.into_iter().find(wants);
            match (found, page.rest) {
                (None, Some(rest)) => lead = rest.first.previous(),
                (found, _) => return Ok(found),
            }
        }
    }
}
