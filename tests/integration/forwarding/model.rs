//! What happened in a history: the leads, and what each destination received.

use super::{
    history::{Handling, Planned, Poison, Reply},
    play::MASTER,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use forwarding::{MasterSecret, PostRequest};
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use sha2::Sha256;
use shared::model::{Account, Destination, LeadId, SetAside, SetAsideEvent};
use std::collections::{HashMap, HashSet, VecDeque};

/// A write that is this much later than its lead's id is late.
const LATE_AFTER: SignedDuration = SignedDuration::from_secs(3);

/// What happened.
#[derive(Default)]
pub(super) struct Log {
    pub(super) leads: Vec<WrittenLead>,
    /// Leads of which the stream has not given a record yet.
    pub(super) not_streamed: Vec<WrittenLead>,
    /// Whether the clock of an instance jumped.
    pub(super) has_stepped: bool,
    /// Leads whose erasure has begun.
    erasing: HashSet<LeadId>,
    pub(super) erased: HashMap<LeadId, Erasure>,
    pub(super) observed: Vec<Observed>,
    /// All posts, in the order in which they began.
    pub(super) seen: Vec<Seen>,
    pub(super) broken: Option<String>,
}

/// A lead, and when it was written.
#[derive(Clone)]
pub(super) struct WrittenLead {
    pub(super) account: Account,
    pub(super) id: LeadId,
    pub(super) written: Timestamp,
    /// How many posts had begun when its record came late.
    pub(super) seen: usize,
}

/// When a lead was erased.
#[derive(Clone, Copy)]
pub(super) struct Erasure {
    pub(super) at: Timestamp,
    /// How many posts had begun.
    pub(super) seen: usize,
}

/// A destination, and what was observed of it.
pub(super) struct Observed {
    /// As it was added, but with the lowest `starts_after` that it had.
    pub(super) destination: Destination,
    pub(super) script: VecDeque<Handling>,
    poison: Option<Poison>,
    /// Leads that an operator set aside.
    pub(super) skipped: HashSet<LeadId>,
    /// Whether it is paused, and no pass may post to it.
    pub(super) rests: bool,
    /// The versions of its secret that a running pass may have, each with the end of the one
    /// before.
    pub(super) secrets: Vec<(u32, Option<Timestamp>)>,
    pub(super) first_start: LeadId,
    /// Late leads that were set aside for it.
    pub(super) late: HashSet<LeadId>,
    /// Whether anything happened that excuses repeats: a crash, a lost answer, a fault of the
    /// table, a frozen instance, a replay.
    pub(super) is_excused: bool,
}

/// A post.
pub(super) struct Seen {
    pub(super) destination: usize,
    pub(super) id: String,
    pub(super) event: SetAsideEvent,
    pub(super) lead: LeadId,
    pub(super) body: String,
    pub(super) at: Timestamp,
    pub(super) reply: Reply,
}

impl WrittenLead {
    /// Whether the stream shows that it was written late. The stream has whole seconds.
    pub(super) fn is_late(&self) -> bool {
        let second = Timestamp::from_second(self.written.as_second()).unwrap();
        second.duration_since(self.id.time()) >= LATE_AFTER
    }
}

impl Observed {
    pub(super) fn new(destination: Destination, planned: Planned) -> Self {
        let first_start = destination.starts_after;
        Self {
            destination,
            script: planned.script.into(),
            poison: planned.poison,
            skipped: HashSet::new(),
            rests: false,
            secrets: vec![(1, None)],
            first_start,
            late: HashSet::new(),
            is_excused: false,
        }
    }

    /// A pass that begins now has the newest version.
    pub(super) fn forget_old_secrets(&mut self) {
        self.secrets.drain(..self.secrets.len() - 1);
    }

    /// What it answers about this lead, if it never takes it.
    pub(super) fn answer_to_poison(&self, lead: LeadId) -> Option<Reply> {
        let number: u64 = lead.to_string().parse().unwrap();
        self.poison.filter(|poison| number.is_multiple_of(poison.every)).map(|poison| poison.reply)
    }

    /// What it answers to a message, if it never takes it.
    pub(super) fn answer_to(&self, post: &Seen) -> Option<Reply> {
        let is_created = post.event == SetAsideEvent::Created;
        self.answer_to_poison(post.lead).filter(|_| is_created)
    }

    /// Whether a lead is meant for it.
    pub(super) fn wants(&self, lead: &WrittenLead) -> bool {
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

    fn is_signed(&self, request: &PostRequest, at: Timestamp) -> bool {
        self.secrets.iter().any(|(version, old_until)| {
            let mut expected = self.sign(*version, request);
            if old_until.is_some_and(|until| at < until) {
                expected = format!("{expected} {}", self.sign(version - 1, request));
            }
            request.signature == expected
        })
    }
}

impl Seen {
    pub(super) fn new(
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
        let lead = body["data"]["id"].as_str().unwrap().parse().unwrap();
        let (id, body) = (request.id.clone(), request.body.clone());
        Self { destination, id, event, lead, body, at, reply }
    }

    /// Whether the destination has the message.
    pub(super) fn is_received(&self) -> bool {
        match self.reply {
            Reply::Status(status, _) => (200..300).contains(&status),
            Reply::Unreached | Reply::Silence => false,
            Reply::AnswerLost => true,
        }
    }

    /// Whether it is a lead that was not taken.
    pub(super) fn is_failure(&self) -> bool {
        self.event == SetAsideEvent::Created && !self.is_taken()
    }

    /// Whether its sender got an answer that it was taken.
    fn is_taken(&self) -> bool {
        self.is_received() && self.reply != Reply::AnswerLost
    }

    pub(super) fn is_refused(&self) -> bool {
        matches!(self.reply, Reply::Status(400 | 409 | 413 | 415 | 422, _))
    }
}

impl Log {
    pub(super) fn note_lead(&mut self, account: Account, id: LeadId, written: Timestamp) {
        let lead = WrittenLead { account, id, written, seen: 0 };
        self.leads.push(lead.clone());
        self.not_streamed.push(lead);
    }

    /// The late lead is not in its place at those destinations whose cursor had passed it.
    pub(super) fn note_late(&mut self, lead: &WrittenLead, events: &[SetAside]) {
        let seen = self.seen.len();
        self.leads.iter_mut().filter(|late| late.id == lead.id).for_each(|late| late.seen = seen);
        for observed in &mut self.observed {
            let id = &observed.destination.id;
            let is_here = |event: &SetAside| event.lead_id == lead.id && event.destination == *id;
            if events.iter().any(is_here) {
                observed.late.insert(lead.id);
            }
        }
    }

    /// The leads of which the stream has given a record.
    pub(super) fn streamed(&self) -> Vec<WrittenLead> {
        let not_streamed: HashSet<_> = self.not_streamed.iter().map(|lead| lead.id).collect();
        self.leads.iter().filter(|lead| !not_streamed.contains(&lead.id)).cloned().collect()
    }

    pub(super) fn note_erased(&mut self, lead: LeadId, at: Timestamp) {
        self.erased.insert(lead, Erasure { at, seen: self.seen.len() });
    }

    pub(super) fn excuse_all(&mut self) {
        self.observed.iter_mut().for_each(|observed| observed.is_excused = true);
    }

    pub(super) fn leads_of(&self, account: &Account) -> Vec<LeadId> {
        let leads = self.leads.iter().filter(|lead| lead.account == *account);
        leads.map(|lead| lead.id).collect()
    }

    /// Chooses a lead to erase. Each lead is erased once.
    pub(super) fn begin_erasure(&mut self, n: u8) -> Option<(Account, LeadId)> {
        let left: Vec<_> =
            self.leads.iter().filter(|lead| !self.erasing.contains(&lead.id)).collect();
        let lead = left.get(usize::from(n) % left.len().max(1))?;
        let chosen = (lead.account.clone(), lead.id);
        self.erasing.insert(chosen.1);
        Some(chosen)
    }

    /// The number of the destination with this URL.
    pub(super) fn find(&self, url: &str) -> usize {
        self.observed.iter().position(|observed| observed.destination.url == url).unwrap()
    }

    /// Checks the signature, and that the destination may get something now. `at` is the time on
    /// the clock of the pass.
    pub(super) fn check_post(&mut self, n: usize, request: &PostRequest, at: Timestamp) {
        if self.observed[n].rests {
            self.broken.get_or_insert(format!("posted after a pause: {}", request.id));
        }
        let is_now = request.timestamp == at.as_second().to_string();
        if !is_now || !self.observed[n].is_signed(request, at) {
            self.broken.get_or_insert(format!("a wrong signature: {}", request.id));
        }
    }
}
