//! Attempts to update or delete leads.

use crate::{history::Edit, table::Item, task::UNDER_WAY};
use jiff::Timestamp;
use shared::model::{Account, LeadId};
use tests::Answer;

/// An attempt to update or delete a lead.
pub(crate) struct EditAttempt {
    pub(crate) account: Account,
    pub(crate) lead: LeadId,
    pub(crate) edit: Edit,
    pub(crate) begun: Timestamp,
    /// When nothing more can come of it.
    pub(crate) ended: Option<Timestamp>,
    pub(crate) answer: Option<Answer>,
}

impl EditAttempt {
    pub(crate) fn new(account: Account, lead: LeadId, edit: Edit, begun: Timestamp) -> Self {
        Self { account, lead, edit, begun, ended: None, answer: None }
    }

    /// Nothing more can come of it, unless its function is still frozen.
    pub(crate) fn end(&mut self, answer: Option<Answer>, at: Timestamp) {
        let is_busy = answer.as_ref().is_none_or(|answer| answer.status == 503);
        let ended = if is_busy { at + UNDER_WAY } else { at };
        self.ended = answer.is_some().then_some(ended);
        self.answer = answer;
    }

    /// Whether it may still write something after `since`.
    pub(crate) fn may_write_after(&self, since: Timestamp) -> bool {
        self.ended.is_none_or(|ended| ended >= since)
    }

    /// Whether it makes a lead with this e-mail.
    pub(crate) fn sets_email(&self, email: &str) -> bool {
        self.edit.body()["email"] == email
    }

    /// Whether its update makes one version of a lead from another.
    pub(crate) fn explains(&self, before: &Item, after: &Item) -> bool {
        let sent = self.edit.body();
        let is_explained = |name: &str| match sent[name].as_str() {
            Some(value) => after.get(name).is_some_and(|found| found["S"] == value),
            None => before.get(name) == after.get(name),
        };
        ["name", "email", "phone"].into_iter().all(is_explained)
    }
}
