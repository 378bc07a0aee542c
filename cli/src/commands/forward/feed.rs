//! Reads the leads of an account, page by page.

use jiff::Timestamp;
use shared::{
    model::{Account, LeadId, LeadSpan, StoredLead},
    table::{LeadTable, Order, StoreError},
};
use std::collections::VecDeque;

/// How many leads of an account are read at a time.
const PAGE: i32 = 100;

/// The leads of an account that were not posted yet.
pub(super) struct Feed {
    pub(super) account: Account,
    /// The first lead that was not read.
    first: LeadId,
    /// Up to which lead all were read.
    done: Option<LeadId>,
    /// The leads that were read and not posted.
    pub(super) leads: VecDeque<StoredLead>,
    /// When they were read.
    pub(super) read_at: Timestamp,
}

impl Feed {
    pub(super) fn new(account: Account, first: LeadId, now: Timestamp) -> Self {
        Self { account, first, done: None, leads: VecDeque::new(), read_at: now }
    }

    /// Reads the next leads up to `last`, if none are left.
    pub(super) async fn fill(
        &mut self,
        table: &LeadTable,
        last: LeadId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if !self.leads.is_empty() || self.done >= Some(last) || self.first > last {
            return Ok(());
        }
        let span = LeadSpan { first: self.first, last };
        self.read_at = now;
        let page = table.leads(&self.account, span, Order::OldestFirst, Some(PAGE)).await?;
        match page.rest {
            Some(rest) => self.first = rest.first,
            None => self.done = Some(last),
        }
        if let Some(after) = page.leads.last().and_then(|lead| LeadSpan::ALL.after(lead.id)) {
            self.first = after.first;
        }
        self.leads = page.leads.into();
        Ok(())
    }
}
