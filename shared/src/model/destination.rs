use super::{
    account::{Account, AccountId, Provider},
    lead_id::LeadId,
    sources::Sources,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Where the leads of an account are forwarded to.
///
/// A destination has a cursor: the leads up to `cursor` were forwarded, and those after it wait. The
/// `Debug` output has no URL, because the URL of a Slack webhook is a secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destination {
    /// Its id.
    pub id: DestinationId,
    /// The provider of its account.
    pub provider: Provider,
    /// Its account at the provider.
    pub account: AccountId,
    /// The address that leads are posted to.
    pub url: String,
    /// The form of what is posted.
    pub format: DestinationFormat,
    /// The owner's name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// When it was added.
    pub created_at: Timestamp,
    /// Whether leads are forwarded to it.
    pub state: DestinationState,
    /// Leads up to this id are not meant for it.
    pub starts_after: LeadId,
    /// Leads up to this id were forwarded, or are set aside.
    pub cursor: LeadId,
    /// The highest lead that it may have got: one that it did not answer, or the cursor before the
    /// operator moved it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reached: Option<LeadId>,
    /// The highest id that the last pass may have read to. It was stored before the pass read leads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_to: Option<LeadId>,
    /// The version of its secret.
    pub secret_version: u32,
    /// Until when the version before it signs too.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "milliseconds")]
    pub old_secret_until: Option<Timestamp>,
    /// How many attempts failed since the last success.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub failures: u32,
    /// When the first of them was.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "milliseconds")]
    pub failing_since: Option<Timestamp>,
    /// When the next attempt is due; none: as soon as a lead waits.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "milliseconds")]
    pub next_attempt_at: Option<Timestamp>,
    /// The last attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<LastAttempt>,
    /// The mark of the pass that forwards to it now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<String>,
    /// Until when that pass may do so alone.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "milliseconds")]
    pub lease_until: Option<Timestamp>,
    /// How many changes operators made. A running pass sees by it that there is a new one.
    #[serde(default)]
    pub changes: u32,
    /// How many of them moved the cursor.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub moves: u32,
    /// The first lead after the cursor, if posting it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stuck: Option<Stuck>,
    /// A lead after the cursor that it took when it was probed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_ahead: Option<LeadId>,
}

/// A lead that a destination neither takes nor refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stuck {
    /// The lead.
    pub lead: LeadId,
    /// How many attempts to post it failed.
    pub failures: u32,
    /// The last one of the later leads that were posted to find out whose fault it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probed: Option<LeadId>,
}

/// Times that a condition compares: Unix milliseconds.
mod milliseconds {
    pub(super) use jiff::fmt::serde::timestamp::millisecond::optional::{deserialize, serialize};
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// The form of what is posted to a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DestinationFormat {
    /// An event of Standard Webhooks.
    Standard,
    /// The text of a Slack incoming webhook.
    Slack,
}

/// Whether leads are forwarded to a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DestinationState {
    /// Leads are forwarded.
    Active,
    /// The operator paused it.
    Paused,
    /// It answered `410 Gone`, which paused it.
    Gone,
}

/// The last attempt to post to a destination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastAttempt {
    /// When it was.
    pub at: Timestamp,
    /// The answer's status; none: there was no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Why there was no answer, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl Destination {
    /// A destination in the standard format that gets the leads after `starts_after`.
    pub fn new(
        account: &Account,
        id: DestinationId,
        url: String,
        starts_after: LeadId,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            provider: account.provider,
            account: account.id.clone(),
            url,
            format: DestinationFormat::Standard,
            label: None,
            created_at: now,
            state: DestinationState::Active,
            starts_after,
            cursor: starts_after,
            reached: None,
            read_to: None,
            secret_version: 1,
            old_secret_until: None,
            failures: 0,
            failing_since: None,
            next_attempt_at: None,
            last: None,
            lease: None,
            lease_until: None,
            changes: 0,
            moves: 0,
            stuck: None,
            taken_ahead: None,
        }
    }

    /// The account whose leads it gets.
    pub fn account(&self) -> Account {
        Account { provider: self.provider, id: self.account.clone() }
    }

    /// Whether leads may be forwarded to it now: it is active, its wait is over, and no other pass
    /// forwards to it.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.state == DestinationState::Active
            && self.next_attempt_at.is_none_or(|at| at <= now)
            && self.lease_until.is_none_or(|until| until <= now)
    }

    /// Whether the last attempt failed.
    pub fn is_failing(&self) -> bool {
        self.failures > 0
    }

    /// Whether its cursor has passed this lead, or may be passing it now: a pass is running that may
    /// have read beyond it.
    ///
    /// A lead that this destination, read after the lead was stored, has not passed is found by the
    /// next pass: each pass stores how far it reads before it reads.
    pub fn has_passed(&self, lead: LeadId) -> bool {
        let is_read = self.is_leased() && self.read_to.is_none_or(|read_to| lead <= read_to);
        lead > self.starts_after && (lead <= self.cursor || is_read)
    }

    /// Whether it got this lead, or may have got it.
    pub fn may_have(&self, lead: LeadId) -> bool {
        let reached = self.reached.map_or(self.cursor, |reached| reached.max(self.cursor));
        lead > self.starts_after && (lead <= reached || self.is_leased())
    }

    /// Moves the cursor over a lead that was taken or is set aside.
    pub fn move_over(&mut self, lead: LeadId) {
        self.cursor = lead;
        self.stuck = self.stuck.filter(|stuck| stuck.lead > lead);
        self.taken_ahead = self.taken_ahead.filter(|ahead| *ahead > lead);
    }

    /// Adopts what operators changed while a pass was running, and keeps the progress of the pass.
    pub fn adopt(&mut self, changed: Self) {
        let is_moved = changed.moves != self.moves;
        let place = if is_moved { &changed } else { &*self };
        let (cursor, stuck, taken_ahead) = (place.cursor, place.stuck, place.taken_ahead);
        *self = Self {
            cursor,
            stuck,
            taken_ahead,
            reached: self.reached.max(changed.reached).max(is_moved.then_some(self.cursor)),
            failures: self.failures,
            failing_since: self.failing_since,
            next_attempt_at: self.next_attempt_at,
            last: self.last.take(),
            lease: self.lease.take(),
            lease_until: self.lease_until,
            ..changed
        };
    }

    /// Whether a pass may have posted more than it stored. A pass that ends stores how far it got
    /// and gives the lease back. So this is true also for a lease whose time is over.
    fn is_leased(&self) -> bool {
        self.lease_until.is_some()
    }
}

impl DestinationFormat {
    /// The format's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Slack => "slack",
        }
    }
}

impl DestinationState {
    /// The state's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Gone => "gone",
        }
    }
}

impl fmt::Debug for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Destination").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A destination's id: `dst_` and 20 letters and digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct DestinationId(String);

impl DestinationId {
    const PREFIX: &str = "dst_";
    const LENGTH: usize = 20;

    /// A new id.
    pub fn draw(sources: &Sources) -> Self {
        Self(format!("{}{}", Self::PREFIX, sources.draw_text(Self::LENGTH)))
    }

    /// The id itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for DestinationId {
    type Error = NotADestinationId;

    fn try_from(text: String) -> Result<Self, NotADestinationId> {
        let random = text.strip_prefix(Self::PREFIX).unwrap_or_default();
        let fits =
            random.len() == Self::LENGTH && random.bytes().all(|c| c.is_ascii_alphanumeric());
        if fits { Ok(Self(text)) } else { Err(NotADestinationId) }
    }
}

impl FromStr for DestinationId {
    type Err = NotADestinationId;

    fn from_str(text: &str) -> Result<Self, NotADestinationId> {
        text.to_owned().try_into()
    }
}

impl fmt::Display for DestinationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text that is not a destination's id.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a destination's id: dst_ and 20 letters and digits")]
pub struct NotADestinationId;

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    fn id(seconds: i64) -> LeadId {
        LeadId::new(LeadId::beginning() + SignedDuration::from_secs(seconds), 0)
    }

    #[test]
    fn a_lead_is_late_if_it_is_not_above_what_a_pass_has_read_to() {
        let at_rest = Destination { read_to: Some(id(30)), ..at_20() };
        let leased = Destination { lease_until: Some(Timestamp::UNIX_EPOCH), ..at_rest.clone() };
        let moved_back = Destination { cursor: id(15), ..at_rest.clone() };
        let cases = [
            ("before its start", &at_rest, 10, false),
            ("at the cursor", &at_rest, 20, true),
            ("read to, but the next pass reads it again", &at_rest, 21, false),
            ("read to by a running pass", &leased, 30, true),
            ("above what a running pass reads", &leased, 31, false),
            ("before its start, with a lease", &leased, 10, false),
            ("after a cursor that was moved back", &moved_back, 20, false),
        ];
        for (case, destination, lead, expected) in cases {
            assert_eq!(destination.has_passed(id(lead)), expected, "{case}");
        }
    }

    fn at_20() -> Destination {
        let account = Account { provider: Provider::Keyspot, id: AccountId::from_static("acme") };
        let id_of_it = "dst_0123456789abcdefghij".parse().unwrap();
        let new = Destination::new(&account, id_of_it, String::new(), id(0), Timestamp::UNIX_EPOCH);
        Destination { starts_after: id(10), cursor: id(20), ..new }
    }

    /// The pass read the destination at 20 and has come to 25.
    #[test]
    fn a_pass_adopts_what_operators_changed_and_keeps_its_progress() {
        let stuck = Some(Stuck { lead: id(26), failures: 3, probed: Some(id(27)) });
        let ahead = Some(id(28));
        let progress =
            Destination { cursor: id(25), failures: 3, stuck, taken_ahead: ahead, ..at_20() };
        let changed = Destination { changes: 1, ..at_20() };
        let paused = Destination { state: DestinationState::Paused, ..changed.clone() };
        let rotated = Destination { secret_version: 2, ..changed.clone() };
        let replayed = Destination { cursor: id(15), moves: 1, ..changed.clone() };
        let skipped = Destination { cursor: id(26), moves: 1, ..changed.clone() };
        // The cursor, the highest lead that it may have, and whether it is still stuck.
        let cases = [
            ("resumed", changed, id(25), None, true),
            ("paused", paused, id(25), None, true),
            ("rotated", rotated, id(25), None, true),
            ("replayed", replayed, id(15), Some(id(25)), false),
            ("skipped", skipped, id(26), Some(id(25)), false),
        ];
        for (case, changed, cursor, reached, is_stuck) in cases {
            let mut adopted = progress.clone();
            adopted.adopt(changed.clone());
            assert_eq!((adopted.cursor, adopted.reached), (cursor, reached), "{case}");
            let kept = if is_stuck { (stuck, ahead) } else { (None, None) };
            assert_eq!((adopted.stuck, adopted.taken_ahead), kept, "{case}");
            assert_eq!((adopted.failures, adopted.changes), (3, 1), "{case}");
            let of_operator = (adopted.state, adopted.secret_version);
            assert_eq!(of_operator, (changed.state, changed.secret_version), "{case}");
        }
    }

    #[test]
    fn a_destination_may_have_what_it_reached_and_what_a_pass_did_not_store() {
        let at_20 = at_20();
        let moved_back = Destination { cursor: id(15), reached: Some(id(20)), ..at_20.clone() };
        // A pass that crashed did not give its lease back.
        let until = Some(Timestamp::UNIX_EPOCH);
        let crashed = Destination { lease_until: until, ..at_20.clone() };
        let cases = [
            ("before its start", &at_20, 10, false),
            ("after its start", &at_20, 11, true),
            ("at the cursor", &at_20, 20, true),
            ("after the cursor", &at_20, 21, false),
            ("at the highest cursor", &moved_back, 20, true),
            ("after the highest cursor", &moved_back, 21, false),
            ("posted but not stored", &crashed, 21, true),
            ("before its start, with a lease", &crashed, 10, false),
        ];
        for (case, destination, lead, expected) in cases {
            assert_eq!(destination.may_have(id(lead)), expected, "{case}");
        }
    }
}
