//! What happened in a history: what was sent and answered, what the table did, and what each
//! destination received.

use crate::{
    history::{Handling, Place, Planned, Poison, Reply, Sent},
    table::{Changed, Item, ItemChange, Table},
    task::Task,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use forwarding::{MasterSecret, PostRequest};
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use sha2::Sha256;
use shared::{
    model::{Account, Destination, LeadId, SetAsideEvent},
    table::read_lead_key,
};
use std::collections::{BTreeSet, HashSet, VecDeque};
use tests::Answer;

/// The secret from which those of the destinations are derived.
pub(crate) const MASTER: &str = "a master secret that everybody knows";

/// What happened.
#[derive(Default)]
pub(crate) struct Log {
    /// The first rule that was broken.
    pub(crate) broken: Option<String>,
    pub(crate) attempts: Vec<Attempt>,
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
    pub(crate) item: Item,
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

/// A destination, and what was observed of it.
pub(crate) struct Observed {
    /// As it was added, but with the lowest `starts_after` that it had.
    pub(crate) destination: Destination,
    pub(crate) script: VecDeque<Handling>,
    poison: Option<Poison>,
    /// Since when the table says that it is paused.
    pub(crate) paused: Option<Timestamp>,
    /// From when on each version of its secret counts.
    secrets: Vec<(Timestamp, u32)>,
    pub(crate) first_start: LeadId,
    /// Leads that were set aside because they were late, or by an operator.
    pub(crate) aside: BTreeSet<LeadId>,
    /// Whether anything happened that excuses repeats: a crash, a lost answer, a fault of the
    /// table, a frozen instance, a replay.
    pub(crate) is_excused: bool,
}

/// A message that was posted to a destination.
pub(crate) struct Post {
    pub(crate) destination: usize,
    pub(crate) id: String,
    pub(crate) event: SetAsideEvent,
    pub(crate) lead: LeadId,
    pub(crate) body: String,
    pub(crate) at: Timestamp,
    pub(crate) reply: Reply,
}

impl Attempt {
    pub(crate) fn new(sent: &Sent, place: Place, is_redelivery: bool, begun: Timestamp) -> Self {
        let (sent, account) = (sent.clone(), place.account());
        let (ended, answer, troubles) = (None, None, None);
        Self { sent, account, is_redelivery, begun, ended, answer, troubles }
    }

    /// Whether it may still store something after `since`.
    pub(crate) fn may_store_after(&self, since: Timestamp) -> bool {
        self.ended.is_none_or(|ended| ended >= since)
    }
}

impl Observed {
    pub(crate) fn new(destination: Destination, planned: Planned, at: Timestamp) -> Self {
        let first_start = destination.starts_after;
        Self {
            destination,
            script: planned.script.into(),
            poison: planned.poison,
            paused: None,
            secrets: vec![(at, 1)],
            first_start,
            aside: BTreeSet::new(),
            is_excused: false,
        }
    }

    /// What it answers about this lead, if it never takes it.
    pub(crate) fn answer_to_poison(&self, lead: LeadId) -> Option<Reply> {
        let number: u64 = lead.to_string().parse().unwrap();
        self.poison.filter(|poison| number.is_multiple_of(poison.every)).map(|poison| poison.reply)
    }

    /// Whether a lead is meant for it.
    pub(crate) fn wants(&self, lead: &WrittenLead) -> bool {
        self.destination.account() == lead.account && lead.id > self.destination.starts_after
    }

    /// What a version of its secret signs, by the rules of Standard Webhooks.
    fn sign(&self, version: u32, request: &PostRequest) -> String {
        let master = MasterSecret::new(MASTER).unwrap();
        let secret = master.secret(&self.destination.id, version);
        let key = BASE64_STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(format!("{}.{}.{}", request.id, request.timestamp, request.body).as_bytes());
        format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()))
    }

    /// Whether a post is signed with the secret that counts at `at`, or with the one before it. A
    /// pass may have read the destination a minute ago.
    fn is_signed(&self, request: &PostRequest, at: Timestamp) -> bool {
        let since = at - SignedDuration::from_mins(2);
        let current = self.secrets.iter().enumerate().filter(|(n, _)| {
            let until = self.secrets.get(n + 1).map(|(from, _)| *from);
            until.is_none_or(|until| until > since) || self.is_excused
        });
        current.map(|(_, (_, version))| *version).any(|version| {
            let own = self.sign(version, request);
            request.signature == own
                || version > 1
                    && request.signature == format!("{own} {}", self.sign(version - 1, request))
        })
    }
}

impl Post {
    pub(crate) fn new(
        destination: usize,
        request: &PostRequest,
        at: Timestamp,
        reply: Reply,
    ) -> Self {
        let body: Value = serde_json::from_str(&request.body).unwrap();
        let event = match body["type"].as_str() {
            Some("lead.created") => SetAsideEvent::Created,
            Some("lead.erased") => SetAsideEvent::Erased,
            _ => panic!("an unknown message"),
        };
        let (_, lead) = providers::read_id(body["data"]["id"].as_str().unwrap()).unwrap();
        let (id, body) = (request.id.clone(), request.body.clone());
        Self { destination, id, event, lead, body, at, reply }
    }

    /// Whether the destination has the message.
    pub(crate) fn is_received(&self) -> bool {
        match self.reply {
            Reply::Status(status, _) => (200..300).contains(&status),
            Reply::Unreached | Reply::Silence => false,
            Reply::AnswerLost => true,
        }
    }

    /// Whether it is a lead that was not taken, as its sender sees it.
    pub(crate) fn is_failure(&self) -> bool {
        let is_taken = self.is_received() && self.reply != Reply::AnswerLost;
        self.event == SetAsideEvent::Created && !is_taken
    }

    pub(crate) fn is_refused(&self) -> bool {
        matches!(self.reply, Reply::Status(400 | 409 | 413 | 415 | 422, _))
    }
}

impl Log {
    /// Notes an attempt to deliver, and returns its number.
    pub(crate) fn begin(&mut self, attempt: Attempt) -> usize {
        self.attempts.push(attempt);
        self.attempts.len() - 1
    }

    /// Nothing more can come of an attempt.
    pub(crate) fn end(&mut self, n: usize, task: &Task, at: Timestamp) {
        self.attempts[n].ended = Some(at);
        self.attempts[n].troubles = task.troubles();
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
            match change {
                ItemChange::Inserted => {
                    if self.leads.iter().any(|lead| lead.id == id && lead.account == account) {
                        self.reused.insert(id);
                    }
                    self.not_streamed.push(self.leads.len());
                    let item = item.unwrap().clone();
                    self.leads.push(WrittenLead { account, id, item, written: now, erased: None });
                }
                ItemChange::Removed => {
                    let erasure = Erasure { at: now, posts: self.posts.len() };
                    let mut leads = self.leads.iter_mut().rev();
                    let lead = leads.find(|lead| lead.id == id && lead.account == account);
                    lead.unwrap().erased = Some(erasure);
                }
                ItemChange::Modified => self.note_broken("a lead was changed"),
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
        at: Timestamp,
        in_peace: bool,
    ) -> Handling {
        let n = self.find(url);
        let observed = &mut self.observed[n];
        let scripted = observed.script.pop_front();
        let mut handling = scripted.filter(|_| !in_peace).unwrap_or(TAKES);
        if !observed.is_signed(request, at) {
            self.broken.get_or_insert(format!("a wrong signature: {}", request.id));
        }
        // What a pass looked at before its connection was open may be seconds old.
        let since = at - PAUSED_WITHIN;
        if observed.paused.is_some_and(|paused| paused < since) && !observed.is_excused {
            self.broken.get_or_insert(format!("posted after a pause: {}", request.id));
        }
        let mut post = Post::new(n, request, at, handling.reply);
        let poison = observed.answer_to_poison(post.lead);
        if let Some(reply) = poison.filter(|_| post.event == SetAsideEvent::Created) {
            (handling.reply, post.reply) = (reply, reply);
        }
        self.posts.push(post);
        handling
    }

    /// Whether an attempt of this account may still store something after `since`. It may name a
    /// person whom it does not have: the answer shows the lead of one who has the same phone.
    pub(crate) fn is_receiving(&self, account: &Account, since: Timestamp) -> bool {
        let mut of_account = self.attempts.iter().filter(|attempt| attempt.account == *account);
        of_account.any(|attempt| attempt.may_store_after(since))
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

/// A post may begin this long after the table says that its destination is paused.
const PAUSED_WITHIN: SignedDuration = SignedDuration::from_secs(8);

const TAKES: Handling = Handling { reply: Reply::Status(200, None), connects: 1, answers: 1 };

impl Observed {
    fn note_change(
        &mut self,
        pk: &str,
        item: &Item,
        change: ItemChange,
        is_operator: bool,
        now: Timestamp,
    ) {
        let text = |name: &str| item.get(name).and_then(|value| value["S"].as_str());
        let number =
            |name: &str| item.get(name).and_then(|value| value["N"].as_str()?.parse().ok());
        if pk.starts_with("set-aside#") {
            let is_late = number("tries") == Some(0_u64);
            let is_aside = text("event") == Some("created") && (is_late || is_operator);
            if change == ItemChange::Inserted && is_aside {
                let lead = item["lead_id"]["N"].as_str().unwrap().parse().unwrap();
                self.aside.insert(lead);
            }
            return;
        }
        match text("state") {
            Some("paused") => _ = self.paused.get_or_insert(now),
            _ => self.paused = None,
        }
        let version = number("secret_version").unwrap() as u32;
        if self.secrets.last().is_none_or(|(_, last)| *last != version) {
            self.secrets.push((now, version));
        }
        let starts_after = item["starts_after"]["N"].as_str().unwrap().parse().unwrap();
        let start = &mut self.destination.starts_after;
        *start = (*start).min(starts_after);
    }
}
