use super::{
    account::{Account, AccountId, Provider},
    condition::Condition,
    destination_id::DestinationId,
    lead_id::LeadId,
    own_request::OwnRequest,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, fmt, num::NonZeroU8};

/// Where the leads of an account are forwarded to.
///
/// A destination has a cursor: the leads up to `cursor` were forwarded, and those after it wait.
/// The `Debug` output has no URL, because the URL of a Slack webhook is a secret.
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
    /// What its owner wants otherwise in the requests.
    #[serde(default)]
    pub request: OwnRequest,
    /// The conditions that a lead must meet; none: all leads.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<Condition>,
    /// How many leads are posted at the same time. With one, they arrive in their order.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub in_flight: NonZeroU8,
    /// How many leads did not meet them.
    #[serde(default, skip_serializing_if = "is_none_yet")]
    pub passed_over: u64,
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
    /// The highest id that the last pass may have read to. It was stored before the pass read
    /// leads.
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
    /// When the next attempt is due. `None`: as soon as a lead waits.
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
    /// How many of them moved the cursor back.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub moves: u32,
    /// The first lead after the cursor, if posting it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stuck: Option<Stuck>,
    /// The highest lead that it took before its turn: a lead before it that fails is at fault itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_ahead: Option<LeadId>,
    /// Leads after the cursor that were taken or set aside before their turn: by a probe, while
    /// several were in flight, or by an operator.
    #[serde(
        default,
        skip_serializing_if = "BTreeSet::is_empty",
        with = "serde_dynamo::number_set"
    )]
    pub ahead: BTreeSet<LeadId>,
}

/// Times that a condition compares: Unix milliseconds.
mod milliseconds {
    pub(super) use jiff::fmt::serde::timestamp::millisecond::optional::{deserialize, serialize};
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

fn one() -> NonZeroU8 {
    NonZeroU8::MIN
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_one(number: &NonZeroU8) -> bool {
    *number == NonZeroU8::MIN
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_none_yet(number: &u64) -> bool {
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

/// The last attempt to post to a destination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastAttempt {
    /// When it was.
    pub at: Timestamp,
    /// The status of the answer. `None`: there was no answer.
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
            request: OwnRequest::default(),
            only: Vec::new(),
            in_flight: one(),
            passed_over: 0,
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
            ahead: BTreeSet::new(),
        }
    }

    /// The account whose leads it gets.
    pub fn account(&self) -> Account {
        Account { provider: self.provider, id: self.account.clone() }
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
