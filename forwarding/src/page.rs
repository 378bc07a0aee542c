//! The leads that a pass has read and not posted yet.

use crate::message::LEAD_VALID_FOR;
use jiff::Timestamp;
use shared::{
    model::{LeadId, StoredLead},
    table::LeadPage,
};
use std::vec;

/// The next leads after a cursor.
pub(crate) struct Page {
    /// The cursor at which its next lead is the first one that waits.
    cursor: LeadId,
    leads: vec::IntoIter<StoredLead>,
    read_at: Timestamp,
    is_last: bool,
}

impl Page {
    /// A page that was read after `cursor`; the reading began at `read_at`.
    pub(crate) fn new(cursor: LeadId, read: LeadPage, read_at: Timestamp) -> Self {
        let LeadPage { leads, rest, .. } = read;
        Self { cursor, leads: leads.into_iter(), read_at, is_last: rest.is_none() }
    }

    /// Whether its next lead is the first one after this cursor.
    pub(crate) fn is_at(&self, cursor: LeadId) -> bool {
        self.cursor == cursor
    }

    /// Whether it must be read again.
    pub(crate) fn is_old(&self, now: Timestamp) -> bool {
        now > self.read_at + LEAD_VALID_FOR
    }

    /// When it was read.
    pub(crate) fn read_at(&self) -> Timestamp {
        self.read_at
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
