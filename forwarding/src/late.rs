//! Leads that were written so late that a cursor has passed them.

use crate::{event::NewLeadRecord, forwarder::Forwarder, post::Post};
use shared::{
    model::{Destination, SetAside, SetAsideEvent},
    table::StoreError,
};

impl<P: Post> Forwarder<P> {
    /// Sets those leads aside that were written late and that a cursor has passed. The destinations
    /// must have been read after the leads were stored.
    ///
    /// # Errors
    /// If the table cannot be written. Then the same leads must be given again.
    pub(crate) async fn note_late_leads(
        &self,
        leads: &[NewLeadRecord],
        destinations: &[Destination],
    ) -> Result<(), StoreError> {
        for NewLeadRecord { account, id, .. } in leads.iter().filter(|lead| lead.is_late) {
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
