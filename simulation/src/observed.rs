//! A destination, and what was observed of it.

use crate::{
    history::{Handling, Planned, Poison, Reply},
    table::{Item, ItemChange},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use forwarding::{MasterSecret, PostRequest};
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use sha2::Sha256;
use shared::model::{Account, Destination, LeadId, SetAsideEvent};
use std::collections::{BTreeSet, VecDeque};
use tests::SIGNING_KEY;

/// A post may begin this long after the table says that its destination is paused.
const PAUSED_WITHIN: SignedDuration = SignedDuration::from_secs(8);

const TAKES: Handling = Handling { reply: Reply::Status(200, None), connects: 1, answers: 1 };

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

    /// A post must be signed, and begin before the table says for long that it is paused.
    pub(crate) fn check_post(&self, request: &PostRequest, at: Timestamp) -> Result<(), String> {
        if !self.is_signed(request, at) {
            return Err(format!("a wrong signature: {}", request.id));
        }
        // What a pass looked at before its connection was open may be seconds old.
        let since = at - PAUSED_WITHIN;
        if self.paused.is_some_and(|paused| paused < since) && !self.is_excused {
            return Err(format!("posted after a pause: {}", request.id));
        }
        Ok(())
    }

    /// Gets a message, and returns what it does with it.
    pub(crate) fn receive(
        &mut self,
        n: usize,
        request: &PostRequest,
        at: Timestamp,
        is_healed: bool,
    ) -> (Post, Handling) {
        let scripted = self.script.pop_front();
        let mut handling = scripted.filter(|_| !is_healed).unwrap_or(TAKES);
        let mut post = Post::new(n, request, at, handling.reply);
        let poison = self.answer_to_poison(post.lead);
        if let Some(reply) = poison.filter(|_| post.event == SetAsideEvent::Created) {
            (handling.reply, post.reply) = (reply, reply);
        }
        (post, handling)
    }

    /// Whether a lead of this account is meant for it.
    pub(crate) fn wants(&self, account: &Account, lead: LeadId) -> bool {
        self.destination.account() == *account && lead > self.destination.starts_after
    }

    /// What a version of its secret signs, by the rules of Standard Webhooks.
    fn sign(&self, version: u32, request: &PostRequest) -> String {
        let master = MasterSecret::new(SIGNING_KEY).unwrap();
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
        let id = request.id.clone();
        // An erasure that is done twice has two times.
        let body = match event {
            SetAsideEvent::Created => request.body.clone(),
            SetAsideEvent::Erased => body["data"].to_string(),
        };
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

impl Observed {
    pub(crate) fn note_change(
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
