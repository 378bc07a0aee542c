//! What must be true after every history. It is read from the answers and the table.

use super::history::Sent;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde_json::Value;
use shared::{delivery::DEFAULT_REPLAY_WINDOW, model::Account};
use std::collections::{HashMap, HashSet};
use tests::{Answer, Sender};

pub(super) type Item = HashMap<String, AttributeValue>;

/// An attempt to deliver, and its answer.
pub(super) struct Attempt {
    pub(super) sent: Sent,
    pub(super) at: Timestamp,
    /// Whether any claim of it could have been made before, or at the same time.
    pub(super) first: bool,
    /// Whether its key could have been used for another body.
    pub(super) rival_key: bool,
    /// Whether it may have been sent before.
    pub(super) again: bool,
    pub(super) answer: Answer,
}

impl Attempt {
    fn is_replayed(&self) -> bool {
        self.answer.headers.contains_key("idempotency-replayed")
    }

    /// Whether its answer is that of a new lead.
    fn is_created(&self) -> bool {
        self.answer.status == self.sent.sender().created && !self.is_replayed()
    }

    pub(super) fn is_fault(&self) -> bool {
        self.answer.status == 503
    }

    /// Whether a lead can be the one in its answer: its own lead, or one with a common claim. A
    /// key may belong to a lead that was found by another claim, so keys are not compared.
    fn may_be(&self, lead: &Item) -> bool {
        let text = |name: &str| lead.get(name)?.as_s().ok().map(String::as_str);
        let is_same = |name: &str, sent: Option<&str>| sent.is_some() && text(name) == sent;
        let (sender, body) = (self.sent.sender(), self.sent.body());
        let same = [
            ("email", is_same("email", body["email"].as_str())),
            ("phone", is_same("phone", body[sender.phone].as_str())),
        ];
        let shares = if sender.is_unique() {
            same.into_iter().any(|(kind, is_same)| is_same && sender.unique.contains(&kind))
        } else {
            self.sent.is_content_of(lead)
        };
        shares || self.is_created() || (self.is_replayed() && self.sent.key.is_some())
    }

    /// The sort key of the lead in its answer.
    fn lead(&self) -> Option<String> {
        let id = Sender::of(self.sent.provider).lead_id(&self.answer)?;
        Some(format!("{:0>16}", id.to_string()))
    }
}

/// The items of a table.
pub(super) struct Stored {
    /// By partition and sort key.
    leads: HashMap<(String, String), Item>,
    /// By partition key.
    claims: HashMap<String, Item>,
}

impl Stored {
    pub(super) fn of(items: Vec<Item>) -> Self {
        let text = |item: &Item, name: &str| item[name].as_s().unwrap().clone();
        let (mut leads, mut claims) = (HashMap::new(), HashMap::new());
        for item in items {
            let pk = text(&item, "pk");
            if pk.starts_with("lead#") {
                leads.insert((pk, text(&item, "sk")), item);
            } else if pk.starts_with("claim#") {
                claims.insert(pk, item);
            }
        }
        Self { leads, claims }
    }

    fn lead(&self, account: &Account, sort_key: &str) -> Option<&Item> {
        self.leads.get(&(format!("lead#{account}"), sort_key.to_owned()))
    }

    pub(super) fn check_attempt(&self, attempt: &Attempt) -> Result<(), String> {
        let Attempt { sent, answer, .. } = attempt;
        let fail =
            |what: &str| Err(format!("{what}: {sent:?} got {} {}", answer.status, answer.text));
        if attempt.is_fault() {
            return match (attempt.again, sent.waits) {
                (true, _) => fail("refused with 503 also after the faults"),
                (false, None) => fail("refused with 503, although there was time to try again"),
                (false, Some(_)) => Ok(()),
            };
        }
        if attempt.first && !attempt.is_created() {
            return fail("a first delivery made no new lead");
        }
        if answer.status == 422 {
            return if attempt.rival_key { Ok(()) } else { fail("refused with 422") };
        }
        let Some(lead) = attempt.lead().and_then(|id| self.lead(&sent.account(), &id)) else {
            return fail("answered with a lead that is not stored");
        };
        if !attempt.may_be(lead) {
            return fail("answered with the lead of another person");
        }
        if attempt.is_created() && !sent.is_content_of(lead) {
            return fail("stored with another content");
        }
        Ok(())
    }

    pub(super) fn check_leads(&self, attempts: &[Attempt]) -> Result<(), String> {
        let mut created = HashSet::new();
        let mut answered = HashSet::new();
        for attempt in attempts.iter().filter(|attempt| !attempt.is_fault()) {
            let Some(lead) = attempt.lead() else { continue };
            let key = (format!("lead#{}", attempt.sent.account()), lead);
            if attempt.is_created() && !created.insert(key.clone()) {
                return Err(format!("two deliveries made the same lead: {key:?}"));
            }
            answered.insert(key);
        }
        let unanswered = self.leads.iter().filter(|(key, _)| !answered.contains(*key));
        let (claimed, unclaimed): (Vec<_>, Vec<_>) =
            unanswered.partition(|(_, lead)| lead.contains_key("claims"));
        if let Some((key, _)) = claimed.first() {
            return Err(format!("a lead that is in no answer: {key:?}"));
        }
        // A delivery without claims cannot be recognized. After a 503 it may be stored twice.
        let is_unsure = |attempt: &&Attempt| attempt.is_fault() && attempt.sent.claims().is_empty();
        if unclaimed.len() > attempts.iter().filter(is_unsure).count() {
            return Err(format!("leads that are in no answer: {}", unclaimed.len()));
        }
        Self::check_people(attempts)
    }

    /// No person twice if the provider accepts a person only once; no body twice within the window.
    fn check_people(attempts: &[Attempt]) -> Result<(), String> {
        let made: Vec<_> = attempts.iter().filter(|attempt| attempt.is_created()).collect();
        for (n, one) in made.iter().enumerate() {
            for other in &made[n + 1..] {
                let same_account = one.sent.account() == other.sent.account();
                let mut shared: HashSet<_> =
                    one.sent.claims().intersection(&other.sent.claims()).cloned().collect();
                if other.at.duration_since(one.at).abs() >= DEFAULT_REPLAY_WINDOW {
                    shared.retain(|claim| !claim.starts_with("body "));
                }
                if same_account && !shared.is_empty() {
                    let (one, other) = (&one.sent, &other.sent);
                    return Err(format!("two leads have {shared:?}: {one:?} and {other:?}"));
                }
            }
        }
        Ok(())
    }

    pub(super) fn check_claims(&self) -> Result<(), String> {
        for (pk, claim) in &self.claims {
            let account = pk.split('#').skip(1).take(2).collect::<Vec<_>>().join("#");
            let id = format!("{:0>16}", claim["lead_id"].as_n().unwrap());
            if !self.leads.contains_key(&(format!("lead#{account}"), id)) {
                return Err(format!("a claim of a lead that does not exist: {pk}"));
            }
        }
        for (key, lead) in &self.leads {
            let Some(claims) = lead.get("claims") else { continue };
            for pk in claims.as_ss().unwrap() {
                let Some(claim) = self.claims.get(pk) else {
                    return Err(format!("a lead without its claim {pk}: {key:?}"));
                };
                // An expired claim may belong to another lead now.
                let is_permanent = !claim.contains_key("expires_at");
                if is_permanent && claim["lead_id"] != lead["id"] {
                    return Err(format!("a claim of another lead: {pk}"));
                }
            }
        }
        Ok(())
    }
}

impl Sent {
    /// Whether a stored lead has the content of this delivery.
    fn is_content_of(&self, lead: &Item) -> bool {
        let text = |name: &str| lead.get(name).map(|value| value.as_s().unwrap().clone());
        let body = self.body();
        let phone = body.get("phone").or_else(|| body.get("phone_number")).and_then(Value::as_str);
        text("name") == Some(self.name())
            && text("email").as_deref() == body["email"].as_str()
            && text("phone").as_deref() == phone
    }
}
