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

/// What a pass reads from the table is at most this old: an answer takes less.
const ANSWERED_WITHIN: SignedDuration = SignedDuration::from_secs(1);
/// How long a pass may sign with a version of the secret that it has read.
const SIGNS_WITHIN: SignedDuration = SignedDuration::from_mins(2);
/// How far the clock of a pass may be from the table's: that is read to the second.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_secs(2);

const TAKES: Handling = Handling { reply: Reply::Status(200, None), connects: 1, answers: 1 };

/// A destination, and what was observed of it.
pub(crate) struct Observed {
    /// As it was added, but with the lowest `starts_after` that it had.
    pub(crate) destination: Destination,
    pub(crate) script: VecDeque<Handling>,
    poison: Option<Poison>,
    /// Since when the table says that it is paused.
    pub(crate) paused: Option<Timestamp>,
    secrets: Vec<Secret>,
    pub(crate) first_start: LeadId,
    /// Leads that were set aside because they were late, or by an operator.
    pub(crate) aside: BTreeSet<LeadId>,
    /// The replays that moved its cursor back: the cursor before the first lead to post again, and
    /// how many posts there were before.
    pub(crate) replays: Vec<(LeadId, usize)>,
    /// Whether anything happened that excuses repeats: a crash, a lost answer, a fault of the
    /// table, a frozen instance, a replay.
    pub(crate) is_excused: bool,
}

/// A version of a destination's secret.
struct Secret {
    version: u32,
    /// When the table got it.
    since: Timestamp,
    /// Until when the version before it signs too.
    old_until: Option<Timestamp>,
}

/// When a post began to connect, and when its message was signed and sent.
#[derive(Clone, Copy)]
pub(crate) struct PostTimes {
    pub(crate) begun: Timestamp,
    pub(crate) at: Timestamp,
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
            secrets: vec![Secret { version: 1, since: at, old_until: None }],
            first_start,
            aside: BTreeSet::new(),
            replays: Vec::new(),
            is_excused: false,
        }
    }

    /// What it answers about this lead, if it never takes it.
    pub(crate) fn answer_to_poison(&self, lead: LeadId) -> Option<Reply> {
        let number: u64 = lead.to_string().parse().unwrap();
        self.poison.filter(|poison| number.is_multiple_of(poison.every)).map(|poison| poison.reply)
    }

    /// A post must be signed, at the time that it says, and not begin after a pause. If the clock of
    /// an instance jumped, it may say another time.
    pub(crate) fn check_post(
        &self,
        request: &PostRequest,
        times: PostTimes,
        has_jumped: bool,
    ) -> Result<(), String> {
        let clocks_differ = if has_jumped { SignedDuration::MAX } else { CLOCKS_DIFFER };
        if !self.is_signed(request, times.at, clocks_differ) {
            return Err(format!("a wrong signature: {}", request.id));
        }
        if self.is_excused {
            return Ok(());
        }
        let timestamp = Timestamp::from_second(request.timestamp.parse().unwrap()).unwrap();
        if timestamp.duration_since(times.at).abs() > clocks_differ {
            return Err(format!("signed with another time: {}", request.id));
        }
        let looked = times.begun - ANSWERED_WITHIN;
        if self.paused.is_some_and(|paused| paused < looked) {
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
    pub(crate) fn wants(&self, account: &Account, lead: LeadId, item: &Item) -> bool {
        let name = item.get("name").and_then(|name| name["S"].as_str());
        self.destination.account() == *account
            && lead > self.destination.starts_after
            && self.destination.only.iter().all(|condition| condition.is_met(name))
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

    /// Whether a post is signed with a version of the secret that its pass may have read, and until
    /// its end with the version before it too.
    fn is_signed(
        &self,
        request: &PostRequest,
        at: Timestamp,
        clocks_differ: SignedDuration,
    ) -> bool {
        let newer = self.secrets.iter().skip(1).map(|secret| Some(secret.since)).chain([None]);
        let readable = self.secrets.iter().zip(newer).filter(|(_, replaced)| {
            self.is_excused || replaced.is_none_or(|replaced| replaced > at - SIGNS_WITHIN)
        });
        readable.map(|(secret, _)| secret).any(|Secret { version, old_until, .. }| {
            let own = self.sign(*version, request);
            let Some(until) = *old_until else { return request.signature == own };
            let both = format!("{own} {}", self.sign(version - 1, request));
            let ended = at.duration_since(until);
            let may_be_both = self.is_excused || ended < clocks_differ;
            let may_be_own = self.is_excused || -ended < clocks_differ;
            may_be_both && request.signature == both || may_be_own && request.signature == own
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
            Some("lead.updated") => SetAsideEvent::Updated,
            Some("lead.erased") => SetAsideEvent::Erased,
            _ => panic!("an unknown message"),
        };
        let (_, lead) = providers::read_id(body["data"]["id"].as_str().unwrap()).unwrap();
        let id = request.id.clone();
        let body = request.body.clone();
        Self { destination, id, event, lead, body, at, reply }
    }

    /// Whether it shows a lead as this item has it.
    pub(crate) fn shows(&self, item: &Item) -> bool {
        let body: Value = serde_json::from_str(&self.body).unwrap();
        let is_shown = |name: &str| match item.get(name) {
            Some(value) => body["data"][name] == value["S"],
            None => body["data"][name].is_null(),
        };
        self.event != SetAsideEvent::Erased && ["name", "email", "phone"].into_iter().all(is_shown)
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
            let is_late = number("tries") == Some(0_i64);
            let is_created = text("event") == Some("created");
            if change == ItemChange::Inserted && is_created && (is_late || is_operator) {
                self.aside.insert(item["lead_id"]["N"].as_str().unwrap().parse().unwrap());
            }
            return;
        }
        match text("state") {
            Some("paused") => _ = self.paused.get_or_insert(now),
            _ => self.paused = None,
        }
        let version = number("secret_version").unwrap() as u32;
        if self.secrets.last().is_none_or(|last| last.version != version) {
            let until = number("old_secret_until");
            let old_until = until.map(|until| Timestamp::from_millisecond(until).unwrap());
            self.secrets.push(Secret { version, since: now, old_until });
        }
        let starts_after = item["starts_after"]["N"].as_str().unwrap().parse().unwrap();
        let start = &mut self.destination.starts_after;
        *start = (*start).min(starts_after);
    }
}
