//! What must hold after every history, read from what the destinations received and the table.

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
use shared::{
    model::{Account, Destination, LeadId, LeadSpan, SetAside, SetAsideEvent},
    table::{LeadTable, Order},
};
use std::collections::{HashMap, HashSet, VecDeque};

/// A write that is this much later than its lead's id is told as late.
const LATE_AFTER: SignedDuration = SignedDuration::from_secs(3);
/// How often a message is refused before only the operator can post it again.
const REFUSALS: u32 = 4;
/// From which failure at the same lead on a later one is posted.
const PROBED_FROM: u32 = 3;

/// What happened.
#[derive(Default)]
pub(super) struct Log {
    pub(super) leads: Vec<Told>,
    /// Leads that the stream has not told yet.
    pub(super) untold: Vec<Told>,
    /// Whether the clock of an instance jumped.
    pub(super) has_stepped: bool,
    /// Leads whose erasure has begun.
    erasing: HashSet<LeadId>,
    pub(super) erased: HashMap<LeadId, Erasure>,
    pub(super) known: Vec<Known>,
    /// All posts, in the order in which they began.
    pub(super) seen: Vec<Seen>,
    broken: Option<String>,
}

/// A lead, and when it was written.
#[derive(Clone)]
pub(super) struct Told {
    pub(super) account: Account,
    pub(super) id: LeadId,
    pub(super) written: Timestamp,
    /// How many posts had begun when it was told as late.
    seen: usize,
}

/// When a lead was erased.
#[derive(Clone, Copy)]
pub(super) struct Erasure {
    pub(super) at: Timestamp,
    /// How many posts had begun.
    seen: usize,
}

/// A destination, and what is known about it.
pub(super) struct Known {
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
    first_start: LeadId,
    /// Late leads that were set aside for it.
    late: HashSet<LeadId>,
    /// Whether anything happened that excuses repeats: a crash, a lost answer, a fault of the
    /// table, a frozen instance, a replay.
    pub(super) is_excused: bool,
}

/// A post.
pub(super) struct Seen {
    destination: usize,
    id: String,
    event: SetAsideEvent,
    lead: LeadId,
    body: String,
    at: Timestamp,
    pub(super) reply: Reply,
}

impl Told {
    /// Whether the stream shows that it was written late. The stream has whole seconds.
    pub(super) fn is_late(&self) -> bool {
        let second = Timestamp::from_second(self.written.as_second()).unwrap();
        second.duration_since(self.id.time()) >= LATE_AFTER
    }
}

impl Known {
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
    fn wants(&self, lead: &Told) -> bool {
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
    fn is_received(&self) -> bool {
        match self.reply {
            Reply::Status(status, _) => (200..300).contains(&status),
            Reply::Unreached | Reply::Silence => false,
            Reply::AnswerLost => true,
        }
    }

    /// Whether it is a lead that was not taken.
    fn is_failure(&self) -> bool {
        self.event == SetAsideEvent::Created && !self.is_taken()
    }

    /// Whether its sender got an answer that it was taken.
    fn is_taken(&self) -> bool {
        self.is_received() && self.reply != Reply::AnswerLost
    }

    fn is_refused(&self) -> bool {
        matches!(self.reply, Reply::Status(400 | 409 | 413 | 415 | 422, _))
    }
}

impl Log {
    pub(super) fn note_lead(&mut self, account: Account, id: LeadId, written: Timestamp) {
        let lead = Told { account, id, written, seen: 0 };
        self.leads.push(lead.clone());
        self.untold.push(lead);
    }

    /// The late lead is not in its place at those destinations whose cursor had passed it.
    pub(super) fn note_late(&mut self, lead: &Told, events: &[SetAside]) {
        let seen = self.seen.len();
        self.leads.iter_mut().filter(|late| late.id == lead.id).for_each(|late| late.seen = seen);
        for known in &mut self.known {
            let id = &known.destination.id;
            let is_here = |event: &SetAside| event.lead_id == lead.id && event.destination == *id;
            if events.iter().any(is_here) {
                known.late.insert(lead.id);
            }
        }
    }

    /// The leads that the stream has told.
    pub(super) fn told(&self) -> Vec<Told> {
        let untold: HashSet<_> = self.untold.iter().map(|lead| lead.id).collect();
        self.leads.iter().filter(|lead| !untold.contains(&lead.id)).cloned().collect()
    }

    pub(super) fn note_erased(&mut self, lead: LeadId, at: Timestamp) {
        self.erased.insert(lead, Erasure { at, seen: self.seen.len() });
    }

    pub(super) fn excuse_all(&mut self) {
        self.known.iter_mut().for_each(|known| known.is_excused = true);
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
        self.known.iter().position(|known| known.destination.url == url).unwrap()
    }

    /// Checks the signature, and that the destination may get something now. `at` is the time on the
    /// clock of the pass.
    pub(super) fn check_post(&mut self, n: usize, request: &PostRequest, at: Timestamp) {
        if self.known[n].rests {
            self.broken.get_or_insert(format!("posted after a pause: {}", request.id));
        }
        let is_now = request.timestamp == at.as_second().to_string();
        if !is_now || !self.known[n].is_signed(request, at) {
            self.broken.get_or_insert(format!("a wrong signature: {}", request.id));
        }
    }

    /// Checks everything.
    pub(super) async fn judge(&self, table: &LeadTable, now: Timestamp) -> Result<(), String> {
        if let Some(broken) = &self.broken {
            return Err(broken.clone());
        }
        for (n, known) in self.known.iter().enumerate() {
            let at_end = AtEnd::read(table, known, now).await;
            let seen: Vec<_> = self.seen.iter().filter(|seen| seen.destination == n).collect();
            at_end.check_all_received(self, known, &seen)?;
            check_messages(known, &seen)?;
            check_repeats(known, &seen)?;
            check_order(known, &seen, &self.overtaken(n))?;
            self.check_erasures(n)?;
        }
        Ok(())
    }

    /// Late leads that were told when a later one had already been posted to this destination.
    fn overtaken(&self, n: usize) -> HashSet<LeadId> {
        let is_overtaken = |lead: &&Told| {
            let mut before = self.seen[..lead.seen].iter().filter(|seen| seen.destination == n);
            lead.is_late() && before.any(|seen| seen.lead > lead.id)
        };
        self.leads.iter().filter(is_overtaken).map(|lead| lead.id).collect()
    }

    /// Nothing of an erased lead is posted, and its receivers know of the erasure.
    fn check_erasures(&self, n: usize) -> Result<(), String> {
        for (lead, erasure) in &self.erased {
            let of_lead = |event: SetAsideEvent| {
                let posts = self.seen.iter().enumerate();
                posts.filter(move |(_, post)| {
                    post.destination == n && post.lead == *lead && post.event == event
                })
            };
            let mut created = of_lead(SetAsideEvent::Created);
            let is_late = |(i, post): (usize, &Seen)| {
                i >= erasure.seen && erasure.is_over(post.at, self.has_stepped)
            };
            if created.any(is_late) {
                return Err(format!("posted after its erasure: {lead}"));
            }
            let had = of_lead(SetAsideEvent::Created).any(|(_, post)| post.is_received());
            let mut told = of_lead(SetAsideEvent::Erased).map(|(_, post)| post);
            let failed = of_lead(SetAsideEvent::Erased).filter(|(_, post)| !post.is_received());
            let is_refused = failed.count() >= REFUSALS as usize;
            if had && !told.any(Seen::is_received) && !is_refused {
                return Err(format!("the erasure was not told: {lead}"));
            }
            let last = of_lead(SetAsideEvent::Created).rfind(|(_, post)| post.is_received());
            let first = of_lead(SetAsideEvent::Erased).find(|(_, post)| post.is_received());
            if let (Some((last, _)), Some((first, _))) = (last, first)
                && last > first
            {
                return Err(format!("posted after its erasure was told: {lead}"));
            }
        }
        Ok(())
    }
}

/// What the table has for a destination at the end.
struct AtEnd {
    destination: Destination,
    events: Vec<SetAside>,
    stored: HashSet<LeadId>,
    now: Timestamp,
}

impl AtEnd {
    async fn read(table: &LeadTable, known: &Known, now: Timestamp) -> Self {
        let (account, id) = (known.destination.account(), &known.destination.id);
        let destination = table.get_destination(&account, id).await.unwrap().unwrap();
        let events = table.events_set_aside(&account, Some(id), None, now).await.unwrap();
        let leads = table.leads(&account, LeadSpan::ALL, Order::OldestFirst, None).await.unwrap();
        let stored = leads.leads.into_iter().map(|lead| lead.id).collect();
        Self { destination, events, stored, now }
    }

    /// Each stored lead was received, or is set aside after its last refusal.
    fn check_all_received(&self, log: &Log, known: &Known, seen: &[&Seen]) -> Result<(), String> {
        let received: HashSet<_> = seen
            .iter()
            .filter(|post| post.event == SetAsideEvent::Created && post.is_received())
            .map(|post| post.lead)
            .collect();
        for lead in log.leads.iter().filter(|lead| known.wants(lead)) {
            let is_stored = self.stored.contains(&lead.id);
            if is_stored == log.erased.contains_key(&lead.id) {
                return Err(format!("not stored, or stored after its erasure: {}", lead.id));
            }
            let failed = seen.iter().filter(|post| post.lead == lead.id && post.is_failure());
            let is_given_up = |event: &SetAside| {
                let is_over = event.next_attempt_at.is_none() && event.tries == REFUSALS;
                is_over && failed.clone().count() >= REFUSALS as usize
            };
            let is_poison = known.answer_to_poison(lead.id).is_some();
            let mut events = self.events.iter().filter(|event| event.lead_id == lead.id);
            let is_listed = events.any(|event| is_poison || is_given_up(event));
            if is_stored && !received.contains(&lead.id) && !is_listed {
                return Err(format!("never received: {}", lead.id));
            }
            if lead.id > self.destination.cursor && is_stored {
                return Err(format!("the cursor is before {}", lead.id));
            }
        }
        let mut failed = seen.iter().filter(|post| !post.is_received());
        self.check_rest(known, failed.any(|post| log.erased.contains_key(&post.lead)))
    }

    /// Nothing waits, no pass is running, and nothing fails. A destination still counts as failing
    /// if the lead that it did not take was erased, or if it never takes a lead that is set aside.
    fn check_rest(&self, known: &Known, lead_is_gone: bool) -> Result<(), String> {
        let is_poison = |event: &SetAside| known.answer_to_poison(event.lead_id).is_some();
        if self.events.iter().any(|event| event.next_attempt_at.is_some() && !is_poison(event)) {
            return Err("an event waits".to_owned());
        }
        let lead_is_gone = lead_is_gone || self.events.iter().any(is_poison);
        let Destination { failures, failing_since, next_attempt_at, lease_until, .. } =
            &self.destination;
        let is_failing = *failures > 0 || failing_since.is_some() || next_attempt_at.is_some();
        // A pass that was killed when nothing waited any more leaves a lease whose time is over.
        let is_leased = lease_until.is_some_and(|until| self.now < until);
        let is_at_rest = !is_leased && (!is_failing || lead_is_gone);
        let state = (failures, failing_since, next_attempt_at, lease_until);
        if is_at_rest { Ok(()) } else { Err(format!("the destination is not at rest: {state:?}")) }
    }
}

/// Each message has the id that is written for it, and always the same body; no message is of a
/// lead that is not meant for the destination.
fn check_messages(known: &Known, seen: &[&Seen]) -> Result<(), String> {
    let mut bodies = HashMap::new();
    for post in seen {
        let suffix = match post.event {
            SetAsideEvent::Created => "",
            SetAsideEvent::Erased => "_erased",
        };
        let expected = format!("msg_{}_{}{suffix}", post.lead, known.destination.id);
        if post.id != expected {
            return Err(format!("the id {} is not {expected}", post.id));
        }
        if *bodies.entry(&post.id).or_insert(&post.body) != &post.body {
            return Err(format!("another body: {}", post.id));
        }
        if post.lead <= known.destination.starts_after {
            return Err(format!("not meant for this destination: {}", post.id));
        }
    }
    Ok(())
}

/// A message that was received is not posted again.
fn check_repeats(known: &Known, seen: &[&Seen]) -> Result<(), String> {
    let mut received = HashSet::new();
    for post in seen.iter().filter(|post| post.is_received()) {
        let is_aside = known.late.contains(&post.lead) || known.skipped.contains(&post.lead);
        let is_excused = known.is_excused || is_aside;
        if !received.insert(&post.id) && !is_excused {
            return Err(format!("posted again without a reason: {}", post.id));
        }
        if post.reply == Reply::AnswerLost && !is_excused {
            received.remove(&post.id);
        }
    }
    Ok(())
}

/// Leads arrive in the order of their ids, except those that were set aside or probed, that were
/// overtaken, or that only a replay came to.
fn check_order(known: &Known, seen: &[&Seen], overtaken: &HashSet<LeadId>) -> Result<(), String> {
    let (mut received, mut refused) = (HashSet::new(), HashSet::new());
    let mut failures = HashMap::<_, u32>::new();
    let (mut last, mut before) = (LeadId::FIRST, None);
    for post in seen.iter().filter(|post| post.event == SetAsideEvent::Created) {
        // It was posted because the lead before it failed, and not for the first time.
        let is_probe = before
            .is_some_and(|failed: LeadId| failed < post.lead && failures[&failed] >= PROBED_FROM);
        before = post.is_failure().then_some(post.lead);
        if let Some(failed) = before {
            *failures.entry(failed).or_default() += 1;
        }
        let is_overtaken = received.iter().any(|received| *received > post.lead);
        if post.is_refused() || post.is_failure() && is_overtaken {
            refused.insert(post.lead);
        }
        let is_first = post.is_received() && received.insert(post.lead);
        let is_exempt = refused.contains(&post.lead)
            || is_probe
            || known.skipped.contains(&post.lead)
            || known.late.contains(&post.lead)
            || overtaken.contains(&post.lead)
            || post.lead <= known.first_start;
        if !is_first || is_exempt {
            continue;
        }
        if post.lead < last {
            return Err(format!("not in order: {} after {last}", post.id));
        }
        last = post.lead;
    }
    Ok(())
}
