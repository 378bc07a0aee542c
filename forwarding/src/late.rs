//! Leads that were written so late that a cursor has passed them.

use crate::{event::NewLeadRecord, forwarder::Forwarder, post::Post};
use shared::{
    model::{Account, SetAside, SetAsideEvent},
    table::StoreError,
};
use std::collections::BTreeSet;

impl<P: Post> Forwarder<P> {
    /// Sets those leads aside that were written late and that a cursor has passed. They must be in
    /// the table already.
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
}

/// The accounts of new leads.
pub(crate) fn accounts<'a>(
    leads: impl IntoIterator<Item = &'a NewLeadRecord>,
) -> BTreeSet<Account> {
    leads.into_iter().map(|lead| lead.account.clone()).collect()
}
