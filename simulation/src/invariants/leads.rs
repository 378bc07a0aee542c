//! Leads in the table at each moment.

use crate::{
    log::Log,
    table::{Item, Table},
};
use jiff::Timestamp;
use shared::{
    model::{Account, LeadId},
    table::read_lead_key,
};
use tests::Sender;

impl Log {
    /// Each version of a lead follows from the one before by one update that was sent.
    pub(crate) fn check_update(
        &mut self,
        account: &Account,
        id: LeadId,
        after: &Item,
        now: Timestamp,
    ) {
        let mut leads = self.leads.iter().rev();
        let lead = leads.find(|lead| lead.id == id && lead.account == *account).unwrap();
        let before = lead.latest();
        let number = |item: &Item| {
            item.get("version")
                .map_or(0, |version| version["N"].as_str().unwrap().parse::<u64>().unwrap())
        };
        let is_next = number(after) == number(before) + 1;
        let is_kept = ["id", "created_at", "source", "details"]
            .into_iter()
            .all(|name| before.get(name) == after.get(name));
        let is_explained = self.edits.iter().any(|edit| {
            edit.account == *account
                && edit.lead == id
                && edit.may_write_after(now)
                && edit.explains(before, after)
        });
        if !is_next || !is_kept || !is_explained {
            self.note_broken(format!("an update that nobody sent: {id}: {before:?} to {after:?}"));
        }
    }

    /// No two leads of an account have the same contact at the same time if its provider accepts a
    /// person only once.
    pub(crate) fn check_unique(&mut self, table: &Table, pk: &str, item: &Item) {
        let (account, _) = read_lead_key(pk, item["sk"]["S"].as_str().unwrap()).unwrap();
        for kind in Sender::of(account.provider).unique {
            let Some(contact) = item.get(*kind) else { continue };
            let mut others = table
                .items()
                .filter(|other| other["pk"] == item["pk"] && other["sk"] != item["sk"]);
            if others.any(|other| other.get(*kind) == Some(contact)) {
                self.note_broken(format!("two leads have the same {kind}: {item:?}"));
                return;
            }
        }
    }
}
