//! What must hold after every history, read from what the destinations received and the table.

use super::{
    history::Reply,
    model::{Log, Observed, Seen, WrittenLead},
};
use jiff::Timestamp;
use shared::{
    model::{Destination, LeadId, LeadSpan, SetAside, SetAsideEvent},
    table::{LeadTable, Order},
};
use std::collections::{HashMap, HashSet};

/// How often a message is refused before only the operator can post it again.
const REFUSALS: u32 = 4;
/// From which failure at the same lead on a later one is posted.
const PROBED_FROM: u32 = 3;

impl Log {
    /// Checks everything.
    pub(super) async fn judge(&self, table: &LeadTable, now: Timestamp) -> Result<(), String> {
        if let Some(broken) = &self.broken {
            return Err(broken.clone());
        }
        for (n, observed) in self.observed.iter().enumerate() {
            let at_end = AtEnd::read(table, observed, now).await;
            let seen: Vec<_> = self.seen.iter().filter(|seen| seen.destination == n).collect();
            at_end.check_all_received(self, observed, &seen)?;
            check_messages(observed, &seen)?;
            check_repeats(observed, &seen)?;
            check_order(observed, &seen, &self.overtaken(n))?;
            self.check_erasures(n)?;
        }
        Ok(())
    }

    /// Late leads whose record came when a later one had already been posted to this destination.
    fn overtaken(&self, n: usize) -> HashSet<LeadId> {
        let is_overtaken = |lead: &&WrittenLead| {
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
            let mut erasures = of_lead(SetAsideEvent::Erased).map(|(_, post)| post);
            let failed = of_lead(SetAsideEvent::Erased).filter(|(_, post)| !post.is_received());
            let is_refused = failed.count() >= REFUSALS as usize;
            if had && !erasures.any(Seen::is_received) && !is_refused {
                return Err(format!("no message about its erasure: {lead}"));
            }
            let last = of_lead(SetAsideEvent::Created).rfind(|(_, post)| post.is_received());
            let first = of_lead(SetAsideEvent::Erased).find(|(_, post)| post.is_received());
            if let (Some((last, _)), Some((first, _))) = (last, first)
                && last > first
            {
                return Err(format!("posted after the message about its erasure: {lead}"));
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
    async fn read(table: &LeadTable, observed: &Observed, now: Timestamp) -> Self {
        let (account, id) = (observed.destination.account(), &observed.destination.id);
        let destination = table.get_destination(&account, id).await.unwrap().unwrap();
        let events = table.events_set_aside(&account, Some(id), None, now).await.unwrap();
        let leads = table.leads(&account, LeadSpan::ALL, Order::OldestFirst, None).await.unwrap();
        let stored = leads.leads.into_iter().map(|lead| lead.id).collect();
        Self { destination, events, stored, now }
    }

    /// Each stored lead was received, or is set aside after its last refusal.
    fn check_all_received(
        &self,
        log: &Log,
        observed: &Observed,
        seen: &[&Seen],
    ) -> Result<(), String> {
        let received: HashSet<_> = seen
            .iter()
            .filter(|post| post.event == SetAsideEvent::Created && post.is_received())
            .map(|post| post.lead)
            .collect();
        for lead in log.leads.iter().filter(|lead| observed.wants(lead)) {
            let is_stored = self.stored.contains(&lead.id);
            if is_stored == log.erased.contains_key(&lead.id) {
                return Err(format!("not stored, or stored after its erasure: {}", lead.id));
            }
            let failed = seen.iter().filter(|post| post.lead == lead.id && post.is_failure());
            let is_given_up = |event: &SetAside| {
                let is_over = event.next_attempt_at.is_none() && event.tries == REFUSALS;
                is_over && failed.clone().count() >= REFUSALS as usize
            };
            let is_poison = observed.answer_to_poison(lead.id).is_some();
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
        self.check_rest(observed, failed.any(|post| log.erased.contains_key(&post.lead)))
    }

    /// Nothing waits, no pass is running, and nothing fails. A destination still counts as failing
    /// if the lead that it did not take was erased, or if it never takes a lead that is set aside.
    fn check_rest(&self, observed: &Observed, lead_is_gone: bool) -> Result<(), String> {
        let is_poison = |event: &SetAside| observed.answer_to_poison(event.lead_id).is_some();
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
fn check_messages(observed: &Observed, seen: &[&Seen]) -> Result<(), String> {
    let mut bodies = HashMap::new();
    for post in seen {
        let suffix = match post.event {
            SetAsideEvent::Created => "",
            SetAsideEvent::Erased => "_erased",
        };
        let expected = format!("msg_{}_{}{suffix}", post.lead, observed.destination.id);
        if post.id != expected {
            return Err(format!("the id {} is not {expected}", post.id));
        }
        if *bodies.entry(&post.id).or_insert(&post.body) != &post.body {
            return Err(format!("another body: {}", post.id));
        }
        if post.lead <= observed.destination.starts_after {
            return Err(format!("not meant for this destination: {}", post.id));
        }
    }
    Ok(())
}

/// A message that was received is not posted again.
fn check_repeats(observed: &Observed, seen: &[&Seen]) -> Result<(), String> {
    let mut received = HashSet::new();
    for post in seen.iter().filter(|post| post.is_received()) {
        let is_aside = observed.late.contains(&post.lead) || observed.skipped.contains(&post.lead);
        let is_excused = observed.is_excused || is_aside;
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
fn check_order(
    observed: &Observed,
    seen: &[&Seen],
    overtaken: &HashSet<LeadId>,
) -> Result<(), String> {
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
            || observed.skipped.contains(&post.lead)
            || observed.late.contains(&post.lead)
            || overtaken.contains(&post.lead)
            || post.lead <= observed.first_start;
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
