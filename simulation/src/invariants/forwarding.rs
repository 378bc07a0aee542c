//! Forwarded leads: what each destination received, and what waits for it.

use super::Broken;
use crate::{
    history::Reply,
    log::{Erasure, Log, WrittenLead},
    observed::{Observed, Post},
    stage::Stage,
};
use jiff::{SignedDuration, Timestamp};
use shared::model::{Destination, LeadId, SetAside, SetAsideEvent};
use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroU8,
};

/// How often a message is refused before only the operator can post it again.
const REFUSALS: usize = 4;
/// From which failure at the same lead on a later one is posted.
const PROBED_FROM: u32 = 3;
/// A write that is this much later than its lead's id is late.
const LATE_AFTER: SignedDuration = SignedDuration::from_secs(3);

impl WrittenLead {
    /// Whether the stream shows that it was written late. The stream has whole seconds.
    fn is_late(&self) -> bool {
        let second = Timestamp::from_second(self.written.as_second()).unwrap();
        second.duration_since(self.id.time()) >= LATE_AFTER
    }
}

impl Erasure {
    /// What a pass has read is at most a second old when it is posted. The clock of a pass may go at
    /// half the speed until it is right again.
    fn is_over(self, at: Timestamp, has_jumped: bool) -> bool {
        at.duration_since(self.at) > SignedDuration::from_secs(if has_jumped { 2 } else { 1 })
    }
}

/// A destination at the end.
struct AtEnd<'a> {
    log: &'a Log,
    observed: &'a Observed,
    destination: Destination,
    events: Vec<SetAside>,
    /// What was posted to it, with the number of each post.
    posts: Vec<(usize, &'a Post)>,
    now: Timestamp,
}

impl Stage {
    /// Checks what each destination received.
    pub(super) async fn check_destinations(&self) -> Result<(), Broken> {
        let count = self.world.log().observed.len();
        for n in 0..count {
            let (destination, now) = (self.stored(n).await, self.world.now());
            let (account, id) = (destination.account(), Some(&destination.id));
            let table = &self.instances.table;
            let events = table.events_set_aside(&account, id, None, now).await.unwrap();
            let log = self.world.log();
            let observed = &log.observed[n];
            let posts = log.posts.iter().enumerate();
            let posts =
                posts.filter(|(_, post)| post.destination == n && !log.reused.contains(&post.lead));
            let posts = posts.collect();
            let at_end = AtEnd { log: &log, observed, destination, events, posts, now };
            at_end.check_received()?;
            at_end.check_rest()?;
            at_end.check_messages()?;
            at_end.check_repeats()?;
            at_end.check_replays()?;
            at_end.check_order()?;
            at_end.check_erasures()?;
        }
        Ok(())
    }
}

impl AtEnd<'_> {
    fn of_lead(
        &self,
        lead: LeadId,
        event: SetAsideEvent,
    ) -> impl DoubleEndedIterator<Item = (usize, &Post)> {
        let posts = self.posts.iter().copied();
        posts.filter(move |(_, post)| post.lead == lead && post.event == event)
    }

    /// Whether a lead is meant for the destination.
    fn is_meant(&self, lead: &WrittenLead) -> bool {
        self.observed.wants(&lead.account, lead.id, &lead.item)
    }

    /// Each stored lead was received, or is set aside after its last refusal.
    fn check_received(&self) -> Result<(), Broken> {
        let stored = self
            .log
            .leads
            .iter()
            .filter(|lead| lead.erased.is_none() && !self.log.reused.contains(&lead.id));
        for lead in stored.filter(|lead| self.is_meant(lead)) {
            let id = lead.id;
            let mut posts = self.of_lead(id, SetAsideEvent::Created);
            let is_received = posts.any(|(_, post)| post.is_received());
            let posts = self.of_lead(id, SetAsideEvent::Created);
            let refusals = posts.filter(|(_, post)| post.is_failure()).count();
            let is_poison = self.observed.answer_to_poison(id).is_some();
            let is_given_up = |event: &SetAside| {
                event.next_attempt_at.is_none()
                    && event.tries as usize == REFUSALS
                    && refusals >= REFUSALS
            };
            let mut events = self.events.iter().filter(|event| event.lead_id == id);
            if !is_received && !events.any(|event| is_poison || is_given_up(event)) {
                return Err(format!("never received: {id} by {}", self.destination.url));
            }
            if !is_poison && !self.knows_latest(lead) {
                return Err(format!("its last update was never received: {id}"));
            }
            if id > self.destination.cursor {
                return Err(format!("the cursor is before {id}"));
            }
        }
        Ok(())
    }

    /// Whether a lead was received as it is now, or is set aside after its last refusal.
    fn knows_latest(&self, lead: &WrittenLead) -> bool {
        if lead.updated.is_empty() {
            return true;
        }
        let of_lead = self.posts.iter().filter(|(_, post)| post.lead == lead.id);
        let mut received = of_lead.filter(|(_, post)| post.is_received());
        received.any(|(_, post)| post.shows(lead.latest()))
            || self.events.iter().any(|event| event.lead_id == lead.id)
    }

    /// Nothing waits, no pass is running, and nothing fails. A destination still counts as failing
    /// if the lead that it did not take was erased, or if it never takes a lead that is set aside.
    fn check_rest(&self) -> Result<(), Broken> {
        let is_poison = |event: &SetAside| self.observed.answer_to_poison(event.lead_id).is_some();
        if self.events.iter().any(|event| event.next_attempt_at.is_some() && !is_poison(event)) {
            return Err("an event waits".to_owned());
        }
        let erased = self.log.erased();
        let mut failed = self.posts.iter().filter(|(_, post)| !post.is_received());
        let lead_is_gone = failed.any(|(_, post)| erased.contains(&post.lead))
            || self.events.iter().any(is_poison);
        let Destination { failures, failing_since, next_attempt_at, lease_until, .. } =
            &self.destination;
        let is_failing = *failures > 0 || failing_since.is_some() || next_attempt_at.is_some();
        // A pass that was killed when nothing waited any more leaves a lease whose time is over.
        let is_leased = lease_until.is_some_and(|until| self.now < until);
        if is_leased || is_failing && !lead_is_gone {
            let state = (failures, failing_since, next_attempt_at, lease_until);
            return Err(format!("the destination is not at rest: {state:?}"));
        }
        Ok(())
    }

    /// Each message has the id that is written for it, and always the same body, unless its lead was
    /// updated; no message is of a lead that is not meant for the destination.
    fn check_messages(&self) -> Result<(), Broken> {
        let mut bodies = BTreeMap::new();
        for (_, post) in &self.posts {
            let suffix = match post.event {
                SetAsideEvent::Created => "",
                SetAsideEvent::Updated => "_updated_",
                SetAsideEvent::Erased => "_erased",
            };
            let expected = format!("msg_{}_{}{suffix}", post.lead, self.destination.id);
            let number = post.id.strip_prefix(&expected);
            if number.is_none_or(|n| n.parse::<u64>().is_ok() != suffix.ends_with('_')) {
                return Err(format!("the id {} is not {expected}", post.id));
            }
            let mut leads = self.log.leads.iter().filter(|lead| lead.id == post.lead);
            let is_updated = leads.any(|lead| !lead.updated.is_empty());
            if !is_updated && *bodies.entry(&post.id).or_insert(&post.body) != &post.body {
                return Err(format!("another body: {}", post.id));
            }
            let mut leads = self.log.leads.iter().filter(|lead| lead.id == post.lead);
            let is_meant = post.event == SetAsideEvent::Erased
                && post.lead > self.observed.destination.starts_after
                || leads.any(|lead| self.is_meant(lead));
            if !is_meant {
                return Err(format!("not meant for this destination: {}", post.id));
            }
        }
        Ok(())
    }

    /// A message that was received is not posted again.
    fn check_repeats(&self) -> Result<(), Broken> {
        let mut received = BTreeSet::new();
        for (_, post) in self.posts.iter().filter(|(_, post)| post.is_received()) {
            let is_excused = self.observed.is_excused || self.observed.aside.contains(&post.lead);
            if !received.insert(&post.id) && !is_excused {
                return Err(format!("posted again without a reason: {}", post.id));
            }
            if post.reply == Reply::AnswerLost && !is_excused {
                received.remove(&post.id);
            }
        }
        Ok(())
    }

    /// After a replay, each lead from there on is posted again.
    fn check_replays(&self) -> Result<(), Broken> {
        for (cursor, before) in &self.observed.replays {
            let mut leads = self.log.leads.iter().filter(|lead| {
                lead.id > *cursor
                    && lead.erased.is_none()
                    && !self.log.reused.contains(&lead.id)
                    && self.is_meant(lead)
            });
            let is_posted = |lead: &WrittenLead| {
                self.of_lead(lead.id, SetAsideEvent::Created).any(|(n, _)| n >= *before)
            };
            if let Some(lead) = leads.find(|lead| !is_posted(lead)) {
                return Err(format!("not posted after a replay: {}", lead.id));
            }
        }
        Ok(())
    }

    /// One at a time, leads arrive in the order of their ids, except those that were refused, set aside or probed,
    /// that were written late, or that only a replay came to.
    fn check_order(&self) -> Result<(), Broken> {
        if self.destination.in_flight > NonZeroU8::MIN {
            return Ok(());
        }
        let late: BTreeSet<_> =
            self.log.leads.iter().filter(|lead| lead.is_late()).map(|lead| lead.id).collect();
        let (mut received, mut refused) = (BTreeSet::new(), BTreeSet::new());
        let mut failures = BTreeMap::<_, u32>::new();
        let (mut last, mut before) = (LeadId::FIRST, None);
        let created = self.posts.iter().map(|(_, post)| *post);
        for post in created.filter(|post| post.event == SetAsideEvent::Created) {
            // It was posted because the lead before it failed, and not for the first time.
            let is_probe = before.is_some_and(|failed: LeadId| {
                failed < post.lead && failures[&failed] >= PROBED_FROM
            });
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
                || self.observed.aside.contains(&post.lead)
                || late.contains(&post.lead)
                || post.lead <= self.observed.first_start;
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

    /// Nothing of an erased lead is posted, and its receivers know of the erasure.
    fn check_erasures(&self) -> Result<(), Broken> {
        for WrittenLead { id, erased, account, .. } in &self.log.leads {
            let Some(erasure) = erased.filter(|_| !self.log.reused.contains(id)) else {
                continue;
            };
            if self.destination.account() != *account {
                continue;
            }
            let is_late = |(n, post): (usize, &Post)| {
                n >= erasure.posts && erasure.is_over(post.at, self.log.has_jumped)
            };
            for event in [SetAsideEvent::Created, SetAsideEvent::Updated] {
                if self.of_lead(*id, event).any(is_late) {
                    return Err(format!("posted after its erasure: {id}"));
                }
            }
            let received = |event| {
                let posts = self.of_lead(*id, event);
                posts.filter(|(_, post)| post.is_received()).map(|(n, _)| n)
            };
            let last = received(SetAsideEvent::Created).next_back();
            let first = received(SetAsideEvent::Erased).next();
            let posts = self.of_lead(*id, SetAsideEvent::Erased);
            let is_refused = posts.filter(|(_, post)| !post.is_received()).count() >= REFUSALS;
            match (last, first) {
                (Some(_), None) if !is_refused => {
                    return Err(format!("no message about its erasure: {id}"));
                }
                (Some(last), Some(first)) if last > first => {
                    return Err(format!("posted after the message about its erasure: {id}"));
                }
                _ => {}
            }
        }
        Ok(())
    }
}
