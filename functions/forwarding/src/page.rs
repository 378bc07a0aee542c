//! The leads that a pass has read and not posted yet.

use jiff::{SignedDuration, Timestamp};
use shared::{
    model::{LeadId, StoredLead},
    table::LeadPage,
};
use std::vec;

/// How long a page that was read is posted. Then it is read again, so that a lead which was erased
/// meanwhile is not posted.
const VALID_FOR: SignedDuration = SignedDuration::from_secs(1);

/// The next leads after a cursor.
pub(crate) struct Page {
    /// The cursor at which its next lead is the first one that waits.
    cursor: LeadId,
    leads: vec::IntoIter<StoredLead>,
    valid_until: Timestamp,
    is_last: bool,
}

impl Page {
    /// A page that was read after `cursor`; the reading began at `now`.
    pub(crate) fn new(cursor: LeadId, read: LeadPage, now: Timestamp) -> Self {
        let LeadPage { leads, rest, .. } = read;
        let (leads, valid_until) = (leads.into_iter(), now + VALID_FOR);
        Self { cursor, leads, valid_until, is_last: rest.is_none() }
    }

    /// Whether its next lead is the first one after this cursor.
    pub(crate) fn is_at(&self, cursor: LeadId) -> bool {
        self.cursor == cursor
    }

    /// Whether it must be read again.
    pub(crate) fn is_old(&self, now: Timestamp) -> bool {
        now > self.valid_until
    }

    /// Whether no lead is left in it.
    pub(crate) fn is_done(&self) -> bool {
        self.leads.as_slice().is_empty()
    }

    /// Whether there were no more leads than those of this page.
    pub(crate) fn is_last(&self) -> bool {
        self.is_last
    }

    /// The next lead. The page stays valid if the cursor moves over it.
    pub(crate) fn next_lead(&mut self) -> Option<StoredLead> {
        let lead = self.leads.next()?;
        self.cursor = lead.id;
        Some(lead)
    }
}
