//! Nothing lost, nothing doubled: what was answered, and what is stored.

use super::Broken;
use crate::{
    edits::EditAttempt,
    history::Place,
    log::{Attempt, Log, WrittenLead},
    senders::email,
    stage::Stage,
    table::{Item, Table},
};
use jiff::SignedDuration;
use serde_json::Value;
use shared::{
    delivery::DEFAULT_REPLAY_WINDOW,
    model::{LeadId, TokenHash},
};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use tests::Sender;

/// How many failed and slow requests a delivery stands without a 503.
const FEW_TROUBLES: u32 = 2;
/// How long an attempt may take: its claims expire that much later.
const LONGEST_ATTEMPT: SignedDuration = SignedDuration::from_secs(30);

impl Attempt {
    fn place(&self) -> Place {
        let account: u8 = self.account.id.as_str().parse().unwrap();
        Place { provider: self.account.provider, account: account - 1 }
    }

    fn claims(&self) -> BTreeSet<String> {
        self.sent.claims(self.place(), self.is_redelivery)
    }

    fn is_replayed(&self) -> bool {
        self.answer
            .as_ref()
            .is_some_and(|answer| answer.headers.contains_key("idempotency-replayed"))
    }

    /// Whether its answer is that of a new lead.
    fn is_created(&self) -> bool {
        let created = self.place().sender().created;
        self.answer.as_ref().is_some_and(|answer| answer.status == created) && !self.is_replayed()
    }

    /// Whether its sender cannot know what came of it.
    fn is_unsure(&self) -> bool {
        self.answer.as_ref().is_none_or(|answer| answer.status == 503)
    }

    /// Whether a lead can be the one in its answer: its own lead, or one with a common claim. A key
    /// may belong to a lead that was found by another claim, so keys are not compared.
    fn may_be(&self, lead: &Item) -> bool {
        let (sender, body) = (self.place().sender(), self.sent.body(self.place()));
        let is_same =
            |name: &str, sent: &Value| sent.is_string() && text(lead, name) == sent.as_str();
        let same = [
            ("email", is_same("email", &body["email"])),
            ("phone", is_same("phone", &body[sender.phone])),
        ];
        let shares = if sender.is_unique() {
            same.into_iter().any(|(kind, is_same)| is_same && sender.unique.contains(&kind))
        } else {
            self.is_content_of(lead)
        };
        // A redelivery is the same as an earlier one, whatever its body is.
        let is_again = self.is_replayed() && (self.sent.key.is_some() || self.is_redelivery);
        shares || self.is_created() || is_again
    }

    /// Whether a stored lead has the content of this delivery.
    fn is_content_of(&self, lead: &Item) -> bool {
        let (sender, body) = (self.place().sender(), self.sent.body(self.place()));
        text(lead, "name") == Some(&self.sent.name())
            && text(lead, "email") == body["email"].as_str()
            && text(lead, "phone") == body[sender.phone].as_str()
    }

    /// Whether another attempt may have had one of its claims when it was sent.
    fn may_meet(&self, other: &Self) -> bool {
        let is_before = self.ended.is_none_or(|ended| other.begun <= ended);
        other.account == self.account && is_before && !other.claims().is_disjoint(&self.claims())
    }

    /// Whether an update may have had its e-mail when it was sent.
    fn may_meet_edit(&self, edit: &EditAttempt) -> bool {
        let is_before = self.ended.is_none_or(|ended| edit.begun <= ended);
        let email = self.sent.email.map(email);
        let meets = edit.account == self.account && is_before;
        meets && email.is_some_and(|email| edit.sets_email(&email))
    }

    fn describe(&self) -> String {
        let answer = self.answer.as_ref().map(|answer| (answer.status, &answer.text));
        format!("{:?} of {} got {answer:?}", self.sent, self.account)
    }
}

fn text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?["S"].as_str()
}

impl Stage {
    /// Checks the answers of all attempts, and the leads and claims in the table.
    pub(super) fn check_deliveries(&self) -> Result<(), Broken> {
        let table = self.world.table.lock().unwrap();
        let log = self.world.log();
        for (n, attempt) in log.attempts.iter().enumerate() {
            log.check_attempt(n, attempt)?;
        }
        log.check_answered()?;
        log.check_replays()?;
        check_claims(&table, &log.erased())
    }
}

impl Log {
    fn check_attempt(&self, n: usize, attempt: &Attempt) -> Result<(), Broken> {
        let fail = |rule: &str| Err(format!("{rule}: {}", attempt.describe()));
        let Some(answer) = &attempt.answer else { return Ok(()) };
        let others = || self.attempts.iter().enumerate().filter(|(m, _)| *m != n).map(|(_, a)| a);
        if answer.status == 503 {
            let is_short = attempt.troubles.is_some_and(|troubles| troubles <= FEW_TROUBLES);
            return if is_short { fail("a short fault reached the sender") } else { Ok(()) };
        }
        if attempt.sent.is_invalid {
            let is_refused = [400, 422].contains(&answer.status);
            return if is_refused { Ok(()) } else { fail("an invalid delivery was not refused") };
        }
        let is_first = !attempt.is_redelivery
            && !others().any(|other| attempt.may_meet(other))
            && !self.edits.iter().any(|edit| attempt.may_meet_edit(edit));
        if is_first && !attempt.is_created() {
            return fail("a first delivery made no new lead");
        }
        if answer.status == 422 {
            let key = attempt.sent.key;
            let has_rival = others().any(|other| {
                other.account == attempt.account
                    && other.sent.key == key
                    && other.sent != attempt.sent
            });
            return if key.is_some() && has_rival { Ok(()) } else { fail("refused with 422") };
        }
        let Some(id) = attempt.answered_lead() else { return fail("an answer without a lead") };
        if self.reused.contains(&id) {
            return Ok(());
        }
        let mut leads = self.leads.iter().rev();
        let Some(lead) = leads.find(|lead| lead.id == id && lead.account == attempt.account) else {
            return fail("answered with a lead that was never stored");
        };
        if lead.erased.is_some_and(|erasure| erasure.at < attempt.begun) {
            return fail("answered with an erased lead");
        }
        if !lead.versions().any(|version| attempt.may_be(version)) {
            return fail("answered with the lead of another person");
        }
        if attempt.is_created() && !attempt.is_content_of(&lead.item) {
            return fail("stored with another content");
        }
        Ok(())
    }

    /// Each lead is in an answer, and no two deliveries made the same one. A delivery without
    /// claims cannot be recognized: after a 503 it may be stored twice. A clock that jumped may end
    /// claims early.
    fn check_answered(&self) -> Result<(), Broken> {
        let (mut created, mut answered) = (BTreeSet::new(), BTreeSet::new());
        for attempt in self.attempts.iter().filter(|attempt| !attempt.is_unsure()) {
            let Some(lead) = attempt.answered_lead().filter(|id| !self.reused.contains(id)) else {
                continue;
            };
            let key = (attempt.account.to_string(), lead);
            if attempt.is_created() && !created.insert(key.clone()) {
                return Err(format!("two deliveries made the same lead: {key:?}"));
            }
            answered.insert(key);
        }
        let is_excused = |lead: &WrittenLead| {
            self.is_left_behind(lead) || self.has_jumped && has_only_ending_claims(lead)
        };
        let is_unanswered = |lead: &&WrittenLead| {
            lead.erased.is_none()
                && !self.reused.contains(&lead.id)
                && !answered.contains(&(lead.account.to_string(), lead.id))
                && !is_excused(lead)
        };
        let unanswered = self.leads.iter().filter(is_unanswered);
        let (claimed, unclaimed): (Vec<_>, Vec<_>) =
            unanswered.partition(|lead| lead.item.contains_key("claims"));
        if let Some(lead) = claimed.first() {
            return Err(format!("a lead that is in no answer: {} of {}", lead.id, lead.account));
        }
        let is_unsure = |attempt: &&Attempt| attempt.is_unsure() && attempt.claims().is_empty();
        if unclaimed.len() > self.attempts.iter().filter(is_unsure).count() {
            return Err(format!("leads that are in no answer: {}", unclaimed.len()));
        }
        Ok(())
    }

    /// Whether a lead is of an attempt without an answer, during which another lead of its account
    /// gave up claims, or whose claims have ended: the sender may have got that lead as the answer
    /// when it sent again.
    fn is_left_behind(&self, lead: &WrittenLead) -> bool {
        let others = || self.leads.iter().filter(|other| other.account == lead.account);
        let mut unanswered = self.attempts.iter().filter(|attempt| attempt.answer.is_none());
        unanswered.any(|attempt| {
            let meanwhile = attempt.begun..=lead.written;
            let is_long = lead.written.duration_since(attempt.begun) > LONGEST_ATTEMPT;
            attempt.account == lead.account
                && attempt.is_content_of(&lead.item)
                && (is_long && has_only_ending_claims(lead)
                    || others().any(|other| other.gave_up_claims(&meanwhile)))
        })
    }

    /// No body twice within the replay window; no `Idempotency-Key` twice within a day.
    fn check_replays(&self) -> Result<(), Broken> {
        let is_erased = |attempt: &Attempt| {
            let mut leads =
                self.leads.iter().filter(|lead| Some(lead.id) == attempt.answered_lead());
            leads.any(|lead| lead.erased.is_some())
        };
        let made: Vec<_> = self
            .attempts
            .iter()
            .filter(|attempt| attempt.is_created() && !is_erased(attempt))
            .collect();
        for (n, one) in made.iter().enumerate() {
            for other in made[n + 1..].iter().filter(|other| other.account == one.account) {
                let between = other.begun.duration_since(one.begun) + LONGEST_ATTEMPT;
                let claims = one.claims();
                let other_claims = other.claims();
                let mut shared = claims.intersection(&other_claims).filter(|claim| {
                    let lasts = match claim.split(' ').next() {
                        Some("body") => DEFAULT_REPLAY_WINDOW,
                        Some("key") => SignedDuration::from_hours(24),
                        // At each moment, `check_unique` looks at the contacts that leads have.
                        _ => return false,
                    };
                    between < lasts && !self.has_jumped
                });
                if let Some(claim) = shared.next() {
                    let (one, other) = (one.describe(), other.describe());
                    return Err(format!("two leads have {claim}: {one} and {other}"));
                }
            }
        }
        Ok(())
    }
}

/// Whether all claims of a lead end: those of its body and of an `Idempotency-Key`.
fn has_only_ending_claims(lead: &WrittenLead) -> bool {
    let claims = lead.item.get("claims").and_then(|claims| claims["SS"].as_array());
    let ends = |claim: &Value| {
        !claim.as_str().unwrap().contains("#email#") && !claim.as_str().unwrap().contains("#phone#")
    };
    claims.is_some_and(|claims| claims.iter().all(ends))
}

/// Each claim is of a lead that exists, and each lead has its claims. Only a claim that expires may
/// be of an erased lead: that of an `Idempotency-Key` whose lead another claim found.
fn check_claims(table: &Table, erased: &HashSet<LeadId>) -> Result<(), Broken> {
    let (mut leads, mut claims) = (BTreeMap::new(), BTreeMap::new());
    for item in table.items() {
        let pk = text(item, "pk").unwrap();
        if let Some(account) = pk.strip_prefix("lead#") {
            leads.insert((account, text(item, "sk").unwrap()), item);
        } else if pk.starts_with("claim#") {
            claims.insert(pk, item);
        }
    }
    for (pk, claim) in &claims {
        let account = pk.split('#').skip(1).take(2).collect::<Vec<_>>().join("#");
        let id = claim["lead_id"]["N"].as_str().unwrap();
        let is_there = leads.contains_key(&(account.as_str(), format!("{id:0>16}").as_str()));
        let may_be_gone = claim.contains_key("expires_at") && erased.contains(&id.parse().unwrap());
        if !is_there && !may_be_gone {
            return Err(format!("a claim of a lead that does not exist: {pk}"));
        }
    }
    for (key, lead) in &leads {
        for (kind, pk) in contact_claims(key.0, lead) {
            let is_own =
                claims.get(pk.as_str()).is_some_and(|claim| claim["lead_id"] == lead["id"]);
            if !is_own {
                return Err(format!("a lead without the claim of its {kind}: {key:?}"));
            }
        }
        let listed = lead.get("claims").and_then(|claims| claims["SS"].as_array());
        for pk in listed.into_iter().flatten().filter_map(Value::as_str) {
            let lasts = ["email", "phone"].iter().any(|kind| pk.contains(&format!("#{kind}#")));
            let is_own = claims.get(pk).is_some_and(|claim| claim["lead_id"] == lead["id"]);
            if lasts && !is_own {
                return Err(format!("a lead without its claim {pk}: {key:?}"));
            }
        }
    }
    Ok(())
}

/// The kinds and the partition keys of the claims that a lead must have: those of its contacts, if
/// its provider accepts a person only once.
fn contact_claims(account: &str, lead: &Item) -> Vec<(&'static str, String)> {
    let provider = account.split('#').next().unwrap().parse().unwrap();
    let claim = |kind: &&'static str| {
        let contact = text(lead, kind)?;
        let digits: String = contact.chars().filter(char::is_ascii_digit).collect();
        let compared = if *kind == "phone" { &digits } else { contact };
        let hash = TokenHash::of(compared);
        Some((*kind, format!("claim#{account}#{kind}#{}", hash.as_str())))
    };
    Sender::of(provider).unique.iter().filter_map(claim).collect()
}
