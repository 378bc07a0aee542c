//! What happened in a history: what was sent and answered, and what the table did.

use crate::{
    edits::EditAttempt,
    history::{Handling, Place, Sent},
    observed::{Observed, Post, PostTimes},
    table::{Changed, Item, ItemChange, Table},
    task::{Task, UNDER_WAY},
};
use forwarding::PostRequest;
use jiff::Timestamp;
use shared::{
    model::{Account, LeadId},
    table::read_lead_key,
};
use std::{
    collections::{BTreeSet, HashSet},
    ops::RangeInclusive,
};
use tests::{Answer, Sender};

/// What happened.
#[derive(Default)]
pub(crate) struct Log {
    /// The first rule that was broken.
    pub(crate) broken: Option<String>,
    pub(crate) attempts: Vec<Attempt>,
    pub(crate) edits: Vec<EditAttempt>,
    /// How often a lead was stored, updated or erased.
    pub(crate) changes: usize,
    pub(crate) leads: Vec<WrittenLead>,
    /// Ids of erased leads that another lead has again: it got its id in the same millisecond. What
    /// is said of them cannot be told apart.
    pub(crate) reused: BTreeSet<LeadId>,
    /// Leads of which the stream has not given a record yet, by their number.
    pub(crate) not_streamed: Vec<usize>,
    /// Each time that a delivery was held.
    pub(crate) held: Vec<Held>,
    pub(crate) observed: Vec<Observed>,
    /// All posts, in the order in which they began.
    pub(crate) posts: Vec<Post>,
    /// Whether the clock of an instance jumped.
    pub(crate) has_jumped: bool,
    /// How many tasks are forwarding.
    pub(crate) forwarding: usize,
}

/// An attempt to deliver.
pub(crate) struct Attempt {
    pub(crate) sent: Sent,
    pub(crate) account: Account,
    /// Whether the operator redelivered it.
    pub(crate) is_redelivery: bool,
    pub(crate) begun: Timestamp,
    /// When nothing more can come of it.
    pub(crate) ended: Option<Timestamp>,
    /// The answer that the sender got.
    pub(crate) answer: Option<Answer>,
    /// How many of its requests to the table failed or were slow, unless something worse happened.
    pub(crate) troubles: Option<u32>,
}

/// A lead in the table.
pub(crate) struct WrittenLead {
    pub(crate) account: Account,
    pub(crate) id: LeadId,
    /// As it was created.
    pub(crate) item: Item,
    /// When it was updated, and how that left it.
    pub(crate) updated: Vec<(Timestamp, Item)>,
    pub(crate) written: Timestamp,
    pub(crate) erased: Option<Erasure>,
}

/// A delivery that was held.
pub(crate) struct Held {
    pub(crate) partition: String,
    pub(crate) body: String,
    pub(crate) at: Timestamp,
}

/// When a lead was erased.
#[derive(Clone, Copy)]
pub(crate) struct Erasure {
    pub(crate) at: Timestamp,
    /// How many posts had begun.
    pub(crate) posts: usize,
}

impl Attempt {
    pub(crate) fn new(sent: &Sent, place: Place, is_redelivery: bool, begun: Timestamp) -> Self {
        let (sent, account) = (sent.clone(), place.account());
        let (ended, answer, troubles) = (None, None, None);
        Self { sent, account, is_redelivery, begun, ended, answer, troubles }
    }

    /// The lead in its answer.
    pub(crate) fn answered_lead(&self) -> Option<LeadId> {
        Sender::of(self.account.provider).lead_id(self.answer.as_ref()?)
    }

    /// Whether it may still store something after `since`.
    pub(crate) fn may_store_after(&self, since: Timestamp) -> bool {
        self.ended.is_none_or(|ended| ended >= since)
    }
}

impl WrittenLead {
    /// The lead as it is, or was when it was erased.
    pub(crate) fn latest(&self) -> &Item {
        self.versions().last().unwrap_or(&self.item)
    }

    /// The lead as it was created, and as each update left it.
    pub(crate) fn versions(&self) -> impl Iterator<Item = &Item> {
        std::iter::once(&self.item).chain(self.updated.iter().map(|(_, item)| item))
    }

    /// Whether it was erased or updated in this span, and so may have given up claims.
    pub(crate) fn gave_up_claims(&self, span: &RangeInclusive<Timestamp>) -> bool {
        self.erased.is_some_and(|erasure| span.contains(&erasure.at))
            || self.updated.iter().any(|(at, _)| span.contains(at))
    }

    /// Whether it has or had this value in a field.
    pub(crate) fn has_had(&self, field: &str, value: &str) -> bool {
        self.versions().any(|item| item.get(field).is_some_and(|found| found["S"] == value))
    }
}

impl Log {
    /// The leads of an account that senders know.
    pub(crate) fn answered_leads(&self, account: &Account) -> Vec<LeadId> {
        let of_account = self.attempts.iter().filter(|attempt| attempt.account == *account);
        let known: BTreeSet<_> = of_account.filter_map(Attempt::answered_lead).collect();
        known.into_iter().collect()
    }

    /// The leads of an account that are in the table.
    pub(crate) fn stored_leads(&self, account: &Account) -> Vec<LeadId> {
        let of_account = self.leads.iter().filter(|lead| lead.account == *account);
        of_account.filter(|lead| lead.erased.is_none()).map(|lead| lead.id).collect()
    }

    /// Notes an attempt to deliver, and returns its number.
    pub(crate) fn begin(&mut self, attempt: Attempt) -> usize {
        self.attempts.push(attempt);
        self.attempts.len() - 1
    }

    /// Nothing more can come of an attempt.
    pub(crate) fn end(&mut self, n: usize, task: &Task, at: Timestamp) {
        let troubles = task.troubles();
        self.attempts[n].ended = Some(if troubles == Some(0) { at } else { at + UNDER_WAY });
        self.attempts[n].troubles = troubles;
    }

    /// Notes the first rule that was broken.
    pub(crate) fn note_broken(&mut self, rule: impl Into<String>) {
        self.broken.get_or_insert_with(|| rule.into());
    }

    pub(crate) fn excuse_all(&mut self) {
        self.observed.iter_mut().for_each(|observed| observed.is_excused = true);
    }

    /// The number of the destination with this URL.
    pub(crate) fn find(&self, url: &str) -> usize {
        self.observed.iter().position(|observed| observed.destination.url == url).unwrap()
    }

    pub(crate) fn leads_of(&self, account: &Account) -> Vec<LeadId> {
        let leads = self.leads.iter().filter(|lead| lead.account == *account);
        leads.map(|lead| lead.id).collect()
    }

    /// Notes what the table has changed. `is_operator` says whether an operator's command did it.
    pub(crate) fn note_change(
        &mut self,
        table: &Table,
        Changed { pk, sk, change }: &Changed,
        is_operator: bool,
        now: Timestamp,
    ) {
        let item = table.item(pk, sk);
        if let Some((account, id)) = read_lead_key(pk, sk) {
            self.changes += 1;
            match change {
                ItemChange::Inserted => {
                    if self.leads.iter().any(|lead| lead.id == id && lead.account == account) {
                        self.reused.insert(id);
                    }
                    self.not_streamed.push(self.leads.len());
                    let item = item.unwrap().clone();
                    self.check_unique(table, pk, &item);
                    let (updated, written, erased) = (Vec::new(), now, None);
                    self.leads.push(WrittenLead { account, id, item, updated, written, erased });
                }
                ItemChange::Removed => {
                    let erasure = Erasure { at: now, posts: self.posts.len() };
                    let mut leads = self.leads.iter_mut().rev();
                    let lead = leads.find(|lead| lead.id == id && lead.account == account);
                    lead.unwrap().erased = Some(erasure);
                }
                ItemChange::Modified => {
                    let item = item.unwrap().clone();
                    self.check_unique(table, pk, &item);
                    self.check_update(&account, id, &item, now);
                    let mut leads = self.leads.iter_mut().rev();
                    let lead = leads.find(|lead| lead.id == id && lead.account == account);
                    lead.unwrap().updated.push((now, item));
                }
            }
        } else if let Some(item) = item
            && pk.starts_with("held#")
        {
            let body = item["body"]["S"].as_str().unwrap().to_owned();
            self.held.push(Held { partition: pk.clone(), body, at: now });
        } else if let Some(item) = item
            && let Some(observed) = self.observed.iter_mut().find(|observed| {
                let id = observed.destination.id.as_str();
                pk.starts_with("destination#") && sk == id
                    || pk.starts_with("set-aside#") && sk.ends_with(id)
            })
        {
            observed.note_change(pk, item, *change, is_operator, now);
        }
    }

    /// Notes a post, and returns what its destination does with it.
    pub(crate) fn receive(
        &mut self,
        url: &str,
        request: &PostRequest,
        times: PostTimes,
        is_healed: bool,
    ) -> Handling {
        let n = self.find(url);
        if let Err(rule) = self.observed[n].check_post(request, times, self.has_jumped) {
            self.note_broken(rule);
        }
        let (post, handling) = self.observed[n].receive(n, request, times.at, is_healed);
        self.posts.push(post);
        handling
    }

    /// Whether an attempt of this account may still store something after `since`. It may name a
    /// person whom it does not have: the answer shows the lead of one who has the same phone.
    pub(crate) fn is_receiving(&self, account: &Account, since: Timestamp) -> bool {
        let mut edits = self.edits.iter().filter(|edit| edit.account == *account);
        let mut of_account = self.attempts.iter().filter(|attempt| attempt.account == *account);
        of_account.any(|attempt| attempt.may_store_after(since))
            || edits.any(|edit| edit.may_write_after(since))
    }

    /// Whether a destination of the account never takes this lead.
    pub(crate) fn is_poisoned(&self, account: &Account, lead: LeadId) -> bool {
        let mut of_account =
            self.observed.iter().filter(|observed| observed.destination.account() == *account);
        of_account.any(|observed| observed.answer_to_poison(lead).is_some())
    }

    /// The clock of an instance jumped. A pass whose clock jumps may take the lease of another.
    pub(crate) fn note_jump(&mut self) {
        self.has_jumped = true;
        if self.forwarding > 0 {
            self.excuse_all();
        }
    }

    /// How many milliseconds until a connection to the destination with this URL is open. It stays
    /// open until a message is posted.
    pub(crate) fn connect(&mut self, url: &str) -> u32 {
        let n = self.find(url);
        let scripted = self.observed[n].script.front_mut();
        scripted.map_or(0, |handling| std::mem::take(&mut handling.connects))
    }

    pub(crate) fn erased(&self) -> HashSet<LeadId> {
        self.leads.iter().filter(|lead| lead.erased.is_some()).map(|lead| lead.id).collect()
    }
}
