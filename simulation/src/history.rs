//! What may happen: deliveries, what operators do, passes, and what fails meanwhile. A history is
//! data, so that a failing one can be made smaller and stored.

use serde::{Deserialize, Serialize};
use shared::model::{Account, Provider};
use std::collections::BTreeMap;
use tests::{Fault, Sender};

/// A history.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct History {
    /// The seed of everything that the history does not say: delays and random numbers.
    pub(crate) schedule: u64,
    pub(crate) places: Vec<Place>,
    /// Destinations that operators add at the beginning.
    pub(crate) destinations: Vec<Planned>,
    /// What happens, one after the other.
    pub(crate) steps: Vec<Step>,
    /// How the records of the table's stream come, one after the other; later ones at once.
    pub(crate) records: Vec<Records>,
    /// The faults of the requests to the table, by the number of the request.
    pub(crate) faults: BTreeMap<u16, Fault>,
}

/// An account of a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    pub(crate) provider: Provider,
    pub(crate) account: u8,
}

/// Something that happens.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Step {
    /// How many milliseconds after the step before it begins.
    pub(crate) after: u32,
    pub(crate) action: Action,
}

/// What happens. Places, persons, destinations and leads are named by numbers that count round.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Action {
    /// A sender sends a delivery, and sends it again until there is an answer.
    Deliver(Sent, Work),
    /// A pass of the schedule.
    Pass(Work),
    /// The stream gives all its records again.
    StreamAgain(Work),
    /// An operator erases a person, and tries again until that is done.
    Erase { place: u8, person: u8, work: Work },
    /// A client updates or deletes a lead of a PollyBot account.
    Edit { place: u8, lead: u8, edit: Edit, work: Work },
    /// A client lists all leads.
    List { place: u8, work: Work },
    /// An operator corrects a held delivery, so that it becomes `sent`, and redelivers it.
    Redeliver { held: u8, sent: Sent, work: Work },
    /// An operator changes a destination.
    Change(u8, DestinationAction, Work),
    /// No request reaches the table for so many milliseconds.
    Outage(u32),
    /// The clock of an instance jumps.
    Jump(Jump),
    /// DynamoDB deletes expired items.
    Sweep,
}

/// What a client does with a lead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Edit {
    /// Changes the fields that are there, to those of a person.
    Update {
        words: Option<u8>,
        email: Option<u8>,
        phone: Option<u8>,
    },
    Delete,
}

/// What an operator does with a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum DestinationAction {
    Pause,
    Resume,
    /// Sets the lead aside at which it fails.
    Skip,
    /// Moves its cursor back to the lead with this number.
    Replay(u8),
    Rotate,
}

/// A delivery: its account and its person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sent {
    pub(crate) place: u8,
    /// The persons whose e-mail and phone it has. They may be two persons.
    pub(crate) email: Option<u8>,
    pub(crate) phone: Option<u8>,
    pub(crate) words: u8,
    pub(crate) key: Option<u8>,
    /// Whether it breaks a rule.
    pub(crate) is_invalid: bool,
}

/// How a piece of work runs: which instance does it, and when that is killed or frozen.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Work {
    pub(crate) instance: u8,
    /// At which of its steps it is killed.
    pub(crate) killed_at: Option<u16>,
    /// At which of its steps it is frozen, and for how many seconds.
    pub(crate) frozen_at: Option<(u16, u16)>,
}

/// The clock of an instance jumps.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Jump {
    pub(crate) instance: u8,
    /// How many milliseconds it is ahead of the table's clock from now on.
    pub(crate) ahead: i64,
    /// Whether a new instance replaces it, which does not know the time of the one before.
    pub(crate) is_new: bool,
}

/// Some records of the table's stream.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Records {
    /// After how many milliseconds they come.
    pub(crate) after: u32,
    pub(crate) work: Work,
}

/// A destination that an operator adds at the beginning.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Planned {
    pub(crate) place: u8,
    /// Whether it also gets leads with ids before its time.
    pub(crate) gets_all: bool,
    /// What it does with the first posts. It takes all later ones.
    pub(crate) script: Vec<Handling>,
    /// The leads that it never takes.
    pub(crate) poison: Option<Poison>,
    /// How many leads are posted to it at the same time.
    #[serde(default = "one")]
    pub(crate) in_flight: u8,
    /// It does not get the leads with these words, unless they are PollyBot's: those can change.
    #[serde(default)]
    pub(crate) without: Option<u8>,
}

fn one() -> u8 {
    1
}

/// Leads that a destination never takes: those whose ids are multiples of a number.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Poison {
    pub(crate) every: u64,
    pub(crate) reply: Reply,
}

/// What a destination does with a post.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Handling {
    pub(crate) reply: Reply,
    /// How many milliseconds until the connection is open.
    pub(crate) connects: u32,
    /// How many milliseconds until it answers.
    pub(crate) answers: u32,
}

/// The answer of a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Reply {
    /// A status, and perhaps `Retry-After` in seconds.
    Status(u16, Option<i64>),
    /// The message does not arrive.
    Unreached,
    /// The message arrives, but its sender gets no answer.
    AnswerLost,
    /// The message does not arrive, and its sender waits for an answer in vain.
    Silence,
}

impl Place {
    pub(crate) fn account(self) -> Account {
        Account { provider: self.provider, id: (u64::from(self.account) + 1).into() }
    }

    pub(crate) fn sender(self) -> &'static Sender {
        Sender::of(self.provider)
    }

    /// The API key of the account.
    pub(crate) fn token(self) -> String {
        format!("{}-{}", self.provider.as_str(), self.account)
    }
}

impl History {
    /// The same without anything that excuses repeats.
    pub(crate) fn calmed(mut self) -> Self {
        self.faults.clear();
        self.steps.retain(|step| !step.action.is_rough());
        for step in &mut self.steps {
            if let Some(work) = step.action.work() {
                *work = Work { instance: work.instance, ..Work::default() };
            }
        }
        for records in &mut self.records {
            records.work = Work { instance: records.work.instance, ..Work::default() };
        }
        for handling in self.destinations.iter_mut().flat_map(|planned| &mut planned.script) {
            if handling.reply == Reply::AnswerLost {
                handling.reply = Reply::Unreached;
            }
        }
        self
    }
}

impl Action {
    /// Whether it excuses repeats.
    fn is_rough(&self) -> bool {
        matches!(
            self,
            Self::Outage(_) | Self::Jump(_) | Self::Change(_, DestinationAction::Replay(_), _)
        )
    }

    fn work(&mut self) -> Option<&mut Work> {
        match self {
            Self::Deliver(_, work)
            | Self::Pass(work)
            | Self::StreamAgain(work)
            | Self::Erase { work, .. }
            | Self::Edit { work, .. }
            | Self::List { work, .. }
            | Self::Redeliver { work, .. }
            | Self::Change(_, _, work) => Some(work),
            Self::Outage(_) | Self::Jump(_) | Self::Sweep => None,
        }
    }
}
