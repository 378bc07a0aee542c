//! The leads that a pass has read and not posted yet.

use crate::message::LEAD_VALID_FOR;
use jiff::Timestamp;
use shared::{
    model::{LeadId, StoredLead},
    table::LeadPage,
};
use std::{collections::BTreeSet, vec};

/// The next leads after a cursor.
pub(crate) struct Page {
    /// The cursor at which its next lead is the first one that waits.
    cursor: LeadId,
    leads: vec::IntoIter<StoredLead>,
    read_at: Timestamp,
    /// Whether a lead was taken from it.
    is_begun: bool,
    is_last: bool,
    /// Those of its leads that the destination does not get.
    unwanted: BTreeSet<LeadId>,
}

impl Page {
    /// A page that was read after `cursor`; the reading began at `read_at`. The destination gets
    /// the leads for which `wants` is true.
    pub(crate) fn new(
        cursor: LeadId,
        read: LeadPage,
        read_at: Timestamp,
        wants: impl Fn(&StoredLead) -> bool,
    ) -> Self {
        let LeadPage { leads, rest, .. } = read;
        let unwanted = leads.iter().filter(|lead| !wants(lead)).map(|lead| lead.id).collect();
        let (leads, is_last) = (leads.into_iter(), rest.is_none());
        Self { cursor, leads, read_at, is_begun: false, is_last, unwanted }
    }

    /// Whether the destination does not get this lead.
    pub(crate) fn passes_over(&self, lead: LeadId) -> bool {
        self.unwanted.contains(&lead)
    }

    /// Whether its next lead is the first one after this cursor.
    pub(crate) fn is_at(&self, cursor: LeadId) -> bool {
        self.cursor == cursor
    }

    /// Whether its leads may have changed since it was read. A new page is never old, so that a
    /// slow table does not keep a pass from posting.
    pub(crate) fn is_old(&self, now: Timestamp) -> bool {
        self.is_begun && now > self.read_at + LEAD_VALID_FOR
    }

    /// When it was read.
    pub(crate) fn read_at(&self) -> Timestamp {
        self.read_at
    }

    /// Its next lead.
    pub(crate) fn first(&self) -> Option<LeadId> {
        self.leads.as_slice().first().map(|lead| lead.id)
    }

    /// Whether there were no more leads than those of this page.
    pub(crate) fn is_last(&self) -> bool {
        self.is_last
    }

    /// Takes the first lead after `cursor`; `None` if the page is at another cursor. The page stays
    /// valid if the cursor moves over the lead.
    pub(crate) fn take_first(&mut self, cursor: LeadId) -> Option<StoredLead> {
        if !self.is_at(cursor) {
            return None;
        }
        let lead = self.leads.next()?;
        self.cursor = lead.id;
        self.is_begun = true;
        Some(lead)
    }
}
